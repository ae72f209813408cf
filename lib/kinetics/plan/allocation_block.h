#pragma once

#include <vector>

#include "kinetics/plan/evaluation.h"

namespace kinetics {

/// Neighbouring allocations of one run under one limit, ascending in samples.
struct AllocationBlock {
  size_t first = 0;
  size_t count = 0;
};

/// The blocks of the allocations of Policy::kCoverage, which come first.
std::vector<AllocationBlock> CoverageBlocks(const Evaluation& evaluation);

/// How many allocations there are of Policy::kCoverage.
size_t CountCoverage(const Evaluation& evaluation);

}  // namespace kinetics
