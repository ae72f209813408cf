#pragma once

#include "kinetics/plan/plan.h"
#include "kinetics/plan/question_costs.h"

namespace kinetics {

/// Adds allocations of Policy::kAdaptive, each within one run and limit: of the vertices of all
/// AdaptiveCurves the Pareto-optimal ones, and for each curve the best within each of the options'
/// budgets, or the cheapest that reaches options.min_accuracy, or without either its end. What is
/// left out counts in Evaluation::dropped; runs whose accuracy is only known within bounds are
/// noted. See ApplyPolicies.
void AddAdaptive(const PolicyInputs& inputs, const PlanOptions& options, Evaluation& evaluation);

}  // namespace kinetics
