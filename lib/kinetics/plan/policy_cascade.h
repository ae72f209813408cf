#pragma once

#include "kinetics/plan/plan.h"
#include "kinetics/plan/question_costs.h"

namespace kinetics {

/// Adds cascades of two of the allocations of Policy::kCoverage: of all pairs those that
/// SearchCascades finds for the options' budgets, the others counted in Evaluation::dropped. Throws
/// Error where there are more pairs than can be searched. See ApplyPolicies.
void AddCascades(const PolicyInputs& inputs, const PlanOptions& options, Evaluation& evaluation);

}  // namespace kinetics
