#pragma once

#include <optional>
#include <span>

#include "kinetics/cost/log_normal.h"
#include "kinetics/law/law_objective.h"

namespace kinetics {

/// 1 / (1 + exp(-logit)).
double ChanceOf(const CellMeans& means);

/// How trials' lengths and being right hang together: right trials are the ones whose quality, a
/// standard normal number correlated with the log length by -`correlation`, passes a threshold.
/// With p = P(right), t = Phi^-1(p) and h = phi(t) / p, their log lengths have mean
/// m - correlation s h and variance s^2 (1 - correlation^2 h (h + t)); they are taken as normal.
struct RightLengths {
  double log_mean = 0;
  double log_deviation = 0;
};
RightLengths LengthsOfRightTrials(double chance, const CellMeans& means, double correlation);

/// The chance that a trial is right and no longer than G tokens,
///
///   p F(G) / F(limit),
///
/// F the distribution of the lengths of right trials: none that was cut off at the limit that the
/// records ran under was right. G above that limit extrapolates; at most 1. What does not depend on
/// G is computed once.
class ChanceWithin {
 public:
  /// `limit`: of the records; none: F(limit) = 1.
  ChanceWithin(double chance, const CellMeans& means, double correlation,
               std::optional<double> limit);

  /// At G = `generation_tokens`; without: the chance itself.
  double At(std::optional<double> generation_tokens) const;

 private:
  double Below(double tokens) const;

  double chance_;
  std::optional<double> limit_;
  RightLengths lengths_;
  double scale_;  // chance / F(limit)
};

/// E[1 - (1 - P)^k] for P ~ Beta(p K, (1 - p) K), at each of ascending `samples`: coverage under a
/// law. O(1) a number of samples, and without transcendental functions up to 64.
void LawCoverage(double chance, double concentration, std::span<const int64_t> samples,
                 std::span<double> coverage);

}  // namespace kinetics
