#pragma once

#include <optional>
#include <string>

#include "kinetics/render/plan.h"

namespace kinetics {

/// A line of text, continued two columns further in than it starts.
std::string PlanLine(const std::string& text);

/// What a choice was asked for: " under 2.00 s a question", " reaching 90.0 % under ...".
std::string PlanRequest(const PlanReport& report, const std::optional<Budget>& budget);

/// A choice in a few lines: the best, where its accuracy comes from, what its cost goes into, and
/// the rival that comes next.
std::string ChoiceText(const PlanReport& report, const Plan& plan, const Choice& choice);

}  // namespace kinetics
