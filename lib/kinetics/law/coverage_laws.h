#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <vector>

#include "kinetics/law/beta_binomial.h"
#include "kinetics/law/power_laws.h"
#include "kinetics/records/counts.h"

namespace kinetics {

/// A group's counts, arranged so that any weighting of its problems has its coverage and its
/// likelihoods at little cost.
struct CoverageData {
  std::vector<CountTerm> terms;  ///< Different pairs of counts.
  std::vector<size_t> term_of;   ///< By problem.
  std::vector<int64_t> k;        ///< Ascending, at most the smallest n.
  Eigen::VectorXd log_k;
  Eigen::MatrixXd pass_at_k;  ///< Terms x k, by the unbiased estimator.

  CoverageData(const CountGroup& group, std::vector<int64_t> k);

  /// How many problems have each pair of counts, where problem i counts `by_problem[i]` times.
  Eigen::VectorXd Weights(const Eigen::VectorXd& by_problem) const;
  /// Mean pass@k over the weighted problems.
  Eigen::VectorXd Coverage(const Eigen::VectorXd& weights) const;
  /// What the scaled beta-binomial scales with, for m weighted problems: (m + 1) / m times the
  /// largest c / n, at most 1. Schaeffer et al., arXiv 2502.17578.
  double Scale(const Eigen::VectorXd& weights) const;
};

/// coverage = exp(a k^b).
struct ExponentialPowerLaw {
  double a = 0;
  double b = 0;
  double sum_of_squares = 0;
};

/// Maximum likelihood estimates.
struct BetaBinomialLaw {
  double alpha = 0;
  double beta = 0;
  double negative_log_likelihood = 0;  ///< Mean over problems.
};

struct ScaledBetaBinomialLaw {
  BetaBinomialLaw law;  ///< Of the chance divided by `scale`.
  double scale = 1;
  /// Of the log-log law fitted to the coverage that this law implies, on the same k.
  std::optional<double> implied_exponent;
};

/// Laws fitted to a weighting of problems; absent where a law has no finite optimum.
struct CoverageLaws {
  std::optional<LogLogLaw> log_log;
  std::optional<ExponentialPowerLaw> exponential_power;
  std::optional<BetaBinomialLaw> beta_binomial;
  std::optional<ScaledBetaBinomialLaw> scaled_beta_binomial;
};

class ScaledBetaBinomial;
class ScaledCoverage;

/// The scaled distribution at one scale: shared by the resamples that have it.
struct ScaledModel {
  double scale;
  const ScaledBetaBinomial& distribution;
  const ScaledCoverage& coverage;
};

/// Fits all laws with Ceres from starts of its own, and takes the optima to the last digits.
CoverageLaws FitLaws(const CoverageData& data, const Eigen::VectorXd& weights);

/// Fits the same laws from `start`, those of a similar weighting, with MinimizeNewton; laws that
/// `start` lacks stay absent. Much faster than FitLaws. `scaled` has the scale of `weights`.
CoverageLaws RefitLaws(const CoverageData& data, const Eigen::VectorXd& weights,
                       const ScaledModel& scaled, const CoverageLaws& start);

}  // namespace kinetics
