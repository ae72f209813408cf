#include "kinetics/plan/policy.h"

#include <algorithm>

namespace kinetics {

std::string_view Name(Policy policy) {
  constexpr std::string_view kNames[] = {"coverage", "sequential", "cascade", "majority",
                                         "adaptive"};
  return kNames[static_cast<size_t>(policy)];
}

bool NeedsHindsight(Policy policy) { return policy == Policy::kAdaptive; }

bool Includes(const std::vector<Policy>& policies, Policy policy) {
  return std::find(policies.begin(), policies.end(), policy) != policies.end();
}

}  // namespace kinetics
