#pragma once

#include <string>

#include "kinetics/records/records.h"

namespace kinetics {

/// Reads the schema kinetics.records/1. `source` names the text in errors. Trial lists come out in
/// the order of the questions. Throws Error, naming line and JSON pointer, on an unknown key or
/// question, a repeated question or run, a count that is not a whole number or out of range, lists
/// whose lengths disagree, and on everything that JsonDocument refuses.
Records ReadRecords(std::string text, const std::string& source);

}  // namespace kinetics
