#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kinetics/render/plan.h"
#include "kinetics/render/table.h"

namespace kinetics {

/// An allocation that a report lists; the budget where it is the best of one.
struct ListedRow {
  std::optional<Budget> budget;
  const PlanRow* row = nullptr;
};

/// The rows that `show` asks for; the frontier by default.
std::vector<ListedRow> ListedRows(const Plan& plan, std::optional<Show> show);

/// Allocations as aligned columns: seconds, and the cost in `unit` (eFLOPs where that is seconds);
/// a dash where a served model has none.
/// Beside a law a column "by" says data, law, or law* outside of its data. Where a row's policy is
/// another than coverage two columns name it and count the samples drawn in the mean; the second
/// stage of a cascade has a line of its own below the first.
Table RowsTable(const std::vector<ListedRow>& rows, CostUnit unit);
inline constexpr size_t kModelColumn = 5;  ///< Of RowsTable.

Table OracleTable(const OraclePlan& plan);

/// "law" or "recorded".
std::string_view OriginOf(const PlanRow& row);

/// "[81.7, 97.1]" in per cent; "" without one.
std::string HumanInterval(const std::optional<Interval>& interval);

/// The attention, or `unknown`.
std::string SpecText(const std::optional<Attention>& attention, const char* unknown);

/// Model, and variant where there is one.
std::string HumanModel(const PlanRow& row);
std::string HumanModel(const PlanStage& stage);

}  // namespace kinetics
