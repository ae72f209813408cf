#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kinetics/plan/oracle.h"
#include "kinetics/plan/plan.h"
#include "kinetics/render/format.h"

namespace kinetics {

/// Which allocations a report lists.
enum class Show {
  kBest,        ///< The best of each budget.
  kFrontier,    ///< The frontier too.
  kCandidates,  ///< The best and those that come next (with a law).
  kAll,         ///< Every allocation too.
};

/// A plan with what was asked and assumed.
struct PlanReport {
  std::string task;
  std::vector<std::string> question_ids;
  size_t runs = 0;           ///< That were planned with.
  size_t recorded_runs = 0;  ///< Of them; the others are predicted by a law.
  size_t models = 0;         ///< That these are of.
  size_t allocations = 0;    ///< That were evaluated.
  Rule rule = Rule::kAdditive;
  Convention convention = Convention::kExact;
  bool has_serving = false;  ///< Whether a deployment was asked for: its figures are shown.
  bool has_prefill = false;  ///< Whether prompts are charged.
  double batch = 0;          ///< Of all rows; NaN where they differ.
  bool oracle = false;
  std::vector<Policy> policies;    ///< That were asked for; empty: coverage, the default.
  std::optional<std::string> law;  ///< Its file.
  PlanOptions options;
  std::optional<Show> show;         ///< Default: as much as the format is read for.
  bool shows_spend = false;         ///< In CSV: money, energy and carbon too.
  std::vector<ModelPrice> prices;   ///< Of served models.
  bool has_device = true;           ///< Whether any run is costed; all others are served.
  std::vector<Plan> plans;          ///< One a device; empty under oracle allocation.
  std::vector<OraclePlan> oracles;  ///< One a device; empty under uniform allocation.
};

/// The report in a format. As a table: what was assumed, the best with its cost shares and nearest
/// rival, the frontier and a picture of it, 80 columns wide.
std::string RenderPlan(const PlanReport& report, Format format, const MadeBy& made_by);

/// The report in each of the formats. Under several budgets a line of CSV has the budget that it
/// was chosen for, of the frontier and of all allocations the smallest that it fits.
std::string PlanTable(const PlanReport& report);
std::string PlanJson(const PlanReport& report, const MadeBy& made_by);
std::string PlanCsv(const PlanReport& report);
std::string PlanMarkdown(const PlanReport& report);

}  // namespace kinetics
