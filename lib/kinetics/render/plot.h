#pragma once

#include <string>
#include <vector>

namespace kinetics {

/// Points drawn as one character.
struct PlotSeries {
  std::vector<double> x, y;  ///< As many of each; x above 0.
  char mark = '*';
};

/// A picture of series, the later over the earlier, in characters: x logarithmic, y linear, at most
/// 80 columns wide, both axes labelled. What is not finite is left out. Empty where there are fewer
/// than two different x or y.
std::string Plot(const std::vector<PlotSeries>& series);

}  // namespace kinetics
