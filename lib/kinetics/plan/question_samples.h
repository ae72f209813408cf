#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace kinetics {

/// How many samples each question gets of an allocation of Policy::kAdaptive.
struct QuestionSamples {
  std::vector<int64_t> samples;
  /// One question may draw lots: `samples` instead with the chance `share`.
  struct Lot {
    size_t question = 0;
    int64_t samples = 0;
    double share = 0;  ///< Above 0, below 1.
  };
  std::optional<Lot> lot;
};

}  // namespace kinetics
