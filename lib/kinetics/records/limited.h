#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kinetics/records/records.h"

namespace kinetics {

/// Trials of one question under a limit on generated tokens.
struct LimitedTrials {
  std::vector<double> lengths;  ///< Of trials with a reported length, cut at the limit.
  /// Of each of them, whether it counts as right; empty where only the number solved is known.
  std::vector<uint8_t> right;
  int64_t unreported = 0;        ///< Trials of unreported length.
  int64_t unreported_right = 0;  ///< Of these, right ones among solved_at_least.
  int64_t solved_at_least = 0;
  int64_t solved_at_most = 0;
};

/// At a limit of G tokens a trial counts when it is right and not longer than G. Where only the
/// number solved is known, c of n with u longer ones, that number lies in [max(0, c - u),
/// min(c, n - u)]; a trial of unreported length may be longer or not. Without a limit nothing is
/// cut.
LimitedTrials ApplyLimit(const TrialList& list, std::optional<int64_t> limit);

/// Lowest and highest pass@1 of `run` at a limit, the mean over questions with attempts; the same
/// where it is known which trials were right. nullopt without any attempt.
struct LimitedAccuracy {
  double lower = 0;
  double upper = 0;
};
std::optional<LimitedAccuracy> AccuracyWithin(const Run& run, int64_t limit, ErrorPolicy policy);

}  // namespace kinetics
