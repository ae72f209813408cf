#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace kinetics {

/// Accuracies this close are the same: sums of the same fractions in another order differ by less.
inline constexpr double kSameAccuracy = 1e-12;

/// What an allocation costs and brings.
struct Offer {
  double cost = 0;
  double accuracy = 0;
};

/// The Pareto-optimal offers, ascending in cost: every further one is more accurate (by more than
/// kSameAccuracy) than all that cost as little. `precedes` decides between offers of the same cost
/// and accuracy and must be a strict total order, so that the result does not depend on the order
/// of the offers. O(n log n).
std::vector<size_t> ParetoFrontier(const std::vector<Offer>& offers,
                                   const std::function<bool(size_t, size_t)>& precedes);

}  // namespace kinetics
