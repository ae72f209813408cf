#include "kinetics/law/gamma.h"

#include <algorithm>
#include <cmath>

namespace kinetics {
namespace {

/// From here on six terms of the asymptotic series give double precision.
constexpr double kAsymptotic = 12;

/// log Gamma(x) - [(x - 1/2) log x - x + log(2 pi) / 2]; x >= kAsymptotic.
double StirlingCorrection(double x) {
  const double s = 1 / (x * x);
  return (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * (1.0 / 1680 - s * (1.0 / 1188))))) / x;
}

/// log Gamma(x + d) - log Gamma(x) without the cancellation of two large numbers; x >= kAsymptotic,
/// d > -1.
double LogGammaDifference(double x, double d) {
  return (x - 0.5) * std::log1p(d / x) + d * (std::log(x + d) - 1) + StirlingCorrection(x + d) -
         StirlingCorrection(x);
}

double Digamma(double x) {
  double shift = 0;
  while (x < kAsymptotic) {
    shift -= 1 / x;
    x += 1;
  }
  const double s = 1 / (x * x);
  return shift + std::log(x) - 0.5 / x -
         s * (1.0 / 12 - s * (1.0 / 120 - s * (1.0 / 252 - s * (1.0 / 240 - s / 132))));
}

double Trigamma(double x) {
  double shift = 0;
  while (x < kAsymptotic) {
    shift += 1 / (x * x);
    x += 1;
  }
  const double s = 1 / (x * x);
  const double series = 1.0 / 6 - s * (1.0 / 30 - s * (1.0 / 42 - s * (1.0 / 30 - s * (5.0 / 66))));
  return shift + (1 + 0.5 / x + s * series) / x;
}

}  // namespace

double LogGamma(double x) {
  double product = 1;
  while (x < kAsymptotic) {
    product *= x;
    x += 1;
  }
  constexpr double kHalfLogTwoPi = 0.91893853320467274178;
  return (x - 0.5) * std::log(x) - x + kHalfLogTwoPi + StirlingCorrection(x) - std::log(product);
}

Derivatives LogRising(double x, int64_t k) {
  constexpr int64_t kFewTerms = 16;
  if (k <= kFewTerms) {
    Derivatives sum;
    double product = 1;
    for (int64_t i = 0; i < k; ++i) {
      const double inverse = 1 / (x + static_cast<double>(i));
      product *= (x + static_cast<double>(i)) / static_cast<double>(i + 1);
      sum.first += inverse;
      sum.second -= inverse * inverse;
    }
    sum.value = std::log(product);
    return sum;
  }
  const auto count = static_cast<double>(k);
  // Symmetric in x and k + 1: expand about the larger one.
  const double large = std::max(x, count + 1);
  const double small = std::min(x, count + 1);
  return {.value = LogGammaDifference(large, small - 1) - LogGamma(small),
          .first = Digamma(x + count) - Digamma(x),
          .second = Trigamma(x + count) - Trigamma(x)};
}

}  // namespace kinetics
