#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "kinetics/law/newton.h"

namespace kinetics {

/// c right of n samples: problems with equal counts share it.
struct CountTerm {
  int64_t n = 0;
  int64_t c = 0;  ///< 0 <= c <= n.
};

/// log P(c | n, alpha, beta) to the second order in alpha and beta.
struct LogProbability {
  double value = 0;
  Eigen::Vector2d gradient = Eigen::Vector2d::Zero();
  Eigen::Matrix2d hessian = Eigen::Matrix2d::Zero();
};

/// The beta-binomial distribution: c of n where each problem's chance p is Beta(alpha, beta),
///
///   P(c) = C(n, c) B(c + alpha, n - c + beta) / B(alpha, beta).
LogProbability BetaBinomial(const CountTerm& term, double alpha, double beta);

/// - sum over i of weights_i log P(terms_i) in (log alpha, log beta), from the log probabilities of
/// the terms with a weight above 0.
class LogParameterSum {
 public:
  LogParameterSum(double alpha, double beta) : alpha_(alpha), beta_(beta) {}
  void Add(double weight, const LogProbability& log_probability);
  /// Value, gradient and Hessian of the sum.
  SecondOrder Negative() const;

 private:
  double alpha_;
  double beta_;
  LogProbability sum_;
};

/// The negative log-likelihood of weighted terms as a function of (log alpha, log beta).
SecondOrder BetaBinomialLoss(const std::vector<CountTerm>& terms, const Eigen::VectorXd& weights,
                             const Eigen::Vector2d& log_parameters);

/// Why counts have no beta-binomial with finite parameters, scaled or not.
enum class Dispersion {
  kOver,      ///< They have one: problems differ by more than chance.
  kAllWrong,  ///< Every c is 0: alpha / beta runs to 0.
  kAllRight,  ///< Every c is n: beta / alpha runs to 0.
  kEither,    ///< Every c is 0 or n, and both occur: alpha and beta run to 0.
  kBinomial,  ///< Problems differ by no more than chance: alpha and beta run to infinity.
};

/// Classifies weighted counts. Of the binomial limit it is the local test that decides: the sign of
/// the likelihood's derivative in 1 / (alpha + beta) at 0 (Tarone, Biometrika 66, 1979).
Dispersion Classify(const std::vector<CountTerm>& terms, const Eigen::VectorXd& weights);

}  // namespace kinetics
