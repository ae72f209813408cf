#include "kinetics/plan/allocation_block.h"

#include <algorithm>

namespace kinetics {

size_t CountCoverage(const Evaluation& evaluation) {
  const auto end = std::find_if(
      evaluation.allocations.begin(), evaluation.allocations.end(),
      [](const Allocation& allocation) { return allocation.policy != Policy::kCoverage; });
  return static_cast<size_t>(end - evaluation.allocations.begin());
}

std::vector<AllocationBlock> CoverageBlocks(const Evaluation& evaluation) {
  std::vector<AllocationBlock> blocks;
  const size_t count = CountCoverage(evaluation);
  for (size_t i = 0; i < count; ++i) {
    const Allocation& allocation = evaluation.allocations[i];
    const Allocation* last = i == 0 ? nullptr : &evaluation.allocations[i - 1];
    if (last == nullptr || last->run != allocation.run ||
        last->generation_tokens != allocation.generation_tokens) {
      blocks.push_back({.first = i});
    }
    ++blocks.back().count;
  }
  return blocks;
}

}  // namespace kinetics
