#include "kinetics/render/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kinetics {
namespace {

constexpr int kPlotColumns = 66;
constexpr int kPlotRows = 13;
constexpr int kLabel = 9;

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void Add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  /// The nearest of `steps` places for `value`, from 0.
  size_t Place(double value, int steps) const {
    const double share = std::clamp((value - low) / (high - low), 0.0, 1.0);
    return static_cast<size_t>(std::lround(share * (steps - 1)));
  }
};

/// Labels of the x axis: both ends, and as many between them as keep apart.
std::string Labels(const Range& log_x) {
  constexpr int kTicks = 4;
  std::string line(kPlotColumns, ' ');
  for (int tick = 0; tick <= kTicks; ++tick) {
    const double share = static_cast<double>(tick) / kTicks;
    const double x = std::exp(log_x.low + share * (log_x.high - log_x.low));
    const std::string label = fmt::format("{:.3g}", x);
    const size_t centre = log_x.Place(std::log(x), kPlotColumns);
    const size_t half = tick == 0 ? 0 : tick == kTicks ? label.size() - 1 : label.size() / 2;
    line.replace(std::min(centre - std::min(centre, half), kPlotColumns - label.size()),
                 label.size(), label);
  }
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

}  // namespace

std::string Plot(const std::vector<PlotSeries>& series) {
  Range log_x;
  Range y;
  for (const PlotSeries& one : series) {
    for (size_t i = 0; i < one.x.size(); ++i) {
      if (std::isfinite(one.y[i])) {
        log_x.Add(std::log(one.x[i]));
        y.Add(one.y[i]);
      }
    }
  }
  if (!(log_x.high > log_x.low) || !(y.high > y.low) || !std::isfinite(y.high - y.low)) {
    return "";
  }
  std::vector<std::string> canvas(kPlotRows, std::string(kPlotColumns, ' '));
  for (const PlotSeries& one : series) {
    for (size_t i = 0; i < one.x.size(); ++i) {
      if (std::isfinite(one.y[i])) {
        canvas[kPlotRows - 1 - y.Place(one.y[i], kPlotRows)]
              [log_x.Place(std::log(one.x[i]), kPlotColumns)] = one.mark;
      }
    }
  }
  std::string text;
  for (int row = 0; row < kPlotRows; ++row) {
    const double value = y.high - (y.high - y.low) * row / (kPlotRows - 1);
    const std::string label = row % 3 == 0 ? fmt::format("{:.4g}", value) : "";
    std::string line = fmt::format("  {:>{}} |{}", label, kLabel, canvas[static_cast<size_t>(row)]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  const std::string margin(kLabel + 3, ' ');
  return text + margin + "+" + std::string(kPlotColumns, '-') + "\n" + margin + " " +
         Labels(log_x) + "\n";
}

}  // namespace kinetics
