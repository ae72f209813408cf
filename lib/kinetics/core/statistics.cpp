#include "kinetics/core/statistics.h"

#include <algorithm>
#include <cmath>

namespace kinetics {
namespace {

double Quantile(Eigen::VectorXd& draws, double p) {
  const double position = p * static_cast<double>(draws.size() - 1);
  const auto below = static_cast<Eigen::Index>(position);
  double* const begin = draws.data();
  double* const end = begin + draws.size();
  std::nth_element(begin, begin + below, end);
  const double low = begin[below];
  const double high = below + 1 < draws.size() ? *std::min_element(begin + below + 1, end) : low;
  return low + (position - static_cast<double>(below)) * (high - low);
}

}  // namespace

Interval PercentileInterval(Eigen::VectorXd draws, double level) {
  const double tail = (1 - level) / 2;
  const double low = Quantile(draws, tail);
  return {.low = low, .high = Quantile(draws, 1 - tail)};
}

double StandardDeviation(const Eigen::VectorXd& draws) {
  if (draws.size() < 2) {
    return 0;
  }
  const double squares = (draws.array() - draws.mean()).square().sum();
  return std::sqrt(squares / static_cast<double>(draws.size() - 1));
}

}  // namespace kinetics
