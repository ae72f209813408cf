#include "kinetics/records/majority.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "kinetics/core/random.h"
#include "tests/test.h"

namespace kinetics {
namespace {

/// The chance that the plurality is right, over all subsets of `samples` of the attempts; each has
/// the number of its answer, -1 for none.
double ByEnumeration(const std::vector<int>& attempts, const std::vector<bool>& right,
                     int64_t samples) {
  double sum = 0;
  double subsets = 0;
  for (uint32_t subset = 0; subset < (1U << attempts.size()); ++subset) {
    if (std::popcount(subset) != samples) {
      continue;
    }
    std::vector<int> votes(right.size());
    int most = 0;
    for (size_t i = 0; i < attempts.size(); ++i) {
      if ((subset >> i & 1U) != 0 && attempts[i] >= 0) {
        most = std::max(most, ++votes[static_cast<size_t>(attempts[i])]);
      }
    }
    double winners = 0;
    double right_winners = 0;
    for (size_t a = 0; a < votes.size(); ++a) {
      winners += most > 0 && votes[a] == most ? 1 : 0;
      right_winners += most > 0 && votes[a] == most && right[a] ? 1 : 0;
    }
    sum += winners > 0 ? right_winners / winners : 0;
    ++subsets;
  }
  return sum / subsets;
}

AnswerVotes VotesOf(const std::vector<int>& attempts, const std::vector<bool>& right) {
  std::map<int, int64_t> counts;
  for (const int answer : attempts) {
    ++counts[answer];
  }
  AnswerVotes votes;
  for (const auto& [answer, count] : counts) {
    if (answer < 0) {
      votes.abstentions = count;
    } else {
      votes.answers.push_back({.votes = count, .right = right[static_cast<size_t>(answer)]});
    }
  }
  return votes;
}

TEST_CASE("a majority is that of all subsets of the attempts", "[majority][property]") {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SplitMix64 random(seed);
    const uint32_t answers = 1 + random.Below(5);
    std::vector<bool> right;
    for (uint32_t a = 0; a < answers; ++a) {
      right.push_back(a == 0 ? seed % 7 != 0 : random.Below(4) == 0);
    }
    std::vector<int> attempts;
    for (uint32_t i = 0; i < 1 + seed % 9; ++i) {
      attempts.push_back(static_cast<int>(random.Below(answers + 1)) - 1);
    }
    const auto n = static_cast<int64_t>(attempts.size());
    const std::vector<double> curve = MajorityCurve(VotesOf(attempts, right), n);
    REQUIRE(curve.size() == attempts.size());
    for (int64_t samples = 1; samples <= n; ++samples) {
      CHECK(curve[static_cast<size_t>(samples - 1)] ==
            Approx(ByEnumeration(attempts, right, samples)).margin(1e-14));
    }
  }
}

TEST_CASE("of one sample a majority is the mean accuracy, of two no better", "[majority]") {
  const AnswerVotes votes = {.answers = {{20, true}, {7, false}, {5, false}}};
  const std::vector<double> curve = MajorityCurve(votes, 32);
  CHECK(curve[0] == Approx(20.0 / 32));
  CHECK(curve[1] == Approx(20.0 / 32));
  CHECK(curve[2] > curve[1]);
  CHECK(curve[31] == 1);
}

TEST_CASE("of all attempts a majority is the most frequent answer of them", "[majority]") {
  CHECK(MajorityCurve({.answers = {{3, true}, {4, false}}}, 7).back() == 0);
  CHECK(MajorityCurve({.answers = {{4, true}, {4, false}, {4, false}}, .abstentions = 5}, 17)
            .back() == Approx(1.0 / 3));
  CHECK(MajorityCurve({.answers = {}, .abstentions = 3}, 3) == std::vector<double>{0, 0, 0});
}

TEST_CASE("of two answers a majority is the tail of a hypergeometric distribution", "[majority]") {
  // 120 right and 80 wrong of 200, eleven drawn: at least six right.
  const double exact = [] {
    double sum = 0;
    for (int k = 6; k <= 11; ++k) {
      double log_ways = 0;
      const auto add = [&log_ways](int n, int m, double sign) {
        log_ways += sign * (std::lgamma(n + 1) - std::lgamma(m + 1) - std::lgamma(n - m + 1));
      };
      add(120, k, 1);
      add(80, 11 - k, 1);
      add(200, 11, -1);
      sum += std::exp(log_ways);
    }
    return sum;
  }();
  const std::vector<double> curve = MajorityCurve({.answers = {{120, true}, {80, false}}}, 11);
  CHECK(curve.back() == Approx(exact).epsilon(1e-11));  // lgamma of 200 has 13 digits
}

TEST_CASE("every answer a different one: a majority is any of them", "[majority]") {
  AnswerVotes votes;
  votes.answers.assign(static_cast<size_t>(kMostVoters), {.votes = 1});
  votes.answers[3].right = true;
  const std::vector<double> curve = MajorityCurve(votes, kMostVoters);
  for (const double accuracy : curve) {
    CHECK(accuracy == Approx(1.0 / static_cast<double>(kMostVoters)));
  }
}

TEST_CASE("votes are counted by the answers as they stand", "[majority]") {
  TrialList list = {.question = 0,
                    .tokens = {10, 20, 30, 40, 50},
                    .solved = 2,
                    .correct = {1, 0, 1, 0, 0},
                    .answers = {"42", "7", "42", "", "7"},
                    .errors = 2};
  const AnswerVotes votes = CountVotes(list, {}, ErrorPolicy::kWrong);
  REQUIRE(votes.answers.size() == 2);
  CHECK(votes.answers[0].votes == 2);
  CHECK(votes.answers[0].right);
  CHECK(votes.answers[1].votes == 2);
  CHECK(votes.abstentions == 3);
  CHECK(CountVotes(list, {}, ErrorPolicy::kSkip).abstentions == 1);
  // Within 20 tokens: one vote each.
  const AnswerVotes limited = CountVotes(list, 20, ErrorPolicy::kSkip);
  CHECK(limited.answers[0].votes == 1);
  CHECK(limited.answers[1].votes == 1);
  CHECK(limited.abstentions == 3);
  list.correct[1] = 1;
  CHECK(test::ErrorOf([&] { CountVotes(list, {}, ErrorPolicy::kWrong); }) ==
        "expected each answer to be marked right or wrong throughout, found both for '7'");
  list.correct = {1, 0, 1, 1, 0};
  CHECK(test::ErrorOf([&] { CountVotes(list, {}, ErrorPolicy::kWrong); }) ==
        "expected an answer where a trial is marked right, found an empty one");
}

}  // namespace
}  // namespace kinetics
