#include "kinetics/cost/isocost.h"

#include <cmath>
#include <vector>

#include "kinetics/core/error.h"
#include "kinetics/core/limits.h"

namespace kinetics {
namespace {

/// The parts of a cost whose maximum is its time: one, but for Rule::kMax.
std::vector<double> TimeParts(const CostModel& model, const CostTerms& terms) {
  if (model.GetRule() == Rule::kMax) {
    const Seconds beside = model.SecondsBeside(terms);
    return {(TotalFlops(terms) / model.GetRoofline().peak + beside).value,
            (TotalBytes(terms) / model.GetRoofline().bandwidth + beside).value};
  }
  return {model.RooflineCost(terms).seconds.value};
}

void RefuseRounding(const CostModel& model) {
  if (model.RoundsSearch()) {
    throw UsageError(
        "block_topk under --convention published has no inverse, its search rounds down; "
        "use --convention exact");
  }
}

/// The root of a x^2 + b x = rise at or above 0; a, b, rise >= 0. Written so that nothing cancels;
/// nullopt where the left side is flat.
std::optional<double> PositiveRoot(double a, double b, double rise) {
  if (a == 0 && b == 0) {
    return std::nullopt;
  }
  return rise == 0 ? 0 : 2 * rise / (b + std::sqrt(b * b + 4 * a * rise));
}

/// Where a time that grows with the length reaches `target`.
std::optional<double> Bisect(const CalibratedTime& time, double prompt_tokens, double target) {
  const auto reaches = [&](double tokens) {
    return TotalSeconds(time.Of(prompt_tokens, tokens)).value >= target;
  };
  double low = 0;
  double high = 1;
  while (!reaches(high)) {
    low = high;
    high *= 2;
    if (low > static_cast<double>(kMostTokens)) {
      return std::nullopt;
    }
  }
  for (double middle = low + (high - low) / 2; low < middle && middle < high;
       middle = low + (high - low) / 2) {
    (reaches(middle) ? high : low) = middle;
  }
  return high;
}

std::optional<double> Smaller(std::optional<double> a, std::optional<double> b) {
  return a && (!b || *a < *b) ? a : b;
}

/// Where the largest part reaches `target` in one regime: the least of the parts' roots.
std::optional<double> SolveRegime(const CostModel& model, const DecodePolynomial& polynomial,
                                  double samples, double target) {
  const auto square = TimeParts(model, model.TermsOf(polynomial.square, samples));
  const auto linear = TimeParts(model, model.TermsOf(polynomial.linear, samples));
  const auto constant = TimeParts(model, model.TermsOf(polynomial.constant, samples));
  std::optional<double> least;
  for (size_t i = 0; i < square.size(); ++i) {
    if (constant[i] > target) {
      return std::nullopt;
    }
    least = Smaller(least, PositiveRoot(square[i], linear[i], target - constant[i]));
  }
  return least;
}

}  // namespace

std::optional<double> SolveGenerationTokens(const CostModel& model, double prompt_tokens,
                                            double samples, Seconds target) {
  RefuseRounding(model);
  if (const CalibratedTime* time = model.GetCalibratedTime()) {
    return samples > 0 ? Bisect(*time, prompt_tokens, target.value / samples) : std::nullopt;
  }
  for (const DecodeRegime& regime : model.Regimes(prompt_tokens)) {
    if (std::isinf(regime.end) || target <= model.Of(prompt_tokens, regime.end, samples).seconds) {
      return SolveRegime(model, regime.polynomial, samples, target.value);
    }
  }
  return std::nullopt;
}

std::optional<double> SolveSamples(const CostModel& model, double prompt_tokens,
                                   double generated_tokens, Seconds target) {
  RefuseRounding(model);
  if (model.GetCalibratedTime() != nullptr) {
    const double one = model.Of(prompt_tokens, generated_tokens, 1).seconds.value;
    return one > 0 ? std::optional(target.value / one) : std::nullopt;
  }
  const DecodeMoments moments = model.Moments(prompt_tokens, generated_tokens);
  const auto shared = TimeParts(model, model.TermsOf(moments, 0));
  const auto one = TimeParts(model, model.TermsOf(moments, 1));
  std::optional<double> least;
  for (size_t i = 0; i < shared.size(); ++i) {
    const double rise = target.value - shared[i];
    if (rise < 0) {
      return std::nullopt;
    }
    if (one[i] > shared[i]) {
      least = Smaller(least, rise / (one[i] - shared[i]));
    }
  }
  return least;
}

}  // namespace kinetics
