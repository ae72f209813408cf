#include "kinetics/law/power_laws.h"

#include <cmath>

namespace kinetics {

std::optional<LogLogLaw> FitLogLog(const Eigen::VectorXd& log_k, const Eigen::VectorXd& coverage) {
  Eigen::VectorXd x(log_k.size());
  Eigen::VectorXd y(log_k.size());
  Eigen::Index points = 0;
  for (Eigen::Index i = 0; i < log_k.size(); ++i) {
    if (coverage[i] > 0 && coverage[i] < 1) {
      x[points] = log_k[i];
      y[points] = std::log(-std::log(coverage[i]));
      ++points;
    }
  }
  if (points < 2) {
    return std::nullopt;
  }
  x.conservativeResize(points);
  y.conservativeResize(points);
  const double mean_x = x.mean();
  const double mean_y = y.mean();
  x.array() -= mean_x;
  y.array() -= mean_y;
  const double exponent = -x.dot(y) / x.squaredNorm() + 0.0;  // never -0
  return LogLogLaw{.exponent = exponent,
                   .log_prefactor = mean_y + exponent * mean_x,
                   .sum_of_squares = (y + exponent * x).squaredNorm(),
                   .points = points};
}

ExponentialPower EvaluateExponentialPower(double u, double b, double log_k) {
  const double rate = std::exp(u + b * log_k);
  const double value = std::exp(-rate);
  if (value == 0) {
    return {};  // rate may be infinite
  }
  return {.value = value, .first = -rate * value, .second = rate * (rate - 1) * value};
}

SecondOrder ExponentialPowerLoss(const Eigen::VectorXd& log_k, const Eigen::VectorXd& coverage,
                                 const Eigen::Vector2d& u_and_b) {
  SecondOrder loss;
  for (Eigen::Index i = 0; i < log_k.size(); ++i) {
    const ExponentialPower law = EvaluateExponentialPower(u_and_b[0], u_and_b[1], log_k[i]);
    const double residual = law.value - coverage[i];
    const Eigen::Vector2d slope(1, log_k[i]);
    loss.value += residual * residual / 2;
    loss.gradient += residual * law.first * slope;
    loss.hessian += (law.first * law.first + residual * law.second) * (slope * slope.transpose());
  }
  return loss;
}

}  // namespace kinetics
