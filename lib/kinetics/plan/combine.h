#pragma once

#include <vector>

#include "kinetics/plan/evaluation.h"

namespace kinetics {

/// Recorded allocations, and those of a law that were not recorded or whose recorded accuracy is
/// only known within bounds. The law's runs follow `recorded_runs` ones in `runs`. Draws of both
/// are paired: each draw asks the same questions, which must be the same and in the same order.
Evaluation Combine(Evaluation recorded, Evaluation law, const std::vector<PlannedRun>& runs,
                   size_t recorded_runs);

}  // namespace kinetics
