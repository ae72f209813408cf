#pragma once

#include <vector>

#include "apps/kinetics/commands.h"
#include "kinetics/plan/evaluation.h"

namespace kinetics::app {

/// Runs that can be planned with, in the order of the records: those that --model and --attention
/// select, of models that are known. What is left out is noted. `records` must outlive them. Throws
/// Error where none remains, but not beside a law.
std::vector<PlannedRun> SelectRuns(const Records& records, const PlanArgs& args,
                                   const Streams& streams);

}  // namespace kinetics::app
