#pragma once

#include "kinetics/plan/question_costs.h"

namespace kinetics {

/// Adds, for each of the allocations of Policy::kCoverage, that of Policy::kSequential with as many
/// samples at most. See ApplyPolicies.
void AddSequential(const PolicyInputs& inputs, Evaluation& evaluation);

}  // namespace kinetics
