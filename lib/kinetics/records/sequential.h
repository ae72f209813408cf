#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kinetics/records/limited.h"

namespace kinetics {

/// Expected numbers of attempts.
struct DrawnAttempts {
  double right = 0;
  double wrong = 0;

  double Total() const { return right + wrong; }
};

/// What is drawn of n attempts, c of them right, one after another and without replacement until
/// the first right one, at most N: for N = 1..max_samples. With miss(j) = C(n - c, j) / C(n, j),
/// the chance that j attempts are all wrong,
///
///   right = 1 - miss(N) = pass@N      wrong = sum of miss(j), j = 1..N
///
/// (a wrong j-th attempt is drawn exactly when the first j are all wrong), so that their total is
/// the sum of miss(j), j = 0..N - 1. Needs 0 <= c <= n and max_samples <= n. O(max_samples).
std::vector<DrawnAttempts> SequentialDraws(int64_t n, int64_t c, int64_t max_samples);

/// What a right and a wrong attempt are worth in the mean.
template <typename T>
struct AttemptMeans {
  T right = {};
  T wrong = {};
};

/// Means over the attempts of one question, of which solved_at_least are right. `values` belong to
/// trials.lengths (a trial each: tokens, seconds, costs); a trial of unreported length is worth
/// their mean, and an attempt without an answer nothing. Where it is not known which trials were
/// right, right and wrong ones are worth the same. T adds with += and scales with double *.
template <typename T>
AttemptMeans<T> MeansByOutcome(const LimitedTrials& trials, std::span<const T> values,
                               int64_t attempts) {
  AttemptMeans<T> sums;
  for (size_t i = 0; i < values.size(); ++i) {
    (!trials.right.empty() && trials.right[i] != 0 ? sums.right : sums.wrong) += values[i];
  }
  if (values.empty() || attempts == 0) {
    return {};
  }
  T mean = sums.right;
  mean += sums.wrong;
  mean = 1 / static_cast<double>(values.size()) * mean;
  if (trials.right.empty()) {
    const auto reported = static_cast<double>(values.size());
    const double share =
        (reported + static_cast<double>(trials.unreported)) / static_cast<double>(attempts);
    return {share * mean, share * mean};
  }
  sums.right += static_cast<double>(trials.unreported_right) * mean;
  sums.wrong += static_cast<double>(trials.unreported - trials.unreported_right) * mean;
  const int64_t right = trials.solved_at_least;
  const auto mean_of = [](const T& sum, int64_t count) {
    return count == 0 ? T{} : 1 / static_cast<double>(count) * sum;
  };
  return {mean_of(sums.right, right), mean_of(sums.wrong, attempts - right)};
}

/// The expected sum over what is drawn.
template <typename T>
T ExpectedSum(const DrawnAttempts& drawn, const AttemptMeans<T>& means) {
  T sum = drawn.right * means.right;
  sum += drawn.wrong * means.wrong;
  return sum;
}

/// Tokens that are generated one after another when at most `samples` attempts are drawn until one
/// is right, under a limit. In doubt whether a trial was right within the limit it counts as wrong.
double ExpectedSequentialTokens(const TrialList& list, std::optional<int64_t> limit,
                                ErrorPolicy errors, int64_t samples);

/// The expected largest of N of the n `values`, drawn without replacement; with x(1) <= ... <= x(n)
///
///   E[max] = sum of x(i) C(i - 1, N - 1) / C(n, N), i = N..n
///
/// for N = 1..max_samples, 1 <= max_samples <= n. O(n max_samples).
std::vector<double> ExpectedLargest(std::vector<double> values, int64_t max_samples);

/// Tokens of the longest of `samples` attempts that run side by side: an attempt without an answer
/// has none, a trial of unreported length the mean of the others.
double ExpectedLongestTokens(const TrialList& list, std::optional<int64_t> limit,
                             ErrorPolicy errors, int64_t samples);

}  // namespace kinetics
