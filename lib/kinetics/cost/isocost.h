#pragma once

#include <optional>

#include "kinetics/core/units.h"
#include "kinetics/cost/cost.h"

namespace kinetics {

/// Generation tokens L at which `samples` samples cost `target` under the model's rule: the
/// positive root of the cost's polynomial in L, a quadratic in each regime of decode.h (under
/// Rule::kMax the smaller of the roots of compute and of memory; under Rule::kCalibrated by
/// bisection, up to kMostTokens). Cost(L) agrees with `target` to a
/// few units in the last place. nullopt where no length costs as little (the published convention
/// charges S(0) > 0). Throws UsageError for the published block search, whose rounding has no
/// inverse.
std::optional<double> SolveGenerationTokens(const CostModel& model, double prompt_tokens,
                                            double samples, Seconds target);

/// Samples N, a real number, at which generations of `generated_tokens` cost `target`. nullopt
/// where what the samples share costs more than that already, or one more sample costs nothing.
/// Throws as above.
std::optional<double> SolveSamples(const CostModel& model, double prompt_tokens,
                                   double generated_tokens, Seconds target);

}  // namespace kinetics
