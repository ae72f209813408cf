#include "kinetics/plan/policy.h"

namespace kinetics {

std::string_view Name(Policy policy) {
  constexpr std::string_view kNames[] = {"coverage", "sequential", "cascade", "majority",
                                         "adaptive"};
  return kNames[static_cast<size_t>(policy)];
}

bool NeedsHindsight(Policy policy) { return policy == Policy::kAdaptive; }

}  // namespace kinetics
