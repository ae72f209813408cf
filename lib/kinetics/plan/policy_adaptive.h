#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "kinetics/plan/plan.h"
#include "kinetics/plan/question_costs.h"
#include "kinetics/plan/question_samples.h"

namespace kinetics {

/// The costs of an allocation's run under its limit.
using SampleCostsOf = std::function<std::unique_ptr<SampleCosts>(const Allocation&)>;

/// Adds allocations of Policy::kAdaptive, each within one run and limit: of the vertices of all
/// AdaptiveCurves the Pareto-optimal ones, and for each curve the best within each of the options'
/// budgets, or the cheapest that reaches options.min_accuracy, or without either its end. What is
/// left out counts in Evaluation::dropped; runs whose accuracy is only known within bounds are
/// noted. See ApplyPolicies. The evaluation's matrices are filled. Returns for each allocation
/// added how many samples questions get.
std::vector<QuestionSamples> AddAdaptive(const SampleCostsOf& costs_of,
                                         const std::vector<PlannedRun>& runs,
                                         const PlanOptions& options, Evaluation& evaluation);

}  // namespace kinetics
