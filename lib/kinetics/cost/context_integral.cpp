#include "kinetics/cost/context_integral.h"

#include <algorithm>

#include "kinetics/core/limits.h"

namespace kinetics {
namespace {

// Whole midpoints need even steps.
int64_t StepAfter(int64_t context) { return std::max<int64_t>(2, context / 16 * 2); }

}  // namespace

ContextIntegral::ContextIntegral(const std::function<double(int64_t)>& f,
                                 std::optional<int64_t> kink) {
  int64_t context = 0;
  double value = f(context);
  double integral = 0;
  const auto add = [&] {
    contexts_.push_back(static_cast<double>(context));
    values_.push_back(value);
    integrals_.push_back(integral);
  };
  add();
  while (context < 2 * kMostTokens) {
    int64_t step = StepAfter(context);
    if (kink && context < *kink && context + step > *kink) {
      // Up to the kink, in whole halves; the last token alone where it is odd.
      step = std::max<int64_t>(1, (*kink - context) / 2 * 2);
    }
    const double end = f(context + step);
    const double middle = step == 1 ? (value + end) / 2 : f(context + step / 2);
    integral += static_cast<double>(step) * (value + 4 * middle + end) / 6;
    context += step;
    value = end;
    add();
  }
}

double ContextIntegral::Below(double context) const {
  const auto after = std::upper_bound(contexts_.begin(), contexts_.end(), context);
  const auto i = static_cast<size_t>(after - contexts_.begin()) - 1;
  const double into = context - contexts_[i];
  if (after == contexts_.end()) {
    return integrals_[i] + into * values_[i];
  }
  // The cubic with values F and slopes f at both ends, as corrections to the line from the left.
  const double width = contexts_[i + 1] - contexts_[i];
  const double t = into / width;
  const double mean = (integrals_[i + 1] - integrals_[i]) / width;
  const double b = 3 * mean - 2 * values_[i] - values_[i + 1];
  const double c = values_[i] + values_[i + 1] - 2 * mean;
  return integrals_[i] + into * (values_[i] + t * (b + t * c));
}

}  // namespace kinetics
