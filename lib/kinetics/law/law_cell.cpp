#include "kinetics/law/law_cell.h"

#include <algorithm>
#include <cmath>

#include "kinetics/core/normal.h"

namespace kinetics {
namespace {

/// log of a (a + 1) ... (a + m - 1), and its derivatives by a.
struct RisingTerms {
  double value = 0;
  double first = 0;
  double second = 0;
  double third = 0;
};

/// Of the first three derivatives of log-gamma at x above 32, what is not a logarithm or a power of
/// x, and of log-gamma: terms left out are below 1e-16.
RisingTerms StirlingTail(double x) {
  const double inverse = 1 / x;
  const double square = inverse * inverse;
  return {
      .value = inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680))),
      .first = -0.5 * inverse -
               square * (1.0 / 12 - square * (1.0 / 120 - square * (1.0 / 252 - square / 240))),
      .second =
          inverse + 0.5 * square +
          inverse * square * (1.0 / 6 - square * (1.0 / 30 - square * (1.0 / 42 - square / 30))),
      .third = -square - inverse * square -
               square * square * (0.5 - square * (1.0 / 6 - square * (1.0 / 6 - square * 0.3)))};
}

/// For a above 32: the difference of Stirling's series at a + m and at a, without the cancellation
/// that large a would bring.
RisingTerms LargeRisingFactorial(double a, double m) {
  const RisingTerms high = StirlingTail(a + m);
  const RisingTerms low = StirlingTail(a);
  const double log_ratio = std::log1p(m / a);
  return {.value = m * (std::log(a + m) - 1) + (a - 0.5) * log_ratio + high.value - low.value,
          .first = log_ratio + high.first - low.first,
          .second = high.second - low.second,
          .third = high.third - low.third};
}

RisingTerms LogRisingFactorial(double a, int64_t m) {
  constexpr int64_t kDirect = 32;
  RisingTerms result;
  const int64_t direct = std::min(m, kDirect);
  double product = 1;
  for (int64_t i = 0; i < direct; ++i) {
    const double factor = a + static_cast<double>(i);
    const double inverse = 1 / factor;
    product *= factor;
    result.first += inverse;
    result.second -= inverse * inverse;
    result.third += 2 * inverse * inverse * inverse;
    if (product > 1e200 || product < 1e-200) {  // one logarithm for many factors
      result.value += std::log(product);
      product = 1;
    }
  }
  result.value += std::log(product);
  if (m > direct) {
    const RisingTerms rest =
        LargeRisingFactorial(a + static_cast<double>(direct), static_cast<double>(m - direct));
    result.value += rest.value;
    result.first += rest.first;
    result.second += rest.second;
    result.third += rest.third;
  }
  return result;
}

/// Third derivatives of f(p k) by the logits of p and by ln k, where f is `rising`. `by_logit`:
/// p k and its derivatives by the logit; each is its own derivative by ln k.
Eigen::Vector4d ThirdOf(const RisingTerms& rising, const Eigen::Vector4d& by_logit) {
  const double a = by_logit[0];
  const double b = by_logit[1];
  const double c = by_logit[2];
  const double d = by_logit[3];
  return rising.third * Eigen::Vector4d(b * b * b, b * b * a, b * a * a, a * a * a) +
         rising.second * Eigen::Vector4d(3 * b * c, a * c + 2 * b * b, 3 * a * b, 3 * a * a) +
         rising.first * Eigen::Vector4d(d, c, b, a);
}

/// max(x, least) with a rounded corner, and its derivatives.
struct Bounded {
  double value = 0;
  double first = 1;
  double second = 0;
  double third = 0;
};

Bounded BoundLogDeviation(double x, double least) {
  constexpr double kSharpness = 8;
  const double u = kSharpness * (x - least);
  if (u > 40) {
    return {.value = x};  // to the last digit
  }
  const double slope = 1 / (1 + std::exp(-u));
  const double softplus = std::max(u, 0.0) + std::log1p(std::exp(-std::abs(u)));
  return {.value = least + softplus / kSharpness,
          .first = slope,
          .second = kSharpness * slope * (1 - slope),
          .third = kSharpness * kSharpness * slope * (1 - slope) * (1 - 2 * slope)};
}

/// The hazard of the standard normal distribution, density over upper tail, less z.
double HazardExcess(double z) {
  constexpr double kFar = 30;
  if (z < kFar) {
    return std::exp(LogNormalDensity(z) - LogNormalTail(z)) - z;
  }
  const double square = 1 / (z * z);  // the difference would cancel
  return (1 - square * (2 - square * (10 - square * (74 - square * 706)))) / z;
}

}  // namespace

CellLoss BetaBinomialLoss(int64_t n, int64_t c, double logit, double log_concentration) {
  // Beyond this, where squares of chances would underflow, the loss goes on as a straight line.
  constexpr double kLargestLogit = 300;
  const double bounded = std::clamp(logit, -kLargestLogit, kLargestLogit);
  const double odds_against = std::exp(-bounded);
  const double p = 1 / (1 + odds_against);
  const double q = odds_against / (1 + odds_against);
  const double k = std::exp(log_concentration);
  const RisingTerms right = LogRisingFactorial(p * k, c);
  const RisingTerms wrong = LogRisingFactorial(q * k, n - c);
  const RisingTerms all = LogRisingFactorial(k, n);
  const double slope = p * q;
  const double by_p = k * (right.first - wrong.first);
  const double by_k = k * (p * right.first + q * wrong.first - all.first);
  CellLoss loss;
  loss.value = all.value - right.value - wrong.value;
  loss.gradient = {-slope * by_p, -by_k};
  loss.value += (logit - bounded) * loss.gradient[0];
  const double cross = slope * (by_p + k * k * (p * right.second - q * wrong.second));
  loss.hessian(0, 0) =
      -slope * (1 - 2 * p) * by_p - slope * slope * k * k * (right.second + wrong.second);
  loss.hessian(0, 1) = loss.hessian(1, 0) = -cross;
  loss.hessian(1, 1) = -by_k - k * k * (p * p * right.second + q * q * wrong.second - all.second);
  const Eigen::Vector3d slopes = k * slope * Eigen::Vector3d(1, 1 - 2 * p, 1 - 6 * slope);
  loss.third = ThirdOf(all, {k, 0, 0, 0}) -
               ThirdOf(right, {p * k, slopes[0], slopes[1], slopes[2]}) -
               ThirdOf(wrong, {q * k, -slopes[0], -slopes[1], -slopes[2]});
  return loss;
}

CellLoss CensoredNormalLoss(const LengthStatistics& lengths, double mean, double log_deviation) {
  const bool is_one = lengths.finished + lengths.cut_off == 1;
  const Bounded bounded =
      BoundLogDeviation(log_deviation, is_one ? kLeastLogDeviationOfOne : kLeastLogDeviation);
  const double precision = std::exp(-bounded.value);
  CellLoss loss;
  if (lengths.finished > 0) {
    const double shift = precision * (lengths.mean - mean);
    const double squares =
        lengths.finished * (precision * precision * lengths.variance + shift * shift);
    const double linear = lengths.finished * precision * shift;
    loss.value += lengths.finished * bounded.value + squares / 2;
    loss.gradient += Eigen::Vector2d(-linear, lengths.finished - squares);
    loss.hessian(0, 0) += lengths.finished * precision * precision;
    loss.hessian(0, 1) += 2 * linear;
    loss.hessian(1, 1) += 2 * squares;
    loss.third += Eigen::Vector4d(0, -2 * lengths.finished * precision * precision, -4 * linear,
                                  -4 * squares);
  }
  if (lengths.cut_off > 0) {
    const double z = precision * (lengths.log_limit - mean);
    const double excess = HazardExcess(z);
    const double hazard = z + excess;
    const double slope = hazard * excess;
    loss.value -= lengths.cut_off * LogNormalTail(z);
    loss.gradient -= lengths.cut_off * hazard * Eigen::Vector2d(precision, z);
    loss.hessian(0, 0) += lengths.cut_off * slope * precision * precision;
    loss.hessian(0, 1) += lengths.cut_off * precision * (z * slope + hazard);
    loss.hessian(1, 1) += lengths.cut_off * z * (z * slope + hazard);
    const double curvature = slope * excess + hazard * (slope - 1);
    const double mixed = hazard + z * (3 * slope + z * curvature);
    loss.third -=
        lengths.cut_off * Eigen::Vector4d(precision * precision * precision * curvature,
                                          precision * precision * (2 * slope + z * curvature),
                                          precision * mixed, z * mixed);
  }
  loss.third[3] = bounded.first * (bounded.first * bounded.first * loss.third[3] +
                                   3 * bounded.second * loss.hessian(1, 1)) +
                  bounded.third * loss.gradient[1];
  loss.third[2] =
      bounded.first * bounded.first * loss.third[2] + bounded.second * loss.hessian(0, 1);
  loss.third[1] *= bounded.first;
  loss.hessian(1, 1) =
      bounded.first * bounded.first * loss.hessian(1, 1) + bounded.second * loss.gradient[1];
  loss.hessian(0, 1) *= bounded.first;
  loss.gradient[1] *= bounded.first;
  loss.hessian(1, 0) = loss.hessian(0, 1);
  return loss;
}

Eigen::Matrix2d PositivePart(const Eigen::Matrix2d& symmetric) {
  const double a = symmetric(0, 0);
  const double b = symmetric(0, 1);
  const double d = symmetric(1, 1);
  const double middle = (a + d) / 2;
  const double radius = std::hypot((a - d) / 2, b);
  if (middle >= radius) {
    return symmetric;
  }
  if (middle + radius <= 0) {
    return Eigen::Matrix2d::Zero();
  }
  // (symmetric - low) / (high - low) projects onto the eigenvector of the positive eigenvalue.
  const Eigen::Matrix2d projection =
      (symmetric - (middle - radius) * Eigen::Matrix2d::Identity()) / (2 * radius);
  return (middle + radius) * projection;
}

}  // namespace kinetics
