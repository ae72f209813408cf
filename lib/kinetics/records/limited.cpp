#include "kinetics/records/limited.h"

#include <algorithm>

namespace kinetics {

LimitedTrials ApplyLimit(const TrialList& list, std::optional<int64_t> limit) {
  LimitedTrials result;
  result.lengths.reserve(list.tokens.size());
  int64_t longer = 0;
  int64_t right_within = 0;
  int64_t right_unknown = 0;
  for (size_t i = 0; i < list.tokens.size(); ++i) {
    const int64_t tokens = list.tokens[i];
    const bool right = !list.correct.empty() && list.correct[i] != 0;
    if (tokens == 0) {
      ++result.unreported;
      right_unknown += right ? 1 : 0;
      continue;
    }
    const bool is_longer = limit && tokens > *limit;
    longer += is_longer ? 1 : 0;
    right_within += right && !is_longer ? 1 : 0;
    result.lengths.push_back(static_cast<double>(is_longer ? *limit : tokens));
    if (!list.correct.empty()) {
      result.right.push_back(right && !is_longer ? 1 : 0);
    }
  }
  if (!limit) {
    result.solved_at_least = result.solved_at_most = list.solved;
    result.unreported_right = right_unknown;
  } else if (!list.correct.empty()) {
    result.solved_at_least = right_within;
    result.solved_at_most = right_within + right_unknown;
  } else {
    const auto trials = static_cast<int64_t>(list.tokens.size());
    result.solved_at_least = std::max<int64_t>(0, list.solved - longer - result.unreported);
    result.solved_at_most = std::min(list.solved, trials - longer);
  }
  return result;
}

std::optional<LimitedAccuracy> AccuracyWithin(const Run& run, int64_t limit, ErrorPolicy policy) {
  LimitedAccuracy sum;
  double questions = 0;
  for (const TrialList& list : run.trials) {
    const auto attempts = static_cast<double>(Attempts(list, policy));
    if (attempts == 0) {
      continue;
    }
    const LimitedTrials trials = ApplyLimit(list, limit);
    sum.lower += static_cast<double>(trials.solved_at_least) / attempts;
    sum.upper += static_cast<double>(trials.solved_at_most) / attempts;
    ++questions;
  }
  if (questions == 0) {
    return std::nullopt;
  }
  return LimitedAccuracy{.lower = sum.lower / questions, .upper = sum.upper / questions};
}

}  // namespace kinetics
