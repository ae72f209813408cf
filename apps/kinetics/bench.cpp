#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "apps/kinetics/bench_runner.h"
#include "apps/kinetics/version.h"
#include "kernels/bench/cpu_bench.h"
#include "kernels/bench/cuda_bench.h"
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

/// A backend, ready to measure, and how reports speak of it.
struct Measuring {
  std::unique_ptr<kernels::Bench> bench;
  BenchTarget target;
  std::string device;
  std::string kernels;       ///< "CPU".
  std::string how;           ///< "avx2, 2 threads".
  double most_clock_hz = 0;  ///< Of a GPU.
};

Measuring OnCpu(const BenchArgs& args) {
  const kernels::Isa isa = kernels::ChosenIsa();
  const int threads = args.threads ? static_cast<int>(*args.threads) : kernels::AvailableThreads();
  const char* forced = std::getenv("KINETICS_ISA");
  const kernels::BenchOptions options = {.cold = !args.hot, .sampling = SamplingOf(args)};
  return {.bench = std::make_unique<kernels::CpuBench>(isa, threads, options),
          .target = {.memory_bytes = 0.5 * static_cast<double>(kernels::AvailableMemory())},
          .device = kernels::CpuName(),
          .kernels = "CPU",
          .how = fmt::format("{}{}, {} thread{}", kernels::NameOf(isa),
                             forced != nullptr && *forced != '\0' ? " (KINETICS_ISA)" : "", threads,
                             threads == 1 ? "" : "s")};
}

Measuring OnCuda(const BenchArgs& args) {
  if (args.threads) {
    throw UsageError("--threads is of the CPU: expected --backend cpu");
  }
  const kernels::CudaMachine machine = kernels::FindCudaMachine();
  const kernels::BenchOptions options = {.cold = !args.hot, .sampling = SamplingOf(args)};
  return {.bench = kernels::MakeCudaBench(options),
          .target = {.memory_bytes = 0.7 * static_cast<double>(machine.memory_bytes),
                     .is_accelerator = true,
                     .io_type = kernels::DataType::kF16},
          .device = machine.device,
          .kernels = "CUDA",
          .how = machine.how,
          .most_clock_hz = machine.most_clock_hz};
}

/// Of auto: CUDA where it can run, else the CPU.
Measuring On(Backend backend, const BenchArgs& args) {
  if (backend == Backend::kCpu || (backend == Backend::kAuto && args.threads)) {
    return OnCpu(args);
  }
  try {
    return OnCuda(args);
  } catch (const std::runtime_error& e) {
    if (backend == Backend::kAuto) {
      return OnCpu(args);
    }
    throw Error(fmt::format("--backend cuda: {}", e.what()));
  }
}

/// A backend and what it measures: of a suite what an accelerator has kernels for, and of one
/// operation that it has none for, where the backend is open, the CPU's.
std::pair<Measuring, BenchPlan> Prepare(const BenchArgs& args, const Streams& streams) {
  Measuring measuring = On(args.backend, args);
  BenchPlan plan = PlanBench(args, measuring.target);
  if (!measuring.target.is_accelerator) {
    return {std::move(measuring), std::move(plan)};
  }
  BenchPlan supported = plan;
  const std::vector<std::string> names = LeaveOutUnsupported(*measuring.bench, supported);
  if (!args.op) {
    if (!names.empty()) {
      Note(fmt::format("not measured, for want of {} kernels, of memory or of cuBLASLt: {}",
                       measuring.kernels, fmt::join(names, ", ")),
           streams);
    }
    plan = std::move(supported);
  } else if (!names.empty() && args.backend == Backend::kAuto) {
    Note(fmt::format("measured on the CPU: there is no {} kernel of this", measuring.kernels),
         streams);
    measuring = OnCpu(args);
    plan = PlanBench(args, measuring.target);
  }
  return {std::move(measuring), std::move(plan)};
}

/// The head of a report: which machine, and how.
void DescribeRun(const BenchPlan& plan, const Measuring& measuring, BenchmarkReport& report) {
  const std::string how = fmt::format("{}, pages of {} token{}", measuring.how, plan.page_tokens,
                                      plan.page_tokens == 1 ? "" : "s");
  std::string memory = fmt::format(
      "last cache {:.4g} MiB", static_cast<double>(measuring.bench->CacheBytes()) / (1U << 20U));
  if (!measuring.target.is_accelerator) {
    memory +=
        fmt::format(", {:.0f} % of the memory in huge pages", 100 * measuring.bench->HugeShare());
  }
  report.benchmark.device = measuring.device;
  report.benchmark.software =
      fmt::format("kinetics {} {} kernels, {}", Version(), measuring.kernels, how);
  report.benchmark.source = fmt::format(
      "kinetics bench: medians; cold: more than two last caches pass between uses; {}", memory);
  report.conditions = {fmt::format("{}: {}", report.benchmark.device, how), memory};
}

/// The clock of a GPU before and after, which tells whether it was held back.
class ClockWatch {
 public:
  explicit ClockWatch(const Measuring& measuring) : most_(measuring.most_clock_hz) {
    if (most_ > 0) {
      before_ = kernels::MeasureCudaClock();
    }
  }

  void Report(const Streams& streams, BenchmarkReport& report) const {
    constexpr double kHeldBack = 0.75;
    if (most_ <= 0) {
      return;
    }
    const double after = kernels::MeasureCudaClock();
    report.conditions.push_back(
        fmt::format("multiprocessors at {:.0f} MHz before and {:.0f} MHz after, of {:.0f} MHz",
                    before_ / 1e6, after / 1e6, most_ / 1e6));
    if (std::min(before_, after) < kHeldBack * most_) {
      Note(
          "the GPU is throttled: its clock is below three quarters of what it can be; times are "
          "too long",
          streams);
    }
  }

 private:
  double most_;
  double before_ = 0;
};

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
  if (args.output.file) {
    ExpectWritable(*args.output.file);
  }
  const auto [measuring, plan] = Prepare(args, streams);
  const kernels::ProcessorTimes before = kernels::ReadProcessorTimes();
  const ClockWatch clock(measuring);
  BenchmarkReport report = RunPlan(plan, *measuring.bench, streams);
  DescribeRun(plan, measuring, report);
  clock.Report(streams, report);
  WarnOfOthers(before, streams);
  if (args.output.file) {
    WriteFile(*args.output.file, RenderBenchmarkFile(report.benchmark, args.output.made_by));
  }
  streams.out << RenderBenchmark(report, args.output.format, args.output.made_by);
  return Status::kDone;
}

}  // namespace kinetics::app
