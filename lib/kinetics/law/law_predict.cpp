#include "kinetics/law/law_predict.h"

#include <algorithm>
#include <cmath>

#include "kinetics/core/normal.h"
#include "kinetics/law/gamma.h"

namespace kinetics {
namespace {

// Closer to 0 or 1 no quantile is taken: nothing depends on it.
constexpr double kLeastChance = 1e-13;

}  // namespace

double ChanceOf(const CellMeans& means) { return 1 / (1 + std::exp(-means.logit)); }

RightLengths LengthsOfRightTrials(double chance, const CellMeans& means, double correlation) {
  const double deviation = std::exp(means.log_deviation);
  if (correlation == 0) {
    return {.log_mean = means.log_length, .log_deviation = deviation};
  }
  const double p = std::clamp(chance, kLeastChance, 1 - kLeastChance);
  const double t = NormalQuantile(p);
  const double h = std::exp(LogNormalDensity(t)) / p;
  const double variance = 1 - correlation * correlation * h * (h + t);
  return {.log_mean = means.log_length - correlation * deviation * h,
          .log_deviation = deviation * std::sqrt(std::max(variance, 1e-6))};
}

ChanceWithin::ChanceWithin(double chance, const CellMeans& means, double correlation,
                           std::optional<double> limit)
    : chance_(chance),
      limit_(limit),
      lengths_(LengthsOfRightTrials(chance, means, correlation)),
      scale_(limit ? chance / std::max(Below(*limit), kLeastChance) : chance) {}

double ChanceWithin::Below(double tokens) const {
  return NormalDistribution((std::log(tokens) - lengths_.log_mean) / lengths_.log_deviation);
}

double ChanceWithin::At(std::optional<double> generation_tokens) const {
  if (!generation_tokens || generation_tokens == limit_) {
    return chance_;
  }
  return std::min(scale_ * Below(*generation_tokens), 1.0);
}

void LawCoverage(double chance, double concentration, std::span<const int64_t> samples,
                 std::span<double> coverage) {
  constexpr int64_t kDirect = 64;
  double failure = 1;  // of `drawn` samples
  int64_t drawn = 0;
  const double wrong = (1 - chance) * concentration;
  for (size_t i = 0; i < samples.size(); ++i) {
    for (; drawn < std::min(samples[i], kDirect); ++drawn) {
      const auto before = static_cast<double>(drawn);
      failure *= (wrong + before) / (concentration + before);
    }
    double rest = 1;
    if (samples[i] > kDirect) {
      const auto direct = static_cast<double>(kDirect);
      const int64_t count = samples[i] - kDirect;
      rest = std::exp(LogRising(wrong + direct, count).value -
                      LogRising(concentration + direct, count).value);
    }
    coverage[i] = 1 - failure * rest;
  }
}

}  // namespace kinetics
