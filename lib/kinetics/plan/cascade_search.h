#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <optional>
#include <vector>

namespace kinetics {

/// Two stages, as columns of the single ones.
struct CascadePair {
  size_t first = 0;
  size_t second = 0;
  double cost = 0;      ///< Mean over questions.
  double accuracy = 0;  ///< Mean over questions.
};

/// What is looked for among pairs of stages.
struct CascadeSearchOptions {
  std::vector<double> budgets;  ///< Empty: one that is unlimited.
  std::optional<double> min_accuracy;
  size_t nearest = 8;  ///< Pairs to keep for each budget.
};

/// The pairs of stages that can be of use. `accuracy` and `costs` are questions x stages, `runs`
/// tells which stages are of one run. A pair of stages 1 and 2 has, question by question,
///
///   accuracy = 1 - (1 - p1) (1 - p2)      cost = c1 + (1 - p1) c2
///
/// exactly, since trials of different runs are independent given the question. Stages of one run
/// share its trials and are not paired. Of the two orders of a pair, which are as accurate, the one
/// that costs less in the mean is meant: as a rule the cheaper stage first.
///
/// Returned are the Pareto-optimal pairs, that no single stage dominates either, and for each
/// budget those `nearest` to the best: the most accurate that fit, or with min_accuracy the
/// cheapest that reach it. In ascending order of (first, second), each once. Time is 3 questions
/// stages^2 multiplications and additions, memory proportional to the stages.
std::vector<CascadePair> SearchCascades(const Eigen::MatrixXd& accuracy,
                                        const Eigen::MatrixXd& costs,
                                        const std::vector<size_t>& runs,
                                        const CascadeSearchOptions& options);

}  // namespace kinetics
