#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kinetics/plan/plan.h"

namespace kinetics {

/// The best model of one budget when each question takes its own best allocation.
struct OracleRow {
  Budget budget;
  std::optional<std::string> model;  ///< Absent where no question has an allocation that fits.
  double accuracy = 0;
  std::optional<Interval> accuracy_interval;
  Seconds seconds;         ///< Spent, in the mean over questions.
  Spend spend;             ///< What that amounts to.
  bool is_served = false;  ///< Billed by tokens: of its cost usd alone is known.
};

/// The answer of oracle allocation on one device.
struct OraclePlan {
  std::string hardware;
  Roofline roofline;
  Rates rates;
  std::vector<OracleRow> rows;    ///< One a budget, or one a point of the default grid.
  std::optional<OracleRow> best;  ///< Without budgets: the most accurate, of equals the cheapest.
};

/// Oracle allocation (algorithms 1 and 2 of arXiv 2506.05333): with the answers known, each
/// question takes the most accurate allocation of the model whose mean cost for that question fits
/// the budget, the cheapest of equals, and scores 0 where none fits. An upper bound, not a policy
/// that can be deployed. Without budgets they are 30, log-spaced from the cheapest allocation's
/// mean cost to the dearest's. With min_accuracy the one row is the smallest budget that reaches
/// it, if any does.
OraclePlan MakeOraclePlan(const Evaluation& evaluation, const std::vector<PlannedRun>& runs,
                          const PlanOptions& options);

}  // namespace kinetics
