#include "kinetics/records/sequential.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "kinetics/records/coverage.h"

namespace kinetics {

std::vector<DrawnAttempts> SequentialDraws(int64_t n, int64_t c, int64_t max_samples) {
  std::vector<DrawnAttempts> drawn;
  drawn.reserve(static_cast<size_t>(max_samples));
  double wrong = 0;
  for (const double coverage : CoverageCurve(n, c, max_samples)) {
    wrong += 1 - coverage;
    drawn.push_back({.right = coverage, .wrong = wrong});
  }
  return drawn;
}

double ExpectedSequentialTokens(const TrialList& list, std::optional<int64_t> limit,
                                ErrorPolicy errors, int64_t samples) {
  const int64_t attempts = Attempts(list, errors);
  assert(1 <= samples && samples <= attempts);
  const LimitedTrials trials = ApplyLimit(list, limit);
  const auto means = MeansByOutcome<double>(trials, trials.lengths, attempts);
  return ExpectedSum(SequentialDraws(attempts, trials.solved_at_least, samples).back(), means);
}

std::vector<double> ExpectedLargest(std::vector<double> values, int64_t max_samples) {
  const auto n = static_cast<int64_t>(values.size());
  assert(1 <= max_samples && max_samples <= n);
  std::sort(values.begin(), values.end());
  std::vector<double> expected;
  for (int64_t samples = 1; samples <= max_samples; ++samples) {
    // C(i - 1, N - 1) / C(n, N) is N / n at i = n, and (i - N) / (i - 1) of that of i at i - 1.
    double weight = static_cast<double>(samples) / static_cast<double>(n);
    double sum = 0;
    for (int64_t i = n; i >= samples; --i) {
      sum += weight * values[static_cast<size_t>(i - 1)];
      weight *= i == 1 ? 0 : static_cast<double>(i - samples) / static_cast<double>(i - 1);
    }
    expected.push_back(sum);
  }
  return expected;
}

double ExpectedLongestTokens(const TrialList& list, std::optional<int64_t> limit,
                             ErrorPolicy errors, int64_t samples) {
  std::vector<double> lengths = ApplyLimit(list, limit).lengths;
  const double mean = lengths.empty() ? 0
                                      : std::accumulate(lengths.begin(), lengths.end(), 0.0) /
                                            static_cast<double>(lengths.size());
  lengths.resize(list.tokens.size(), mean);
  lengths.resize(static_cast<size_t>(Attempts(list, errors)));
  return ExpectedLargest(std::move(lengths), samples).back();
}

}  // namespace kinetics
