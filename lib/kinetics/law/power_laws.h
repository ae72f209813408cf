#pragma once

#include <Eigen/Core>
#include <optional>

#include "kinetics/law/newton.h"

namespace kinetics {

/// coverage = exp(-exp(log_prefactor) k^-exponent).
struct LogLogLaw {
  double exponent = 0;
  double log_prefactor = 0;
  double sum_of_squares = 0;  ///< Of the residuals of log(-log coverage).
  Eigen::Index points = 0;    ///< Values of k that were used.
};

/// Ordinary least squares of log(-log coverage) on log k, over the k with a coverage strictly
/// between 0 and 1. nullopt where these are fewer than two. Schaeffer et al., arXiv 2502.17578.
std::optional<LogLogLaw> FitLogLog(const Eigen::VectorXd& log_k, const Eigen::VectorXd& coverage);

/// One point of coverage = exp(-exp(u + b log k)), that is exp(a k^b) with a = -exp(u).
struct ExponentialPower {
  double value = 0;
  double first = 0;   ///< Derivative in u; in b it is log k times that.
  double second = 0;  ///< Second derivative in u.
};
ExponentialPower EvaluateExponentialPower(double u, double b, double log_k);

/// Half the sum of (exp(a k^b) - coverage)^2 as a function of (u, b). Brown et al., arXiv
/// 2407.21787.
SecondOrder ExponentialPowerLoss(const Eigen::VectorXd& log_k, const Eigen::VectorXd& coverage,
                                 const Eigen::Vector2d& u_and_b);

}  // namespace kinetics
