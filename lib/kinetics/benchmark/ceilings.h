#pragma once

#include <optional>

#include "kinetics/benchmark/benchmark.h"

namespace kinetics {

/// The best rate that was measured, in bytes or FLOPs a second.
struct Ceiling {
  double rate = 0;
  std::optional<int64_t> samples;  ///< Behind the median.
};

/// The largest rate among the measurements of a bandwidth, of cold sets where there is one; a
/// measurement that does not say counts as cold. Nullopt where there is none.
std::optional<Ceiling> BandwidthCeiling(const Benchmark& benchmark, Operation operation);

/// The largest rate of peak_flops in this format; nullopt where there is none.
std::optional<Ceiling> PeakCeiling(const Benchmark& benchmark, Dtype dtype);

}  // namespace kinetics
