#include "kinetics/plan/policy_evaluation.h"

#include <algorithm>
#include <numeric>

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
    AddAdaptive(inputs, options, evaluation);
  }
  if (!asks_for(Policy::kCoverage) && asks_for(Policy::kCascade)) {
    // The second stage of these has no samples.
    for (size_t i = 0; i < coverage; ++i) {
      evaluation.allocations[i].policy = Policy::kCascade;
    }
  } else if (!asks_for(Policy::kCoverage)) {
    std::vector<size_t> kept(evaluation.allocations.size() - coverage);
    std::iota(kept.begin(), kept.end(), coverage);
    KeepAllocations(kept, evaluation);
  }
  if (evaluation.allocations.empty()) {
    FailWithoutAllocations(inputs.records, evaluation.notes);
  }
}

}  // namespace kinetics
