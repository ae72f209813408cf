#pragma once

#include <string>
#include <vector>

#include "kinetics/plan/budget.h"

namespace kinetics {

/// A point of a chart: accuracy over cost, drawn as `mark`.
struct ChartPoint {
  double cost = 0;      ///< Above 0; the axis is logarithmic.
  double accuracy = 0;  ///< From 0 to 1.
  char mark = '*';
};

/// A picture of accuracy (0 to 100 %) over cost in `unit`, in characters: at most 80 columns wide,
/// with both axes labelled. Empty for fewer than two different costs.
std::string AccuracyChart(const std::vector<ChartPoint>& points, CostUnit unit);

}  // namespace kinetics
