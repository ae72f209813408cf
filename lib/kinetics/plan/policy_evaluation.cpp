#include "kinetics/plan/policy_evaluation.h"

#include <algorithm>
#include <memory>

#include "kinetics/plan/policy_adaptive.h"
#include "kinetics/plan/policy_cascade.h"
#include "kinetics/plan/policy_majority.h"
#include "kinetics/plan/policy_sequential.h"
#include "kinetics/plan/select.h"

namespace kinetics {

void ApplyPolicies(const PolicyInputs& inputs, const std::vector<Policy>& policies,
                   const PlanOptions& options, Evaluation& evaluation) {
  const auto asks_for = [&policies](Policy policy) {
    return std::find(policies.begin(), policies.end(), policy) != policies.end();
  };
  const size_t coverage = evaluation.allocations.size();
  if (asks_for(Policy::kSequential)) {
    AddSequential(inputs, evaluation);
  }
  if (asks_for(Policy::kCascade)) {
    AddCascades(inputs, options, evaluation);
  }
  if (asks_for(Policy::kMajority)) {
    AddMajority(inputs, evaluation);
  }
  if (asks_for(Policy::kAdaptive)) {
    const SampleCostsOf costs_of = [&inputs](const Allocation& allocation) {
      return std::make_unique<QuestionCosts>(inputs, allocation);
    };
    AddAdaptive(costs_of, inputs.runs, options, evaluation);
  }
  if (!asks_for(Policy::kCoverage) && asks_for(Policy::kCascade)) {
    // The second stage of these has no samples.
    for (size_t i = 0; i < coverage; ++i) {
      evaluation.allocations[i].policy = Policy::kCascade;
    }
  } else if (!asks_for(Policy::kCoverage)) {
    DropFirst(coverage, evaluation);
  }
  if (evaluation.allocations.empty() && !inputs.beside_law) {
    FailWithoutAllocations(inputs.records, evaluation.notes);
  }
}

}  // namespace kinetics
