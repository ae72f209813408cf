#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace kinetics::kernels {

/// Of repeated timings: never a mean or a minimum alone.
struct Spread {
  double median = 0;
  double p10 = 0;
  double p90 = 0;
  int64_t samples = 0;
  bool converged = false;  ///< Whether the quartiles came as close as was wanted.
};

/// Quantiles by linear interpolation between order statistics. `values` must not be empty.
Spread SpreadOf(std::vector<double> values);

struct SamplingOptions {
  double warm_up_seconds = 0.1;
  double least_seconds = 0.5;  ///< Of sampling, after warming up.
  double most_seconds = 15;
  int64_t least_samples = 10;
  double precision = 0.005;  ///< Wanted of (third quartile - first) / median.
  /// What time it is, in seconds; empty: the machine's steady clock. For tests.
  std::function<double()> now;
};

/// Calls `once`, which returns what it measured, until its values have converged or time is up.
Spread Sample(const std::function<double()>& once, const SamplingOptions& options);

/// The same for alternatives that are compared: they take turns, so that whatever else the machine
/// does hits all of them. `ratio[i]` is the spread of alternative i's value over alternative 0's in
/// the same round.
struct PairedSpread {
  std::vector<Spread> values;
  std::vector<Spread> ratio;
};
PairedSpread SamplePaired(const std::vector<std::function<double()>>& alternatives,
                          const SamplingOptions& options);

/// Seconds of a steady clock.
double SteadySeconds();

}  // namespace kinetics::kernels
