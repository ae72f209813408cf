#include "kernels/bench/bench.h"

#include <algorithm>
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

std::string Gib(double bytes) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g GiB", bytes / (1U << 30U));
  return text;
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

size_t Bench::BytesFor(double set, double caches) const {
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

void Bench::Expect(const BenchCase& x) const {
  ExpectKernelOf(x);
  BytesFor(SetBytes(x) + WrittenBytes(x) + OtherBytes(x), 0);
}

void Bench::Reserve(std::span<const BenchCase> cases) {
  size_t bytes = kLineBytes;
  for (const BenchCase& x : cases) {
    Expect(x);
    // Of a context's last page, of a window's first and of what is not chosen, not all is read. The
    // pooled keys of block top-k alone are others at every call, so that it needs no more.
    const bool has_rest = x.op == BenchOp::kDecode || x.op == BenchOp::kSliding ||
                          x.op == BenchOp::kTokenTopk || x.op == BenchOp::kDecoderLayer;
    const double unread = has_rest ? SetBytes(x) / WorkOf(x).bytes : 1;
    bytes = std::max(bytes, BytesFor(SetBytes(x), std::max(1.0, unread) * kColdCaches));
    if (WrittenBytes(x) > 0) {
      written_bytes_ = std::max(written_bytes_, BytesFor(WrittenBytes(x), 1));
    }
  }
  ProvideNumbers(bytes);
}

std::vector<BenchRow> Bench::Run(std::span<const BenchCase> cases) {
  BenchSamples samples;
  return Run(cases, samples);
}

std::vector<BenchRow> Bench::Run(std::span<const BenchCase> cases, BenchSamples& samples) {
  Reserve(cases);
  const bool writes = std::any_of(cases.begin(), cases.end(),
                                  [](const BenchCase& x) { return WrittenBytes(x) > 0; });
  ProvideWritten(writes ? written_bytes_ : 0);
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
  samples.seconds.Look(calls, options_.sampling);
  const PairedSpread spread = samples.seconds.Spread(options_.sampling.precision);
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
