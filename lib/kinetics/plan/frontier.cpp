#include "kinetics/plan/frontier.h"

#include <algorithm>
#include <numeric>

namespace kinetics {

std::vector<size_t> ParetoFrontier(const std::vector<Offer>& offers,
                                   const std::function<bool(size_t, size_t)>& precedes) {
  std::vector<size_t> order(offers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (offers[a].cost != offers[b].cost) {
      return offers[a].cost < offers[b].cost;
    }
    if (offers[a].accuracy != offers[b].accuracy) {
      return offers[a].accuracy > offers[b].accuracy;
    }
    return precedes(a, b);
  });
  std::vector<size_t> frontier;
  for (const size_t i : order) {
    if (frontier.empty() || offers[i].accuracy > offers[frontier.back()].accuracy + kSameAccuracy) {
      frontier.push_back(i);
    }
  }
  return frontier;
}

}  // namespace kinetics
