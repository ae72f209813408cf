#pragma once

#include <span>

#include "kinetics/cost/cost.h"

namespace kinetics {

/// The expected cost of a question as a function of the number of samples: the mean over recorded
/// lengths of cost(L), never the cost of the mean length.
class ExpectedCost {
 public:
  /// `lengths`: of trials whose length is known, each above 0; those of unknown length cost the
  /// mean. `charged`: the share of attempts that cost anything, 0 to 1 (those without an answer do
  /// not). `model` must outlive this object, and so must `lengths` unless model.IsLinear(). Without
  /// lengths the cost is 0.
  ExpectedCost(const CostModel& model, double prompt_tokens, std::span<const double> lengths,
               double charged);

  /// N = `samples`, at least 0. O(1) if model.IsLinear(), else O(lengths).
  Cost At(double samples) const;

 private:
  const CostModel& model_;
  double prompt_tokens_;
  std::span<const double> lengths_;
  double charged_;
  SampleWork mean_;
};

}  // namespace kinetics
