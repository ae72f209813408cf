#include "kinetics/core/normal.h"

#include <cmath>
#include <numbers>

namespace kinetics {

double LogNormalDensity(double z) {
  static const double log_root_two_pi = 0.5 * std::log(2 * std::numbers::pi);
  return -0.5 * z * z - log_root_two_pi;
}

double NormalDistribution(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double LogNormalTail(double z) {
  if (z < 30) {
    return std::log(0.5 * std::erfc(z / std::numbers::sqrt2));
  }
  // The asymptotic series; erfc underflows soon.
  const double square = 1 / (z * z);
  return LogNormalDensity(z) - std::log(z) + std::log1p(-square * (1 - square * (3 - 15 * square)));
}

double NormalQuantile(double p) {
  if (p > 0.5) {
    return -NormalQuantile(1 - p);
  }
  // log(tail(z)) = log(p) for the upper tail; the start is the logistic distribution's quantile.
  constexpr double kLogisticScale = 1.702;
  constexpr int kMostSteps = 50;
  const double target = std::log(p);
  double z = -(target - std::log1p(-p)) / kLogisticScale;
  for (int i = 0; i < kMostSteps; ++i) {
    const double log_tail = LogNormalTail(z);
    const double hazard = std::exp(LogNormalDensity(z) - log_tail);
    const double step = (log_tail - target) / hazard;
    z += step;
    if (std::abs(step) <= 1e-13 * (1 + std::abs(z))) {
      break;
    }
  }
  return -z;
}

}  // namespace kinetics
