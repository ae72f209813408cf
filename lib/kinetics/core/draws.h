#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>

#include "kinetics/core/random.h"

namespace kinetics {

/// Draws from the distributions that resampling needs, from one generator, so that the same seed
/// gives the same draws with every standard library.
class Draws {
 public:
  explicit Draws(SplitMix64 random) : random_(random) {}

  /// Uniform in (0, 1).
  double Uniform() { return random_.Uniform(); }

  /// Standard normal, by the polar method (Marsaglia and Bray, 1964).
  double Normal();
  Eigen::VectorXd Normals(Eigen::Index size);

  /// Gamma with this shape (above 0) and scale 1 (Marsaglia and Tsang, 2000), as a logarithm: small
  /// shapes give numbers below the smallest double.
  double LogGamma(double shape);

  /// Beta with these shapes (above 0).
  double Beta(double a, double b);

  /// Successes in `trials` trials of chance p. O(trials).
  int64_t Binomial(int64_t trials, double p);

 private:
  SplitMix64 random_;
  std::optional<double> spare_;
};

}  // namespace kinetics
