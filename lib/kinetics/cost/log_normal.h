#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kinetics/cost/cost.h"

namespace kinetics {

/// Generated tokens L with log L normal, cut at a limit: min(L, limit).
struct LogNormalLength {
  double log_mean = 0;
  double log_deviation = 0;  ///< Above 0.
  double limit = std::numeric_limits<double>::infinity();

  /// E[min(L, limit)].
  double Mean() const;
  /// The share of generations that the limit cuts.
  double CutOff() const;
  /// E of the longest of N independent ones, for each of `samples` (ascending, at least 1): the
  /// integral of 1 - F^N from 0 to the limit, by quadrature, to about 1e-4.
  std::vector<double> MeanLongest(std::span<const int64_t> samples) const;
};

/// E of the moments of min(L, limit): S is a polynomial of L on either side of a boundary, so that
/// partial moments of the log-normal distribution give it in closed form,
///
///   E[L^j; L < x] = exp(j m + j^2 s^2 / 2) Phi((ln x - m) / s - j s).
DecodeMoments ExpectedMoments(std::span<const DecodeRegime> regimes, const LogNormalLength& length);

/// E[cost(min(L, limit))] of a question answered with N samples, as a function of N: never the cost
/// of the mean length. In closed form where time follows from moments, else (Rule::kMax, the
/// published block search, Rule::kCalibrated) by quadrature over 64 lengths, to about 0.3 %.
class ExpectedLawCost {
 public:
  /// `model` must outlive this object. Lengths are evaluated here, once for all N.
  ExpectedLawCost(const CostModel& model, double prompt_tokens, const LogNormalLength& length);

  Cost At(double samples) const;

  /// E of the work of min(L, limit) tokens.
  const SampleWork& Work() const { return mean_; }

 private:
  /// A length of the quadrature. Under perfect overlap N samples of it take
  /// max(compute N, memory N + shared) seconds.
  struct Node {
    double weight = 0;
    double tokens = 0;
    double compute = 0;
    double memory = 0;
    double shared = 0;
  };
  void PlaceNodes(const LogNormalLength& length);
  Cost RoundedAt(double samples) const;

  const CostModel& model_;
  double prompt_tokens_;
  SampleWork mean_;
  std::vector<Node> nodes_;  // none in closed form; their weights sum to 1
};

}  // namespace kinetics
