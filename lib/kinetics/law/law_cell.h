#pragma once

#include <Eigen/Core>
#include <cstdint>

namespace kinetics {

/// A negative log-likelihood of two arguments with its derivatives.
struct CellLoss {
  double value = 0;
  Eigen::Vector2d gradient = Eigen::Vector2d::Zero();
  Eigen::Matrix2d hessian = Eigen::Matrix2d::Zero();
  /// Third derivatives, by how often they are by the second argument: 111, 112, 122, 222.
  Eigen::Vector4d third = Eigen::Vector4d::Zero();
};

/// Of c solved trials in n under a beta-binomial distribution with mean p = 1 / (1 + exp(-logit))
/// and concentration K = exp(log_concentration): the chance of being right varies as
/// Beta(p K, (1 - p) K). The binomial coefficient, a constant, is left out. O(min(n, 32)).
CellLoss BetaBinomialLoss(int64_t n, int64_t c, double logit, double log_concentration);

/// Of normal log lengths with mean `mean` and standard deviation exp(log_deviation): `finished` of
/// them observed, with the given mean and variance (divided by their number), and `cut_off` known
/// to be at least `log_limit`. Without the constant log(2 pi) / 2 of each observation. Deviations
/// are bounded below, so that lengths that are all the same have a likelihood; one length alone,
/// which effects may fit exactly, says nothing of small ones.
struct LengthStatistics {
  double finished = 0;
  double mean = 0;
  double variance = 0;
  double cut_off = 0;
  double log_limit = 0;
};
inline constexpr double kLeastLogDeviation = -7;       ///< A thousandth of a length.
inline constexpr double kLeastLogDeviationOfOne = -3;  ///< A twentieth.
CellLoss CensoredNormalLoss(const LengthStatistics& lengths, double mean, double log_deviation);

/// The nearest positive semi-definite matrix: negative eigenvalues become 0.
Eigen::Matrix2d PositivePart(const Eigen::Matrix2d& symmetric);

}  // namespace kinetics
