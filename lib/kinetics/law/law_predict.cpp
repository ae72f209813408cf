#include "kinetics/law/law_predict.h"

#include <algorithm>
#include <cmath>

#include "kinetics/core/normal.h"

namespace kinetics {
namespace {

// Closer to 0 or 1 no quantile is taken: nothing depends on it.
constexpr double kLeastChance = 1e-13;

}  // namespace

double ChanceOf(const CellMeans& means) { return 1 / (1 + std::exp(-means.logit)); }

RightLengths LengthsOfRightTrials(double chance, const CellMeans& means, double correlation) {
  const double deviation = std::exp(means.log_deviation);
  const double p = std::clamp(chance, kLeastChance, 1 - kLeastChance);
  const double t = NormalQuantile(p);
  const double h = std::exp(LogNormalDensity(t)) / p;
  const double variance = 1 - correlation * correlation * h * (h + t);
  return {.log_mean = means.log_length - correlation * deviation * h,
          .log_deviation = deviation * std::sqrt(std::max(variance, 1e-6))};
}

double ChanceWithin(double chance, const CellMeans& means, double correlation,
                    std::optional<double> limit, std::optional<double> generation_tokens) {
  if (!generation_tokens || (limit && *generation_tokens == *limit)) {
    return chance;
  }
  const RightLengths lengths = LengthsOfRightTrials(chance, means, correlation);
  const auto within = [&lengths](double tokens) {
    return NormalDistribution((std::log(tokens) - lengths.log_mean) / lengths.log_deviation);
  };
  const double of_all = limit ? within(*limit) : 1;
  const double share = within(*generation_tokens) / std::max(of_all, kLeastChance);
  return std::min(chance * share, 1.0);
}

void LawCoverage(double chance, double concentration, std::span<const int64_t> samples,
                 std::span<double> coverage) {
  double failure = 1;
  double drawn = 0;
  const double wrong = (1 - chance) * concentration;
  size_t next = 0;
  while (next < samples.size()) {
    while (next < samples.size() && static_cast<double>(samples[next]) == drawn) {
      coverage[next++] = 1 - failure;
    }
    failure *= (wrong + drawn) / (concentration + drawn);
    drawn += 1;
  }
}

}  // namespace kinetics
