#include "kinetics/cost/expected.h"

namespace kinetics {

ExpectedCost::ExpectedCost(const CostModel& model, double prompt_tokens,
                           std::span<const double> lengths, double charged)
    : model_(model), prompt_tokens_(prompt_tokens), lengths_(lengths), charged_(charged) {
  if (model.IsLinear() && !lengths.empty()) {
    for (const double length : lengths) {
      mean_ += model.WorkOf(prompt_tokens, length);
    }
    mean_ = charged / static_cast<double>(lengths.size()) * mean_;
  }
}

Cost ExpectedCost::At(double samples) const {
  if (model_.IsLinear()) {
    return model_.CostOf(mean_, samples);
  }
  Cost sum;
  for (const double length : lengths_) {
    sum += model_.Of(prompt_tokens_, length, samples);
  }
  return lengths_.empty() ? sum : charged_ / static_cast<double>(lengths_.size()) * sum;
}

}  // namespace kinetics
