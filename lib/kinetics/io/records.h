#pragma once

#include <string>

#include "kinetics/io/json.h"
#include "kinetics/records/records.h"

namespace kinetics {

/// A question's id, a whole number or a text; 7 and "7" are the same question.
std::string ReadQuestionId(const JsonValue& value);

/// {"kind":"topk","top_tokens":512}, and so on.
Attention ReadAttention(const JsonValue& value);

/// Reads the schema kinetics.records/1. `source` names the text in errors. Trial lists come out in
/// the order of the questions. Throws Error, naming line and JSON pointer, on an unknown key or
/// question, a repeated question or run, a count that is not a whole number or out of range, lists
/// whose lengths disagree, and on everything that JsonDocument refuses.
Records ReadRecords(std::string text, const std::string& source);

}  // namespace kinetics
