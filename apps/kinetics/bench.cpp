#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ostream>

#include "apps/kinetics/bench_runner.h"
#include "apps/kinetics/version.h"
#include "kernels/bench/machine.h"
#include "kinetics/core/error.h"
#include "kinetics/io/file.h"

namespace kinetics::app {
namespace {

/// What the arguments alone decide.
void CheckBench(const BenchArgs& args) {
  if (args.op && args.suite) {
    throw UsageError("--op and --suite exclude each other");
  }
  const bool has_size = std::any_of(args.sizes.begin(), args.sizes.end(),
                                    [](const auto& size) { return size.second.has_value(); });
  if (!args.op && (has_size || args.kv_dtype || args.dtype)) {
    throw UsageError("sizes and formats are of one operation: expected --op");
  }
}

/// The head of a report: which machine, and how.
void DescribeRun(const BenchPlan& plan, kernels::Isa isa, int threads,
                 const kernels::CpuBench& bench, BenchmarkReport& report) {
  const char* forced = std::getenv("KINETICS_ISA");
  const std::string how =
      fmt::format("{}{}, {} thread{}, pages of {} token{}", kernels::NameOf(isa),
                  forced != nullptr && *forced != '\0' ? " (KINETICS_ISA)" : "", threads,
                  threads == 1 ? "" : "s", plan.page_tokens, plan.page_tokens == 1 ? "" : "s");
  const std::string memory =
      fmt::format("last cache {:.4g} MiB, {:.0f} % of the memory in huge pages",
                  static_cast<double>(bench.CacheBytes()) / (1U << 20U), 100 * bench.HugeShare());
  report.benchmark.device = kernels::CpuName();
  report.benchmark.software = fmt::format("kinetics {} CPU kernels, {}", Version(), how);
  report.benchmark.source = fmt::format(
      "kinetics bench: medians; cold: more than two last caches pass between uses; {}", memory);
  report.conditions = {fmt::format("{}: {}", report.benchmark.device, how), memory};
}

void WarnOfOthers(const kernels::ProcessorTimes& before, const Streams& streams) {
  constexpr double kMuch = 0.02;
  const kernels::Disturbance disturbance =
      kernels::DisturbanceBetween(before, kernels::ReadProcessorTimes());
  if (disturbance.stolen > kMuch || disturbance.others > kMuch) {
    Note(fmt::format("the machine was busy: other processes took {:.0f} % of its processors, its "
                     "host {:.0f} %; times may be too long",
                     100 * disturbance.others, 100 * disturbance.stolen),
         streams);
  }
}

}  // namespace

Status RunBench(const BenchArgs& args, const Streams& streams) {
  CheckBench(args);
  const BenchPlan plan = PlanBench(args, 0.5 * static_cast<double>(kernels::AvailableMemory()));
  if (args.backend == Backend::kCuda) {
    throw Error("--backend cuda: this build has no CUDA kernels");
  }
  if (args.output.file) {
    ExpectWritable(*args.output.file);
  }
  const kernels::Isa isa = kernels::ChosenIsa();
  const int threads = args.threads ? static_cast<int>(*args.threads) : kernels::AvailableThreads();
  const kernels::ProcessorTimes before = kernels::ReadProcessorTimes();
  kernels::CpuBench bench(isa, threads, {.cold = !args.hot, .sampling = SamplingOf(args)});
  BenchmarkReport report = RunPlan(plan, bench, streams);
  DescribeRun(plan, isa, threads, bench, report);
  WarnOfOthers(before, streams);
  if (args.output.file) {
    WriteFile(*args.output.file, RenderBenchmarkFile(report.benchmark, args.output.made_by));
  }
  streams.out << RenderBenchmark(report, args.output.format, args.output.made_by);
  return Status::kDone;
}

}  // namespace kinetics::app
