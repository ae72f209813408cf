#pragma once

#include <Eigen/Core>
#include <optional>

namespace kinetics {

/// Percentile interval.
struct Interval {
  double low = 0;
  double high = 0;
};

/// A fitted value and how sure it is.
struct Estimate {
  double value = 0;
  std::optional<double> standard_error;  ///< Standard deviation of the resamples' values.
  std::optional<Interval> interval;      ///< Central 95 % of the resamples' values.
};

/// The central share `level` of `draws` (at least one; reordered), interpolated linearly between
/// order statistics (definition 7 of Hyndman and Fan, 1996).
Interval PercentileInterval(Eigen::VectorXd draws, double level = 0.95);

/// Sample standard deviation, with n - 1; 0 for fewer than two draws.
double StandardDeviation(const Eigen::VectorXd& draws);

}  // namespace kinetics
