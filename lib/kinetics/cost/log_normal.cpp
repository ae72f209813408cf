#include "kinetics/cost/log_normal.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kinetics/core/normal.h"

namespace kinetics {
namespace {

/// The tail of the standard normal distribution above t, over its density at t; t of 30 or more.
double FarMillsRatio(double t) {
  const double square = 1 / (t * t);
  return (1 - square * (1 - square * (3 - 15 * square))) / t;
}

/// E[L^j; L < x] for j = 0, 1, 2.
std::array<double, 3> PartialMoments(const LogNormalLength& length, double x) {
  // Below it the exponential is finite. Above, it would meet a probability that is rounded to 0.
  constexpr double kMostExponent = 700;
  constexpr double kFar = 30;
  const double s = length.log_deviation;
  const double log_x = std::log(x);
  const double z = (log_x - length.log_mean) / s;
  std::array<double, 3> moments{};
  for (size_t j = 0; j < moments.size(); ++j) {
    const auto power = static_cast<double>(j);
    const double exponent = power * length.log_mean + power * power * s * s / 2;
    const double t = power * s - z;
    if (exponent < kMostExponent || t < kFar) {
      moments[j] = std::exp(exponent) * NormalDistribution(-t);
    } else {
      // exponent - t^2 / 2 = j ln x - z^2 / 2
      moments[j] = std::exp(power * log_x + LogNormalDensity(z)) * FarMillsRatio(t);
    }
  }
  return moments;
}

void Add(DecodeMoments& sum, const DecodePolynomial& polynomial,
         const std::array<double, 3>& moments) {
  sum += moments[2] * polynomial.square;
  sum += moments[1] * polynomial.linear;
  sum += moments[0] * polynomial.constant;
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

// By the trapezoidal rule over z = (ln x - m) / s, from where F is 0: below, all of x counts.
std::vector<double> LogNormalLength::MeanLongest(std::span<const int64_t> samples) const {
  constexpr int kSteps = 256;
  constexpr double kReach = 8;
  const double s = log_deviation;
  const double low = -kReach;
  const double high = std::min((std::log(limit) - log_mean) / s, kReach + 2 * s);
  if (high <= low) {
    return std::vector<double>(samples.size(), limit);
  }
  const double step = (high - low) / kSteps;
  std::vector<double> longest(samples.size(), std::exp(log_mean + s * low));
  for (int i = 0; i <= kSteps; ++i) {
    const double z = low + step * i;
    const double weight = (i == 0 || i == kSteps ? 0.5 : 1) * step * s * std::exp(log_mean + s * z);
    const double shorter = NormalDistribution(z);
    double power = 1;
    int64_t reached = 0;
    for (size_t k = 0; k < samples.size(); ++k) {
      power *= samples[k] == reached + 1
                   ? shorter
                   : std::pow(shorter, static_cast<double>(samples[k] - reached));
      reached = samples[k];
      longest[k] += weight * (1 - power);
    }
  }
  return longest;
}

DecodeMoments ExpectedMoments(std::span<const DecodeRegime> regimes,
                              const LogNormalLength& length) {
  const double limit = length.limit;
  const double cut = length.CutOff();
  std::array<double, 3> before{};
  DecodeMoments sum;
  for (const DecodeRegime& regime : regimes) {
    const bool is_last = limit <= regime.end;
    const std::array<double, 3> until = PartialMoments(length, is_last ? limit : regime.end);
    Add(sum, regime.polynomial, {until[0] - before[0], until[1] - before[1], until[2] - before[2]});
    before = until;
    if (is_last && cut > 0) {
      Add(sum, regime.polynomial, {cut, cut * limit, cut * limit * limit});
    }
    if (is_last) {
      break;
    }
  }
  return sum;
}

ExpectedLawCost::ExpectedLawCost(const CostModel& model, double prompt_tokens,
                                 const LogNormalLength& length)
    : model_(model), prompt_tokens_(prompt_tokens), mean_(model.PrefillWork(prompt_tokens)) {
  mean_.moments = ExpectedMoments(model.Regimes(prompt_tokens), length);
  const CalibratedTime* time = model.GetCalibratedTime();
  if (model.IsLinear() && time == nullptr) {
    return;
  }
  PlaceNodes(length);
  if (time != nullptr) {
    for (const Node& node : nodes_) {
      mean_.time += node.weight * time->Of(prompt_tokens, node.tokens);
    }
    return;
  }
  for (Node& node : nodes_) {
    const DecodeMoments moments = model.Moments(prompt_tokens, node.tokens);
    const CostTerms one = model.TermsOf(moments, 1);
    const Roofline& roofline = model.GetRoofline();
    node.compute = (TotalFlops(one) / roofline.peak).value;
    node.shared = (TotalBytes(model.TermsOf(moments, 0)) / roofline.bandwidth).value;
    node.memory = (TotalBytes(one) / roofline.bandwidth).value - node.shared;
  }
}

// The trapezoidal rule over the logarithm of L below the limit, five deviations either side and
// above that where second moments lie; and the limit itself.
void ExpectedLawCost::PlaceNodes(const LogNormalLength& length) {
  constexpr int kLengths = 64;
  constexpr double kReach = 5;
  const double s = length.log_deviation;
  const double low = -kReach;
  const double high = std::min(kReach + 2 * s, (std::log(length.limit) - length.log_mean) / s);
  double weights = 0;
  nodes_.reserve(kLengths + 1);
  for (int i = 0; i < kLengths && low < high; ++i) {
    const double z = low + (high - low) * i / (kLengths - 1);
    const bool is_end = i == 0 || i == kLengths - 1;
    const double weight = std::exp(-0.5 * z * z) * (is_end ? 0.5 : 1);
    nodes_.push_back({.weight = weight, .tokens = std::exp(length.log_mean + s * z)});
    weights += weight;
  }
  const double below = nodes_.empty() ? 0 : 1 - length.CutOff();
  for (Node& node : nodes_) {
    node.weight *= below / weights;
  }
  if (below < 1 && !std::isinf(length.limit)) {
    nodes_.push_back({.weight = 1 - below, .tokens = length.limit});
  }
}

Cost ExpectedLawCost::RoundedAt(double samples) const {
  Cost sum;
  for (const Node& node : nodes_) {
    sum += node.weight * model_.DecodeCost(prompt_tokens_, node.tokens, samples);
  }
  sum += model_.PrefillCost(prompt_tokens_);
  return sum;
}

Cost ExpectedLawCost::At(double samples) const {
  if (model_.RoundsSearch()) {
    return RoundedAt(samples);
  }
  Cost cost = model_.CostOf(mean_, samples);
  if (!model_.IsLinear()) {
    double seconds = 0;
    for (const Node& node : nodes_) {
      seconds +=
          node.weight * std::max(node.compute * samples, node.memory * samples + node.shared);
    }
    cost.seconds = Seconds{seconds} + model_.SecondsBeside(cost.terms);
    cost.eflops = cost.seconds * model_.GetRoofline().peak;
  }
  return cost;
}

}  // namespace kinetics
