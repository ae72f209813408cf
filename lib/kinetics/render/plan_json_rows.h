#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "kinetics/render/json_writer.h"
#include "kinetics/render/plan.h"

namespace kinetics {

/// An object, or null.
void WriteBudget(JsonWriter& json, const std::optional<Budget>& budget);

/// The members of a row; the object around them is open.
void WriteRow(JsonWriter& json, const PlanRow& row, const PlanReport& report);

/// Lists under a key: `key`, "rivals", and beside a law "candidates".
void WriteRows(JsonWriter& json, std::string_view key, const std::vector<PlanRow>& rows,
               const PlanReport& report);
void WriteRivals(JsonWriter& json, const std::vector<Rival>& rivals, const PlanReport& report);
void WriteCandidates(JsonWriter& json, const Choice& choice, const PlanReport& report);

}  // namespace kinetics
