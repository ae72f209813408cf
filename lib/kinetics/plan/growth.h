#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kinetics/core/statistics.h"
#include "kinetics/plan/frontier.h"
#include "kinetics/plan/law_evaluation.h"

namespace kinetics {

/// What of the best allocation grows with the budget.
enum class GrowthQuantity {
  kKvBudget,          ///< Tokens attended to at a decode step, in the mean; of dense ones too.
  kBalancedKvBudget,  ///< The same plus P / ((r + I) D): where attention costs what parameters do.
  kTokens,            ///< Generated tokens of all samples: N E[min(L, limit)].
  kSamples,
  kParameters,  ///< Active parameters.
};
inline constexpr int kGrowthQuantities = 5;

/// "kv_budget", "kv_budget_balanced", "tokens", "samples" or "parameters".
std::string_view Name(GrowthQuantity quantity);

/// One quantity of the best allocation around one budget.
struct GrowthRow {
  Budget budget;
  GrowthQuantity quantity = GrowthQuantity::kKvBudget;
  double value = 0;     ///< Of the best allocation at this budget.
  Estimate elasticity;  ///< d ln value / d ln budget; 2^elasticity is the growth per doubling.
};

/// How the best allocation under a law grows with the budget.
struct Growth {
  std::vector<GrowthRow> rows;     ///< By budget, in the order asked, then by quantity.
  std::vector<double> accuracies;  ///< Of the best at each budget.
  std::vector<std::string> notes;  ///< Where the grid ends before growth can be seen, a line each.
};

struct GrowthOptions {
  std::vector<Budget> budgets;  ///< Empty: doublings from a quarter of the highest accuracy on.
  CostUnit unit = CostUnit::kSeconds;
  Rates rates;          ///< For budgets in usd, J or gCO2.
  int64_t draws = 200;  ///< Of the posterior; 0: no intervals.
  uint64_t seed = 1;
  std::function<void(size_t done, size_t all)> progress;  ///< May be empty.
};

/// The local elasticity at a budget b is the slope of a least-squares line through the logarithms
/// of the best allocation's value at 17 budgets from b / 2.8 to 2.8 b: a grid has steps, and one
/// exponent for all budgets would hide that growth changes. Intervals: 95 % of draws of the law's
/// parameters, for each of which the best allocations are found again.
///
/// A budget is left out with a note where nothing fits the smallest of these; it has a note where
/// the largest buys all there is, so that growth ends with the grid.
Growth MeasureGrowth(const Law& law, const LawEvaluator& evaluator, const GrowthOptions& options);

}  // namespace kinetics
