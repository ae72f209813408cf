#pragma once

#include <Eigen/Core>
#include <map>
#include <vector>

#include "kinetics/plan/law_evaluation.h"

namespace kinetics {

/// Draws the accuracies of allocations by what a law does not know: its parameters (the posterior's
/// Laplace approximation), what a run that nobody made deviates by, on all questions and on each
/// (the concentration of its beta-binomial), and which questions are asked (resampled as in
/// BootstrapMeans, with the same draws). Runs of one model and kind of attention deviate together:
/// neighbouring KV budgets are no independent attempts.
class LawResampler {
 public:
  /// `accuracy`: of all allocations. `evaluator` must outlive this object.
  LawResampler(const LawEvaluator& evaluator, std::vector<double> accuracy);

  /// Resamples x allocations, each within [0, 1]. The draws are symmetric where the posterior is
  /// not, so each column is moved to have the allocation's own accuracy as its mean. In parallel;
  /// the same numbers whatever the number of threads.
  Eigen::MatrixXd Resample(const std::vector<size_t>& allocations, int64_t resamples,
                           uint64_t seed) const;

 private:
  /// Allocations of one site: by limit, columns of the result and their numbers of samples.
  using Columns = std::map<size_t, std::vector<std::pair<Eigen::Index, int64_t>>>;

  void DrawSite(const LawState& state, size_t site, const Columns& columns,
                const Eigen::VectorXd& counts, uint64_t seed, Eigen::RowVectorXd& row) const;

  const LawEvaluator& evaluator_;
  std::vector<double> accuracy_;
  LawPosterior posterior_;
};

}  // namespace kinetics
