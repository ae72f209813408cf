#include "kinetics/core/draws.h"

#include <cmath>
#include <limits>

namespace kinetics {

double Draws::Normal() {
  if (spare_) {
    const double spare = *spare_;
    spare_.reset();
    return spare;
  }
  double x = 0;
  double y = 0;
  double square = 0;
  do {
    x = 2 * Uniform() - 1;
    y = 2 * Uniform() - 1;
    square = x * x + y * y;
  } while (square >= 1 || square == 0);
  const double scale = std::sqrt(-2 * std::log(square) / square);
  spare_ = y * scale;
  return x * scale;
}

Eigen::VectorXd Draws::Normals(Eigen::Index size) {
  Eigen::VectorXd result(size);
  for (double& x : result) {
    x = Normal();
  }
  return result;
}

double Draws::LogGamma(double shape) {
  if (!(shape > 0) || std::isinf(shape)) {
    return std::numeric_limits<double>::quiet_NaN();  // rejection would never end
  }
  if (shape < 1) {
    return LogGamma(shape + 1) + std::log(Uniform()) / shape;
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = Normal();
    const double root = 1 + c * x;
    if (root <= 0) {
      continue;
    }
    const double v = root * root * root;
    if (std::log(Uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) {
      return std::log(d * v);
    }
  }
}

double Draws::Beta(double a, double b) {
  const double log_x = LogGamma(a);
  const double log_y = LogGamma(b);
  return 1 / (1 + std::exp(log_y - log_x));
}

int64_t Draws::Binomial(int64_t trials, double p) {
  int64_t successes = 0;
  for (int64_t i = 0; i < trials; ++i) {
    successes += Uniform() < p ? 1 : 0;
  }
  return successes;
}

}  // namespace kinetics
