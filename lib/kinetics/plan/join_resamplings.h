#pragma once

#include "kinetics/plan/evaluation.h"

namespace kinetics {

/// Draws allocations before `boundary` by `first`, and those from it on, which are counted from
/// there, by `second`. Paired where both ask the same questions in the same draw.
Resampling JoinResamplings(Resampling first, size_t boundary, Resampling second);

}  // namespace kinetics
