#include "kinetics/cost/expected.h"

namespace kinetics {

ExpectedCost::ExpectedCost(const CostModel& model, double prompt_tokens,
                           std::span<const double> lengths, int64_t free_attempts)
    : model_(model),
      prompt_tokens_(prompt_tokens),
      lengths_(lengths),
      attempts_(static_cast<double>(lengths.size()) + static_cast<double>(free_attempts)) {
  if (model.IsLinear() && !lengths.empty()) {
    for (const double length : lengths) {
      mean_ += model.Moments(prompt_tokens, length);
    }
    mean_ = 1 / attempts_ * mean_;
  }
}

Cost ExpectedCost::At(double samples) const {
  if (model_.IsLinear()) {
    return model_.FromTerms(model_.TermsOf(mean_, samples));
  }
  Cost sum;
  for (const double length : lengths_) {
    sum += model_.Of(prompt_tokens_, length, samples);
  }
  return lengths_.empty() ? sum : 1 / attempts_ * sum;
}

}  // namespace kinetics
