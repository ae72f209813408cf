#pragma once

#include <Eigen/Core>
#include <map>
#include <vector>

#include "kinetics/plan/law_evaluation.h"
#include "kinetics/plan/question_samples.h"

namespace kinetics {

/// An allocation whose accuracy is drawn.
struct LawAllocation {
  LawEvaluator::Position position;               ///< Its site and limit.
  int64_t samples = 0;                           ///< Of each question, or at most.
  double accuracy = 0;                           ///< At the law's own parameters.
  const QuestionSamples* by_question = nullptr;  ///< Null: all the same.
};

/// Draws the accuracies of allocations by what a law does not know: its parameters (the posterior's
/// Laplace approximation), what a run that nobody made deviates by, on all questions and on each
/// (the concentration of its beta-binomial), and which questions are asked (resampled as in
/// BootstrapMeans, with the same draws). Runs of one model and kind of attention deviate together:
/// neighbouring KV budgets are no independent attempts.
class LawResampler {
 public:
  /// `evaluator` must outlive this object.
  explicit LawResampler(const LawEvaluator& evaluator);

  /// Resamples x allocations, each within [0, 1]. The draws are symmetric where the posterior is
  /// not, so each column is moved to have the allocation's own accuracy as its mean. In parallel;
  /// the same numbers whatever the number of threads.
  Eigen::MatrixXd Resample(const std::vector<LawAllocation>& allocations, int64_t resamples,
                           uint64_t seed) const;

 private:
  /// Allocations of one site: by limit, columns of the result and what they are of.
  using Columns = std::map<size_t, std::vector<std::pair<Eigen::Index, const LawAllocation*>>>;

  void DrawSite(const LawState& state, size_t site, const Columns& columns,
                const Eigen::VectorXd& counts, uint64_t seed, Eigen::RowVectorXd& row) const;

  const LawEvaluator& evaluator_;
  LawPosterior posterior_;
};

}  // namespace kinetics
