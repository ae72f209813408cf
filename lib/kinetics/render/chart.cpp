#include "kinetics/render/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kinetics/render/format.h"

namespace kinetics {
namespace {

constexpr int kChartColumns = 68;
constexpr int kChartRows = 11;  // a row for every 10 %

/// Column of a cost between `low` and `high`.
int ChartColumn(double cost, double low, double high) {
  const double share = std::log(cost / low) / std::log(high / low);
  return static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * (kChartColumns - 1)));
}

/// The tick labels below the axis: the low end, and the powers of ten where they fit.
std::string CostAxis(double low, double high, CostUnit unit) {
  std::string line(kChartColumns + 2, ' ');
  const auto place = [&](double cost) {
    const std::string label = HumanCost(cost, unit);
    const auto begin = static_cast<size_t>(ChartColumn(cost, low, high));
    const size_t from = begin == 0 ? 0 : begin - 1;
    if (begin + label.size() <= line.size() &&
        line.substr(from, label.size() + 2).find_first_not_of(' ') == std::string::npos) {
      line.replace(begin, label.size(), label);
    }
  };
  place(low);
  const auto first_power = static_cast<int>(std::ceil(std::log10(low)));
  const auto last_power = static_cast<int>(std::floor(std::log10(high)));
  for (int power = first_power; power <= last_power; ++power) {
    place(std::pow(10.0, power));
  }
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

}  // namespace

std::string AccuracyChart(const std::vector<ChartPoint>& points, CostUnit unit) {
  if (points.size() < 2) {
    return "";
  }
  const auto [first, last] =
      std::minmax_element(points.begin(), points.end(),
                          [](const ChartPoint& a, const ChartPoint& b) { return a.cost < b.cost; });
  const double low = first->cost;
  const double high = last->cost;
  if (!(low > 0) || !(high > low)) {
    return "";
  }
  std::vector<std::string> canvas(kChartRows, std::string(kChartColumns, ' '));
  for (const ChartPoint& point : points) {
    const auto row = static_cast<size_t>(std::lround((1 - point.accuracy) * (kChartRows - 1)));
    canvas[std::min<size_t>(row, kChartRows - 1)]
          [static_cast<size_t>(ChartColumn(point.cost, low, high))] = point.mark;
  }
  std::string text;
  for (int row = 0; row < kChartRows; ++row) {
    const std::string& line = canvas[static_cast<size_t>(row)];
    const std::string label = row % 2 == 0 ? fmt::format("{:3d} %", 100 - 10 * row) : "     ";
    text += fmt::format("  {} |{}", label, line.substr(0, line.find_last_not_of(' ') + 1));
    text = text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  }
  return text + "        +" + std::string(kChartColumns, '-') + "\n         " +
         CostAxis(low, high, unit) + "\n";
}

}  // namespace kinetics
