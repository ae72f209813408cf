#include "kinetics/cost/log_normal.h"

#include <array>
#include <cmath>
#include <functional>

#include "kinetics/core/normal.h"

namespace kinetics {
namespace {

/// E[L^j; L < x] for j = 0, 1, 2.
std::array<double, 3> PartialMoments(const LogNormalLength& length, double x) {
  const double s = length.log_deviation;
  const double z = (std::log(x) - length.log_mean) / s;
  std::array<double, 3> moments{};
  for (size_t j = 0; j < moments.size(); ++j) {
    const auto power = static_cast<double>(j);
    moments[j] = std::exp(power * length.log_mean + power * power * s * s / 2) *
                 NormalDistribution(z - power * s);
  }
  return moments;
}

void Add(DecodeMoments& sum, const DecodePolynomial& polynomial,
         const std::array<double, 3>& moments) {
  sum += moments[2] * polynomial.square;
  sum += moments[1] * polynomial.linear;
  sum += moments[0] * polynomial.constant;
}

/// E[cost(min(L, limit))] by the trapezoidal rule over the logarithm of L below the limit, five
/// deviations either side and above that where second moments lie.
Cost Integrate(const LogNormalLength& length, const std::function<Cost(double tokens)>& cost) {
  constexpr int kLengths = 64;
  constexpr double kReach = 5;
  const double s = length.log_deviation;
  const double cut = length.CutOff();
  const double low = -kReach;
  const double high = std::min(kReach + 2 * s, (std::log(length.limit) - length.log_mean) / s);
  Cost sum;
  double weights = 0;
  for (int i = 0; i < kLengths && low < high; ++i) {
    const double z = low + (high - low) * i / (kLengths - 1);
    const bool is_end = i == 0 || i == kLengths - 1;
    const double weight = std::exp(LogNormalDensity(z)) * (is_end ? 0.5 : 1);
    sum += weight * cost(std::exp(length.log_mean + s * z));
    weights += weight;
  }
  const double below = weights > 0 ? 1 - cut : 0;
  Cost mean = below / std::max(weights, std::numeric_limits<double>::min()) * sum;
  if (below < 1 && !std::isinf(length.limit)) {
    mean += (1 - below) * cost(length.limit);
  }
  return mean;
}

}  // namespace

double LogNormalLength::Mean() const {
  if (std::isinf(limit)) {
    return std::exp(log_mean + log_deviation * log_deviation / 2);
  }
  return PartialMoments(*this, limit)[1] + limit * CutOff();
}

double LogNormalLength::CutOff() const {
  return std::isinf(limit) ? 0 : NormalDistribution((log_mean - std::log(limit)) / log_deviation);
}

DecodeMoments ExpectedMoments(const DecodeRegimes& regimes, const LogNormalLength& length) {
  const double limit = length.limit;
  const std::array<double, 3> all = PartialMoments(length, limit);
  const double cut = length.CutOff();
  const std::array<double, 3> at_limit =
      cut > 0 ? std::array<double, 3>{cut, cut * limit, cut * limit * limit}
              : std::array<double, 3>{};
  DecodeMoments sum;
  if (!regimes.boundary || limit <= *regimes.boundary) {
    const DecodePolynomial& polynomial = regimes.boundary ? regimes.below : regimes.above;
    Add(sum, polynomial, all);
    Add(sum, polynomial, at_limit);
    return sum;
  }
  const std::array<double, 3> below = PartialMoments(length, *regimes.boundary);
  Add(sum, regimes.below, below);
  Add(sum, regimes.above, {all[0] - below[0], all[1] - below[1], all[2] - below[2]});
  Add(sum, regimes.above, at_limit);
  return sum;
}

ExpectedLawCost::ExpectedLawCost(const CostModel& model, double prompt_tokens,
                                 const LogNormalLength& length)
    : model_(model), prompt_tokens_(prompt_tokens), length_(length) {
  if (model.IsLinear()) {
    mean_ = ExpectedMoments(model.Regimes(prompt_tokens), length);
  }
}

Cost ExpectedLawCost::At(double samples) const {
  if (model_.IsLinear()) {
    return model_.FromTerms(model_.TermsOf(mean_, samples));
  }
  return Integrate(length_, [this, samples](double tokens) {
    return model_.Of(prompt_tokens_, tokens, samples);
  });
}

}  // namespace kinetics
