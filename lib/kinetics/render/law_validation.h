#pragma once

#include <optional>
#include <string>

#include "kinetics/render/fit_law.h"
#include "kinetics/render/table.h"

namespace kinetics {

/// "Qwen3-8B (high) topk:512"; what is not known is left out.
std::string RunText(const std::string& model, const std::optional<std::string>& variant,
                    const std::optional<Attention>& attention);

/// A law's errors, with their sampling floor.
Table ValidationErrors(const LawValidation& validation);

/// A report's validation: a line a run at 1 and 8 samples, and the errors. 80 columns: intervals
/// and lengths are left out where names are too long.
std::string ValidationText(const LawReport& report);

/// A line for each prediction.
std::string ValidationCsv(const LawValidation& validation);

}  // namespace kinetics
