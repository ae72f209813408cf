#include "kinetics/cost/log_normal.h"

#include <array>
#include <cmath>

#include "kinetics/core/normal.h"

namespace kinetics {
namespace {

constexpr int kQuantiles = 64;

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

/// Equally likely lengths: the middles of equal shares.
std::array<double, kQuantiles> Quantiles(const LogNormalLength& length) {
  static const std::array<double, kQuantiles> kNormal = [] {
    std::array<double, kQuantiles> z{};
    for (size_t i = 0; i < z.size(); ++i) {
      z[i] = NormalQuantile((static_cast<double>(i) + 0.5) / kQuantiles);
    }
    return z;
  }();
  std::array<double, kQuantiles> lengths{};
  for (size_t i = 0; i < lengths.size(); ++i) {
    lengths[i] =
        std::min(length.limit, std::exp(length.log_mean + length.log_deviation * kNormal[i]));
  }
  return lengths;
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
  Cost sum;
  for (const double tokens : Quantiles(length_)) {
    sum += model_.Of(prompt_tokens_, tokens, samples);
  }
  return 1.0 / kQuantiles * sum;
}

}  // namespace kinetics
