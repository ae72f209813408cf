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

/// What SamplePaired has seen, so that it can go on later: a disturbance of the machine then hits a
/// part of the samples of many measurements instead of all samples of one.
class PairedSamples {
 public:
  /// Warms up and takes more samples of the same alternatives, until those of all looks together
  /// have converged or the time of this look is up.
  void Look(const std::vector<std::function<double()>>& alternatives,
            const SamplingOptions& options);

  bool HasConverged(double precision) const;
  /// Of all looks; there must have been one.
  PairedSpread Spread(double precision) const;

 private:
  std::vector<std::vector<double>> values_;  // by alternative
  std::vector<std::vector<double>> ratios_;
};

/// Seconds of a steady clock.
double SteadySeconds();

}  // namespace kinetics::kernels
