#pragma once

#include <string>

#include "kinetics/plan/growth.h"
#include "kinetics/render/format.h"

namespace kinetics {

/// How the best allocation grows with the budget, with what was assumed.
struct GrowthReport {
  std::string task;
  std::string law;
  std::string hardware;
  Rule rule = Rule::kAdditive;
  size_t allocations = 0;
  int64_t draws = 0;
  Growth growth;
};

/// The report in any format: JSON has the schema kinetics.growth/1, CSV a line for each budget and
/// quantity.
std::string RenderGrowth(const GrowthReport& report, Format format, const MadeBy& made_by);

}  // namespace kinetics
