#include "kinetics/plan/policy_evaluation.h"

#include <memory>

#include "kinetics/plan/policy_adaptive.h"
#include "kinetics/plan/policy_cascade.h"
#include "kinetics/plan/policy_majority.h"
#include "kinetics/plan/policy_sequential.h"
#include "kinetics/plan/select.h"

namespace kinetics {

void ApplyPolicies(const PolicyInputs& inputs, const std::vector<Policy>& policies,
                   const PlanOptions& options, Evaluation& evaluation) {
  const size_t coverage = evaluation.allocations.size();
  if (Includes(policies, Policy::kSequential)) {
    AddSequential(inputs, evaluation);
  }
  if (Includes(policies, Policy::kCascade)) {
    AddCascades(inputs, options, evaluation);
  }
  if (Includes(policies, Policy::kMajority)) {
    AddMajority(inputs, evaluation);
  }
  if (Includes(policies, Policy::kAdaptive)) {
    const SampleCostsOf costs_of = [&inputs](const Allocation& allocation) {
      return std::make_unique<QuestionCosts>(inputs, allocation);
    };
    AddAdaptive(costs_of, inputs.runs, options, evaluation);
  }
  if (!Includes(policies, Policy::kCoverage) && Includes(policies, Policy::kCascade)) {
    // The second stage of these has no samples.
    for (size_t i = 0; i < coverage; ++i) {
      evaluation.allocations[i].policy = Policy::kCascade;
    }
  } else if (!Includes(policies, Policy::kCoverage)) {
    DropFirst(coverage, evaluation);
  }
  if (evaluation.allocations.empty() && !inputs.beside_law) {
    FailWithoutAllocations(inputs.records, evaluation.notes);
  }
}

}  // namespace kinetics
