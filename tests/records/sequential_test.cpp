#include "kinetics/records/sequential.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "kinetics/core/random.h"
#include "kinetics/records/coverage.h"
#include "tests/test.h"

namespace kinetics {
namespace {

/// The mean of `value` over all orders of n attempts, by number.
double MeanOverOrders(size_t n, const std::function<double(const std::vector<size_t>&)>& value) {
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  double sum = 0;
  double orders = 0;
  do {
    sum += value(order);
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  return sum / orders;
}

TEST_CASE("sequential draws are those of every order of the attempts", "[sequential]") {
  constexpr int64_t kAttempts = 6;
  for (int64_t c = 0; c <= kAttempts; ++c) {
    const auto drawn = SequentialDraws(kAttempts, c, kAttempts);
    for (int64_t samples = 1; samples <= kAttempts; ++samples) {
      const auto wrong_before = [&](const std::vector<size_t>& order) {
        const auto end = order.begin() + samples;
        const auto is_right = [c](size_t i) { return static_cast<int64_t>(i) < c; };
        return static_cast<double>(std::find_if(order.begin(), end, is_right) - order.begin());
      };
      const DrawnAttempts& at = drawn[static_cast<size_t>(samples - 1)];
      CHECK(at.wrong == Approx(MeanOverOrders(kAttempts, wrong_before)).margin(1e-14));
      CHECK(at.right == Approx(Coverage(kAttempts, c, samples)).margin(1e-15));
    }
  }
}

TEST_CASE("without a limit on samples the wrong ones before the first right are (n - c) / (c + 1)",
          "[sequential]") {
  // The mean of a negative hypergeometric variable.
  for (const auto& [n, c] : {std::pair<int64_t, int64_t>{32, 1}, {32, 7}, {1000, 3}, {5, 5}}) {
    const DrawnAttempts drawn = SequentialDraws(n, c, n).back();
    CHECK(drawn.wrong ==
          Approx(static_cast<double>(n - c) / static_cast<double>(c + 1)).epsilon(1e-12));
    CHECK(drawn.right == 1);
  }
  CHECK(SequentialDraws(8, 0, 5).back().Total() == 5);
}

/// Tokens of the attempts of a list: a trial of unreported length has the mean, an error none.
std::vector<double> LengthsOf(const TrialList& list, int64_t limit) {
  double sum = 0;
  double reported = 0;
  for (const int64_t tokens : list.tokens) {
    sum += static_cast<double>(std::min(tokens, limit));
    reported += tokens > 0 ? 1 : 0;
  }
  std::vector<double> lengths;
  for (const int64_t tokens : list.tokens) {
    lengths.push_back(tokens > 0 ? static_cast<double>(std::min(tokens, limit)) : sum / reported);
  }
  lengths.resize(lengths.size() + static_cast<size_t>(list.errors));
  return lengths;
}

const TrialList kMixedTrials = {.question = 0,
                                .tokens = {100, 700, 0, 400, 50},
                                .solved = 3,
                                .correct = {1, 0, 1, 1, 0},
                                .errors = 2};

TEST_CASE("tokens in sequence are those of every order, right and wrong trials apart",
          "[sequential]") {
  for (const int64_t limit : {10'000, 300}) {
    const std::vector<double> lengths = LengthsOf(kMixedTrials, limit);
    for (int64_t samples = 1; samples <= 7; ++samples) {
      const auto until_right = [&](const std::vector<size_t>& order) {
        double sum = 0;
        for (int64_t i = 0; i < samples; ++i) {
          const size_t attempt = order[static_cast<size_t>(i)];
          sum += lengths[attempt];
          // Under the limit of 300 the trial of 400 is cut, and that of unknown length may be.
          const bool stops = attempt == 0 || (limit > 300 && (attempt == 2 || attempt == 3));
          if (stops) {
            break;
          }
        }
        return sum;
      };
      const std::optional<int64_t> cut = limit == 300 ? std::optional<int64_t>(300) : std::nullopt;
      CHECK(ExpectedSequentialTokens(kMixedTrials, cut, ErrorPolicy::kWrong, samples) ==
            Approx(MeanOverOrders(7, until_right)).epsilon(1e-13));
    }
  }
}

TEST_CASE("where only the number solved is known every attempt has the mean tokens",
          "[sequential]") {
  const TrialList list = {.question = 0, .tokens = {10, 20, 60}, .solved = 1};
  // Drawn: 1 + 2/3 of 3, of 30 tokens each.
  CHECK(ExpectedSequentialTokens(list, {}, ErrorPolicy::kWrong, 2) == Approx(50));
}

TEST_CASE("the longest of some attempts is that of every order", "[sequential]") {
  const std::vector<double> lengths = LengthsOf(kMixedTrials, 10'000);
  for (int64_t samples = 1; samples <= 7; ++samples) {
    const auto longest = [&](const std::vector<size_t>& order) {
      double most = 0;
      for (int64_t i = 0; i < samples; ++i) {
        most = std::max(most, lengths[order[static_cast<size_t>(i)]]);
      }
      return most;
    };
    CHECK(ExpectedLongestTokens(kMixedTrials, {}, ErrorPolicy::kWrong, samples) ==
          Approx(MeanOverOrders(7, longest)).epsilon(1e-13));
  }
}

TEST_CASE("the largest of N of 1..n is N (n + 1) / (N + 1) in the mean", "[sequential]") {
  // The expected maximum of a sample without replacement (the German tank problem).
  std::vector<double> values(1000);
  std::iota(values.begin(), values.end(), 1.0);
  const std::vector<double> largest = ExpectedLargest(values, 1000);
  for (const int64_t samples : {1, 2, 10, 999, 1000}) {
    CHECK(largest[static_cast<size_t>(samples - 1)] ==
          Approx(static_cast<double>(samples) * 1001 / static_cast<double>(samples + 1))
              .epsilon(1e-12));
  }
}

TEST_CASE("a sequence is as long as one sample at first, and never longer than all of them",
          "[sequential][property]") {
  SplitMix64 random(3);
  for (int round = 0; round < 200; ++round) {
    TrialList list = {.question = 0, .errors = random.Below(3)};
    for (uint32_t i = 0; i < 8; ++i) {
      list.tokens.push_back(random.Below(4) == 0 && i > 0 ? 0 : 1 + random.Below(1000));
      list.correct.push_back(static_cast<uint8_t>(random.Below(2)));
      list.solved += list.correct.back();
    }
    const std::vector<double> lengths = LengthsOf(list, 10'000);
    const double mean =
        std::accumulate(lengths.begin(), lengths.end(), 0.0) / static_cast<double>(lengths.size());
    for (int64_t samples = 1; samples <= 8; ++samples) {
      const double tokens = ExpectedSequentialTokens(list, {}, ErrorPolicy::kWrong, samples);
      CHECK(tokens <= static_cast<double>(samples) * mean * (1 + 1e-13));
      if (samples == 1) {
        CHECK(tokens == Approx(mean).epsilon(1e-13));
      }
    }
  }
}

}  // namespace
}  // namespace kinetics
