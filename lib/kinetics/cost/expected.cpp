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
    const SampleWork prefill = model.PrefillWork(prompt_tokens);
    mean_.prefill = prefill.prefill;
    mean_.prefill_time = prefill.prefill_time;
  }
}

Cost ExpectedCost::At(double samples) const {
  if (model_.IsLinear()) {
    return model_.CostOf(mean_, samples);
  }
  if (lengths_.empty()) {
    return {};
  }
  Cost sum;
  for (const double length : lengths_) {
    sum += model_.DecodeCost(prompt_tokens_, length, samples);
  }
  Cost mean = charged_ / static_cast<double>(lengths_.size()) * sum;
  mean += model_.PrefillCost(prompt_tokens_);
  return mean;
}

}  // namespace kinetics
