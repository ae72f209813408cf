#include "kinetics/plan/evaluation.h"

#include "kinetics/io/catalogue.h"
#include "tests/test.h"

namespace kinetics {
namespace {

/// One question of one run of Qwen3-0.6B.
Records OneQuestion(const TrialList& list) {
  return {.task = "toy",
          .questions = {{"0", 100}},
          .runs = {{.model = "Qwen3-0.6B", .attention = Attention{}, .trials = {list}}}};
}

Evaluation EvaluateToy(const Records& records, const AllocationGrid& grid,
                       const CostOptions& options = {}) {
  std::vector<PlannedRun> runs;
  for (const Run& run : records.runs) {
    runs.push_back({.run = &run, .model = LoadModel("Qwen3-0.6B")});
  }
  return Evaluate(records, runs, grid, LoadHardware("b200"), options);
}

AllocationGrid GridOf(const std::vector<int64_t>& samples,
                      const std::vector<int64_t>& generation_tokens = {}) {
  AllocationGrid grid;
  grid.samples = {.counts = samples};
  if (!generation_tokens.empty()) {
    grid.generation_tokens = CountList{.counts = generation_tokens};
  }
  return grid;
}

double SecondsOf(double length, double samples) {
  return CostModel(LoadModel("Qwen3-0.6B"), {}, LoadHardware("b200"), {})
      .Of(100, length, samples)
      .seconds.value;
}

TEST_CASE("a limit cuts costs, and counts what is right and short enough", "[evaluation]") {
  const Records records = OneQuestion(
      {.question = 0, .tokens = {10, 20, 30, 40}, .solved = 3, .correct = {1, 0, 1, 1}});
  const Evaluation evaluation = EvaluateToy(records, GridOf({1}, {20, 30}));
  REQUIRE(evaluation.allocations.size() == 2);
  const Allocation& at_20 = evaluation.allocations[0];
  CHECK(at_20.generation_tokens == 20);
  CHECK(at_20.accuracy == 0.25);
  CHECK_FALSE(at_20.accuracy_upper);
  CHECK(at_20.cost.seconds.value ==
        Approx((SecondsOf(10, 1) + 3 * SecondsOf(20, 1)) / 4).epsilon(1e-14));
  CHECK(evaluation.allocations[1].accuracy == 0.5);
}

TEST_CASE("where only the number solved is known a limit gives bounds", "[evaluation]") {
  // 3 of 4 solved, 2 longer than 20: between 1 and 2 were solved within it.
  const Records records = OneQuestion({.question = 0, .tokens = {10, 20, 30, 40}, .solved = 3});
  const Evaluation evaluation = EvaluateToy(records, GridOf({1}, {5, 20, 100}));
  CHECK(evaluation.allocations[0].accuracy == 0);
  CHECK(evaluation.allocations[0].accuracy_upper == 0.0);
  CHECK(evaluation.allocations[1].accuracy == 0.25);
  CHECK(evaluation.allocations[1].accuracy_upper == 0.5);
  CHECK(evaluation.allocations[2].accuracy == 0.75);
  CHECK(evaluation.allocations[2].accuracy_upper == 0.75);
}

TEST_CASE("a trial of unknown length may be longer than a limit or not", "[evaluation]") {
  const Records records =
      OneQuestion({.question = 0, .tokens = {10, 0}, .solved = 2, .correct = {1, 1}});
  const Evaluation limited = EvaluateToy(records, GridOf({1}, {20}));
  CHECK(limited.allocations[0].accuracy == 0.5);
  CHECK(limited.allocations[0].accuracy_upper == 1.0);
  const Evaluation unlimited = EvaluateToy(records, GridOf({1}));
  CHECK(unlimited.allocations[0].accuracy == 1);
  CHECK_FALSE(unlimited.allocations[0].accuracy_upper);
  CHECK(unlimited.allocations[0].cost.seconds.value == Approx(SecondsOf(10, 1)).epsilon(1e-14));
}

TEST_CASE("errors are wrong attempts that cost nothing, or are skipped", "[evaluation]") {
  const Records records = OneQuestion({.question = 0, .tokens = {10}, .solved = 1, .errors = 3});
  const Evaluation wrong = EvaluateToy(records, {});
  CHECK(wrong.allocations.size() == 4);
  CHECK(wrong.allocations[0].accuracy == 0.25);
  CHECK(wrong.allocations[0].cost.seconds.value == Approx(SecondsOf(10, 1) / 4).epsilon(1e-14));
  const Evaluation skip = EvaluateToy(records, {.errors = ErrorPolicy::kSkip});
  CHECK(skip.allocations.size() == 1);
  CHECK(skip.allocations[0].accuracy == 1);
  CHECK(skip.allocations[0].cost.seconds.value == Approx(SecondsOf(10, 1)).epsilon(1e-14));
}

TEST_CASE("a trial of unknown length costs the mean, also beside errors", "[evaluation]") {
  // Of 3 attempts 2 cost something, each what 10 tokens cost.
  const Records records = OneQuestion({.question = 0, .tokens = {10, 0}, .solved = 1, .errors = 1});
  const Evaluation evaluation = EvaluateToy(records, GridOf({1}));
  CHECK(evaluation.allocations[0].cost.seconds.value ==
        Approx(SecondsOf(10, 1) * 2 / 3).epsilon(1e-14));
}

TEST_CASE("a run is left out at more samples than it serves, with a note", "[evaluation]") {
  Records records = OneQuestion({.question = 0, .tokens = {10, 20}, .solved = 1});
  records.runs.push_back(records.runs[0]);
  records.runs[1].variant = "longer";
  records.runs[1].trials[0].tokens = {10, 20, 30, 40};
  const Evaluation evaluation = EvaluateToy(records, GridOf({1, 4}));
  CHECK(evaluation.allocations.size() == 3);
  CHECK(evaluation.notes ==
        std::vector<std::string>{
            "left out where --samples is above the recorded trials: Qwen3-0.6B dense (2)"});
  CHECK(
      test::ErrorOf([&] { EvaluateToy(records, GridOf({8})); }) ==
      "no allocation of task toy can be evaluated; left out where --samples is above the recorded "
      "trials: Qwen3-0.6B dense (2), Qwen3-0.6B dense (longer) (4)");
}

TEST_CASE("a run that lacks a question or lengths is left out, with a note", "[evaluation]") {
  Records records = OneQuestion({.question = 0, .tokens = {10}, .solved = 1});
  records.questions.push_back({"1", 100});
  records.runs.push_back(records.runs[0]);
  records.runs[1].variant = "unreported";
  records.runs[1].trials.push_back({.question = 1, .tokens = {0}});
  records.runs.push_back(records.runs[1]);
  records.runs[2].variant = "whole";
  records.runs[2].trials[1].tokens = {5};
  const Evaluation evaluation = EvaluateToy(records, {});
  REQUIRE(evaluation.notes.size() == 2);
  CHECK(evaluation.notes[0] == "left out, without trials for every question: Qwen3-0.6B dense");
  CHECK(evaluation.notes[1] ==
        "left out, without reported lengths for every question: Qwen3-0.6B dense (unreported)");
  CHECK(evaluation.allocations.size() == 1);
}

TEST_CASE("costs under perfect overlap are means of maxima", "[evaluation]") {
  const Records records = OneQuestion({.question = 0, .tokens = {1, 5000}, .solved = 1});
  const CostOptions overlap = {.rule = Rule::kMax};
  const Evaluation evaluation = EvaluateToy(records, GridOf({2}), overlap);
  const CostModel cost(LoadModel("Qwen3-0.6B"), {}, LoadHardware("b200"), overlap);
  const double expected =
      (cost.Of(100, 1, 2).seconds.value + cost.Of(100, 5000, 2).seconds.value) / 2;
  CHECK(evaluation.allocations[0].cost.seconds.value == Approx(expected).epsilon(1e-14));
}

}  // namespace
}  // namespace kinetics
