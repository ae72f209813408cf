#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kinetics/core/statistics.h"
#include "kinetics/plan/evaluation.h"

namespace kinetics {

/// What is asked of a plan. Costs are per question.
struct PlanOptions {
  std::vector<Budget> budgets;         ///< All in one unit; empty: unlimited.
  std::optional<double> min_accuracy;  ///< Look for the cheapest that reaches it, not the best.
  int64_t bootstrap = 1000;            ///< Resamples of the questions; 0: no intervals.
  uint64_t seed = 1;
  bool all_allocations = false;  ///< Fill Plan::allocations.
  bool per_question = false;     ///< Fill PlanRow::questions.

  size_t candidates = 0;  ///< Fill Choice::candidates with at most so many.

  CostUnit default_unit = CostUnit::kSeconds;  ///< Without a budget.

  /// What costs are counted in: the budgets' unit.
  CostUnit Unit() const { return budgets.empty() ? default_unit : budgets.front().unit; }
};

/// One question of an allocation. Costs are of all its samples.
struct QuestionRow {
  double accuracy = 0;
  Seconds seconds;
  Flops flops;
  Bytes bytes;
  Flops eflops;
  Spend spend;
};

/// The second stage of a cascade.
struct PlanStage {
  std::string model;
  std::optional<std::string> variant;
  std::optional<Attention> attention;  ///< Absent where it is not known, of a served model.
  std::optional<int64_t> generation_tokens;
  int64_t samples = 0;
  Serving serving;         ///< Devices and batch.
  bool is_served = false;  ///< Billed by tokens.
};

/// One allocation as it is reported.
struct PlanRow {
  std::string model;
  std::optional<std::string> variant;
  std::optional<Attention> attention;  ///< Absent where it is not known, of a served model.
  std::optional<int64_t> generation_tokens;
  int64_t samples = 0;  ///< Of any question at most; of a cascade's first stage.
  Policy policy = Policy::kCoverage;
  double mean_samples = 0;                    ///< Drawn, in the mean over questions.
  std::optional<PlanStage> second;            ///< Of a cascade.
  double accuracy = 0;                        ///< Mean over questions.
  std::optional<Interval> accuracy_interval;  ///< 95 %, questions resampled.
  std::optional<Interval> accuracy_bound;     ///< Where the accuracy is only known within bounds.
  Cost cost;                                  ///< Mean over questions.
  Spend spend;                                ///< What that amounts to.
  Serving serving;                            ///< Likewise.
  bool is_served = false;  ///< Some stage is billed by tokens: of the cost usd alone is known.
  std::vector<QuestionRow> questions;           ///< In the order of the records.
  bool from_law = false;                        ///< Predicted by a law; else recorded.
  std::vector<std::string_view> extrapolation;  ///< What lies outside of the law's data.
  /// Of the candidates: share of draws in which it is the best, or with min_accuracy the cheapest
  /// that reaches it.
  std::optional<double> chance_best;
};

/// Whether its accuracy is no more than an upper bound, of a policy with hindsight.
bool IsUpperBound(const PlanRow& row);

/// The row's cost counted in `unit`; if that IsSpend, known.
double Measure(const PlanRow& row, CostUnit unit);

/// An allocation that comes close to the best.
struct Rival {
  PlanRow row;
  double difference = 0;                        ///< Accuracy of the best less this one's.
  std::optional<Interval> difference_interval;  ///< 95 %, both on the same resamples.
  std::optional<double> wins;  ///< Share of resamples in which this one is the more accurate.
};

/// The answer for one budget.
struct Choice {
  std::optional<Budget> budget;
  std::optional<PlanRow> best;      ///< Absent where nothing fits.
  std::vector<Rival> rivals;        ///< At most five.
  std::vector<PlanRow> candidates;  ///< The best and those that come next, if asked for.
};

/// Best allocations and the Pareto frontier on one device.
struct Plan {
  std::string hardware;
  Roofline roofline;
  Rates rates;
  std::vector<Choice> choices;       ///< One a budget, in the order asked; one without a budget.
  std::vector<PlanRow> frontier;     ///< Ascending in cost, up to the largest budget.
  std::vector<PlanRow> allocations;  ///< All of them, if asked for.
  double lowest_cost = 0;            ///< Of any allocation, in the budgets' unit.
  double highest_accuracy = 0;       ///< Of any allocation.
};

/// Uniform allocation: one allocation for all questions, that fits a budget when its mean cost
/// does. Of the allocations that fit, the best has the highest accuracy; of equal accuracies the
/// cheapest, then fewer samples, fewer parameters, name. The rivals are the next best by the same
/// order, of adaptive ones of one run under one limit no more than one. With min_accuracy the best
/// is the cheapest that reaches it, and its rivals the next cheapest that do. The frontier counts
/// cost in the budgets' unit (without a budget in options.default_unit). Throws Error where that
/// unit needs a rate that the device lacks.
Plan MakePlan(const Evaluation& evaluation, const std::vector<PlannedRun>& runs,
              const PlanOptions& options);

}  // namespace kinetics
