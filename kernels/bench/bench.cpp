#include "kernels/bench/bench.h"

#include <cstdio>
#include <functional>
#include <optional>

namespace kinetics::kernels {
namespace {

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

void CheckWorkload(Workload& workload, double most, BenchRow& row) {
  row.error = workload.Check();
  if (!(row.error <= most)) {
    char text[96];
    std::snprintf(text, sizeof(text), "differs from the reference by %.2g, more than %.2g",
                  row.error, most);
    throw WrongResult(text);
  }
}

}  // namespace

std::vector<BenchRow> Bench::Run(std::span<const BenchCase> cases) {
  BenchSamples samples;
  return Run(cases, samples);
}

std::vector<BenchRow> Bench::Run(std::span<const BenchCase> cases, BenchSamples& samples) {
  Reserve(cases);
  Provide(cases);
  const bool is_first = samples.parts.empty();
  samples.parts.resize(cases.size());
  std::vector<std::unique_ptr<Workload>> workloads;
  std::vector<BenchRow> rows;
  std::vector<std::function<double()>> calls;
  for (const BenchCase& x : cases) {
    workloads.push_back(Make(x));
    Workload& workload = *workloads.back();
    rows.push_back({.work = workload.Work(), .huge_share = HugeShare()});
    if (is_first) {
      CheckWorkload(workload, MostError(x), rows.back());
    }
    calls.emplace_back([&workload] { return workload.Once(); });
  }
  samples.seconds.Look(calls, Sampling());
  const PairedSpread spread = samples.seconds.Spread(Sampling().precision);
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::vector<BenchParts> parts = workloads[i]->Parts();
    samples.parts[i].insert(samples.parts[i].end(), parts.begin(), parts.end());
    rows[i].seconds = spread.values[i];
    rows[i].ratio = spread.ratio[i];
    rows[i].parts = MedianOf(samples.parts[i]);
    rows[i].is_cold =
        workloads[i]->BytesBetween() > kColdCaches * static_cast<double>(CacheBytes());
  }
  return rows;
}

}  // namespace kinetics::kernels
