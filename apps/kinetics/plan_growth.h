#pragma once

#include "apps/kinetics/commands.h"

namespace kinetics::app {

/// `kinetics plan --growth`: how the best allocation under args.law grows with the budget. Nothing
/// fits where growth can be measured around none of the budgets. Throws Error.
Status RunPlanGrowth(const PlanArgs& args, const Streams& streams);

}  // namespace kinetics::app
