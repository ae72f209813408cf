#pragma once

#include <cstdint>
#include <span>

#include "kinetics/cost/cost.h"

namespace kinetics {

/// The expected cost of a question as a function of the number of samples: the mean over recorded
/// lengths of cost(L), never the cost of the mean length.
class ExpectedCost {
 public:
  /// `lengths`: of trials whose length is known, each above 0. `free_attempts`: further attempts
  /// that cost nothing, averaged in. `model` must outlive this object, and so must `lengths` unless
  /// model.IsLinear(). Without lengths the cost is 0.
  ExpectedCost(const CostModel& model, double prompt_tokens, std::span<const double> lengths,
               int64_t free_attempts);

  Cost At(double samples) const;

 private:
  const CostModel& model_;
  double prompt_tokens_;
  std::span<const double> lengths_;
  double attempts_;
  DecodeMoments mean_;
};

}  // namespace kinetics
