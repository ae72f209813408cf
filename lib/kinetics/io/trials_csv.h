#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kinetics/records/records.h"

namespace kinetics {

/// What a table of trials does not say itself.
struct TrialsCsvOptions {
  std::string task;
  std::optional<int64_t> max_tokens;
  std::optional<int64_t> prompt_tokens;  ///< Of every question, where there is no such column.
};

/// Reads one row per trial with the columns model, question, tokens (0 or empty: not reported),
/// correct (0, 1, true or false) and optionally attention (a spec), variant, prompt_tokens, answer.
/// Questions and runs come out in the order of their first row, trials in the order of their rows.
/// An empty attention or variant is none; a run has an answer in every row or in none. `source`
/// names the text in errors. Throws Error, naming line and column.
Records ReadTrialsCsv(std::string_view text, const std::string& source,
                      const TrialsCsvOptions& options);

}  // namespace kinetics
