#include "kinetics/plan/policy_majority.h"

#include "tests/plan/policy_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using test::PolicySetting;

/// One question: three trials answer right, two agree on something else; and one without a vote.
Records Voting() {
  const TrialList list = {.question = 0,
                          .tokens = {100, 200, 300, 400, 500, 600},
                          .solved = 3,
                          .correct = {1, 1, 1, 0, 0, 0},
                          .answers = {"12", "12", "12", "7", "7", "8"}};
  Records records = {.task = "toy", .questions = {{"a", 100}}};
  records.runs = {{.model = "Qwen3-0.6B", .attention = Attention{}, .trials = {list}},
                  {.model = "Qwen3-8B", .attention = Attention{}, .trials = {list}}};
  records.runs[1].trials[0].answers.clear();
  return records;
}

TEST_CASE("a majority costs as many samples as coverage, and a run without answers has none",
          "[policy][majority]") {
  const Evaluation evaluation =
      PolicySetting(Voting()).Evaluated({Policy::kCoverage, Policy::kMajority});
  REQUIRE(evaluation.allocations.size() == 18);
  for (size_t i = 0; i < 6; ++i) {
    const Allocation& majority = evaluation.allocations[12 + i];
    CHECK(majority.policy == Policy::kMajority);
    CHECK(majority.samples == evaluation.allocations[i].samples);
    CHECK(majority.cost.seconds == evaluation.allocations[i].cost.seconds);
    CHECK(majority.accuracy <= evaluation.allocations[i].accuracy);
  }
  CHECK(evaluation.allocations[12].accuracy == 0.5);
  CHECK(evaluation.allocations[17].accuracy == 1);
  CHECK(evaluation.notes ==
        std::vector<std::string>{"no majority vote, without recorded answers: Qwen3-8B dense"});
}

TEST_CASE("a trial cut at the limit has no vote", "[policy][majority]") {
  AllocationGrid grid;
  grid.generation_tokens = CountList{.counts = {100, 600}};
  const Evaluation evaluation = PolicySetting(Voting(), {}, grid).Evaluated({Policy::kMajority});
  REQUIRE(evaluation.allocations.size() == 12);
  CHECK(evaluation.allocations[5].accuracy == 1);  // the one vote within 100 tokens
  CHECK(evaluation.allocations[0].accuracy == Approx(1.0 / 6));
  CHECK(evaluation.allocations[6].accuracy == 0.5);
}

TEST_CASE("answers that contradict their marks are an error with its place", "[policy][majority]") {
  Records records = Voting();
  records.runs[0].trials[0].correct = {1, 1, 0, 0, 0, 1};
  CHECK(test::ErrorOf([&] { PolicySetting(std::move(records)).Evaluated({Policy::kMajority}); }) ==
        "Qwen3-0.6B dense, question a: expected each answer to be marked right or wrong "
        "throughout, found both for '12'");
}

TEST_CASE("where nothing can vote there is no plan", "[policy][majority]") {
  Records records = Voting();
  records.runs[0].trials[0].correct.clear();
  CHECK(test::ErrorOf([&] { PolicySetting(std::move(records)).Evaluated({Policy::kMajority}); }) ==
        "no allocation of task toy can be evaluated; no majority vote, without recorded answers: "
        "Qwen3-8B dense; no majority vote, without the trials that are correct: Qwen3-0.6B dense");
}

}  // namespace
}  // namespace kinetics
