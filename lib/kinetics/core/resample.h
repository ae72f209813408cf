#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "kinetics/core/random.h"

namespace kinetics {

/// How often each of `items` (at least 1) comes up in resample number `resample` of a bootstrap: as
/// many draws with replacement as there are items. Depends on (seed, resample) alone.
inline Eigen::VectorXd DrawCounts(Eigen::Index items, uint64_t seed, int64_t resample) {
  SplitMix64 random(seed, static_cast<uint64_t>(resample));
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(items);
  for (Eigen::Index draw = 0; draw < items; ++draw) {
    counts[random.Below(static_cast<uint32_t>(items))] += 1;
  }
  return counts;
}

}  // namespace kinetics
