#pragma once

#include "kinetics/plan/question_costs.h"

namespace kinetics {

/// Adds, for each allocation of Policy::kCoverage whose run records what a vote needs, that of
/// Policy::kMajority with as many samples. Notes the runs that are left out. Throws Error as
/// CountVotes does, with the place. See ApplyPolicies.
void AddMajority(const PolicyInputs& inputs, Evaluation& evaluation);

}  // namespace kinetics
