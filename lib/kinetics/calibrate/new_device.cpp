#include "kinetics/calibrate/new_device.h"

#include <fmt/format.h>

#include "kinetics/benchmark/ceilings.h"

namespace kinetics {
namespace {

std::string SourceOf(const Ceiling& ceiling) {
  return ceiling.samples ? fmt::format("measured by kinetics bench, median of {}", *ceiling.samples)
                         : "measured by kinetics bench";
}

}  // namespace

std::optional<Hardware> NewDevice(const Benchmark& benchmark, const std::string& name) {
  Hardware hardware = {.name = name, .device = benchmark.device};
  const auto read = BandwidthCeiling(benchmark, Operation::kReadBandwidth);
  if (!read) {
    return std::nullopt;
  }
  hardware.memory_bandwidth = {{BytesPerSecond{read->rate}, SourceOf(*read)}};
  bool has_peak = false;
  for (const Dtype dtype : kDtypes) {
    if (const auto peak = PeakCeiling(benchmark, dtype)) {
      hardware.peak_flops[static_cast<size_t>(dtype)] = {
          {FlopsPerSecond{peak->rate}, SourceOf(*peak)}};
      has_peak = true;
    }
  }
  if (!has_peak) {
    return std::nullopt;
  }
  const auto single = PeakFlops(hardware, Dtype::kFp32);
  if (single && !PeakFlops(hardware, Dtype::kBf16) && !PeakFlops(hardware, Dtype::kFp16)) {
    for (const Dtype dtype : {Dtype::kBf16, Dtype::kFp16}) {
      hardware.peak_flops[static_cast<size_t>(dtype)] = {
          {single->value, single->source + ", of fp32, which it is multiplied in"}};
    }
  }
  return hardware;
}

}  // namespace kinetics
