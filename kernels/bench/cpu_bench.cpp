#include "kernels/bench/cpu_bench.h"

#include <algorithm>
#include <cstdio>

#include "kernels/bench/machine.h"

namespace kinetics::kernels {
namespace {

constexpr double kColdCaches = 2;  // so many last caches pass between two uses

std::string Gib(double bytes) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g GiB", bytes / (1U << 30U));
  return text;
}

std::optional<BenchParts> MedianOf(const std::vector<BenchParts>& parts) {
  if (parts.empty()) {
    return std::nullopt;
  }
  const auto median = [&](double BenchParts::*part) {
    std::vector<double> values;
    values.reserve(parts.size());
    for (const BenchParts& one : parts) {
      values.push_back(one.*part);
    }
    return SpreadOf(std::move(values)).median;
  };
  return BenchParts{.score = median(&BenchParts::score),
                    .select = median(&BenchParts::select),
                    .attend = median(&BenchParts::attend)};
}

}  // namespace

CpuBench::CpuBench(Isa isa, int threads, const BenchOptions& options)
    : isa_(isa), team_(threads), options_(options) {
  if (options_.cache_bytes == 0) {
    options_.cache_bytes = LastLevelCacheBytes();
  }
  if (options_.memory_bytes == 0) {
    options_.memory_bytes = AvailableMemory() / 5 * 4;
  }
}

size_t CpuBench::BytesFor(double set, double caches) const {
  const auto most = static_cast<double>(options_.memory_bytes);
  if (!(set <= most)) {
    throw std::runtime_error("one working set is " + Gib(set) + ", of which at most " + Gib(most) +
                             " can be had");
  }
  constexpr double kMargin = 1.1;  // sets do not fill all of it
  const double enough = kMargin * caches * static_cast<double>(options_.cache_bytes);
  const bool adds = options_.cold && set < enough;
  return static_cast<size_t>(adds ? std::min(set + enough, most) : set);
}

void CpuBench::Provide(std::unique_ptr<Arena>& arena, size_t bytes) {
  if (!arena || arena->Size() < bytes) {
    arena.reset();  // before the new one is made
    arena = std::make_unique<Arena>(bytes, team_);
  }
}

void CpuBench::Expect(const BenchCase& x) const {
  ExpectKernel(x);
  BytesFor(SetBytes(x) + WrittenBytes(x) + OtherBytes(x), 0);
}

void CpuBench::Reserve(std::span<const BenchCase> cases) {
  size_t bytes = sizeof(uint64_t);
  for (const BenchCase& x : cases) {
    Expect(x);
    // Of a context's last page, of a window's first and of values that are not chosen, not all is
    // read.
    const bool has_rest =
        x.op == BenchOp::kDecode || x.op == BenchOp::kSliding || x.op == BenchOp::kTokenTopk;
    const double unread = has_rest ? SetBytes(x) / WorkOf(x).bytes : 1;
    bytes = std::max(bytes, BytesFor(SetBytes(x), std::max(1.0, unread) * kColdCaches));
    if (WrittenBytes(x) > 0) {
      written_bytes_ = std::max(written_bytes_, BytesFor(WrittenBytes(x), 1));
    }
  }
  Provide(numbers_, bytes);
}

void CpuBench::Check(Workload& workload, BenchRow& row) const {
  row.error = workload.Check();
  if (!(row.error <= options_.most_error)) {
    char text[96];
    std::snprintf(text, sizeof(text), "differs from the reference by %.2g, more than %.2g",
                  row.error, options_.most_error);
    throw WrongResult(text);
  }
}

std::vector<BenchRow> CpuBench::Run(std::span<const BenchCase> cases) {
  BenchSamples samples;
  return Run(cases, samples);
}

std::vector<BenchRow> CpuBench::Run(std::span<const BenchCase> cases, BenchSamples& samples) {
  Reserve(cases);
  const bool writes = std::any_of(cases.begin(), cases.end(),
                                  [](const BenchCase& x) { return WrittenBytes(x) > 0; });
  if (writes) {
    Provide(written_, written_bytes_);
  } else {
    written_.reset();
  }
  const BenchMachine machine = {.isa = isa_,
                                .team = &team_,
                                .numbers = numbers_.get(),
                                .written = written_.get(),
                                .cold = options_.cold};
  const bool is_first = samples.parts.empty();
  samples.parts.resize(cases.size());
  std::vector<std::unique_ptr<Workload>> workloads;
  std::vector<BenchRow> rows;
  std::vector<std::function<double()>> calls;
  for (const BenchCase& x : cases) {
    workloads.push_back(MakeWorkload(x, machine));
    Workload& workload = *workloads.back();
    rows.push_back({.work = workload.Work(), .huge_share = HugeShare()});
    if (is_first) {
      Check(workload, rows.back());
    }
    calls.emplace_back([&workload] { return workload.Once(); });
  }
  samples.seconds.Look(calls, options_.sampling);
  const PairedSpread spread = samples.seconds.Spread(options_.sampling.precision);
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::vector<BenchParts> parts = workloads[i]->Parts();
    samples.parts[i].insert(samples.parts[i].end(), parts.begin(), parts.end());
    rows[i].seconds = spread.values[i];
    rows[i].ratio = spread.ratio[i];
    rows[i].parts = MedianOf(samples.parts[i]);
    rows[i].is_cold =
        workloads[i]->BytesBetween() > kColdCaches * static_cast<double>(options_.cache_bytes);
  }
  return rows;
}

}  // namespace kinetics::kernels
