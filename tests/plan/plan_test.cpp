#include "kinetics/plan/plan.h"

#include <algorithm>

#include "kinetics/io/catalogue.h"
#include "kinetics/plan/oracle.h"
#include "tests/test.h"

namespace kinetics {
namespace {

Hardware UnitHardware() {
  Hardware hardware = {.name = "toy"};
  hardware.peak_flops[0] = {{FlopsPerSecond{1}, "made up"}};
  hardware.memory_bandwidth = {{BytesPerSecond{1}, "made up"}};
  return hardware;
}

/// A model whose tokens cost `flops` FLOPs each under the rule "parameters".
Model ModelOfFlops(int64_t flops) {
  return {.name = "m",
          .parameters = flops,
          .active = {flops, flops / 2, flops / 2},
          .layers = {{.count = 1, .query_heads = 1, .kv_heads = 1, .head_dim = 1, .value_dim = 1}}};
}

struct Setting {
  Records records;
  std::vector<int64_t> flops_per_token;

  std::vector<PlannedRun> Runs() const {
    std::vector<PlannedRun> runs;
    for (size_t i = 0; i < records.runs.size(); ++i) {
      runs.push_back({.run = &records.runs[i], .model = ModelOfFlops(flops_per_token[i])});
    }
    return runs;
  }
  Evaluation Evaluated(const AllocationGrid& grid = {}) const {
    return Evaluate(records, Runs(), grid, UnitHardware(), {.rule = Rule::kParameters});
  }
  Plan Planned(const PlanOptions& options, const AllocationGrid& grid = {}) const {
    return MakePlan(Evaluated(grid), Runs(), options);
  }
};

/// Small solves 1 of 4 and 0 of 4; large 3 of 4 and 2 of 4 at ten times the price.
Setting TwoModels() {
  return {
      .records = {.task = "toy",
                  .questions = {{"0", 1}, {"1", 1}},
                  .runs = {{.model = "small",
                            .attention = Attention{},
                            .trials = {{.question = 0, .tokens = {10, 10, 10, 10}, .solved = 1},
                                       {.question = 1, .tokens = {10, 10, 20, 20}}}},
                           {.model = "large",
                            .attention = Attention{},
                            .trials = {{.question = 0, .tokens = {10, 10, 10, 10}, .solved = 3},
                                       {.question = 1, .tokens = {10, 10, 10, 10}, .solved = 2}}}}},
      .flops_per_token = {2, 20}};
}

TEST_CASE("allocations have mean coverage and mean cost over questions", "[plan]") {
  const Evaluation evaluation = TwoModels().Evaluated();
  REQUIRE(evaluation.allocations.size() == 8);
  const Allocation& small_twice = evaluation.allocations[1];
  CHECK(small_twice.samples == 2);
  CHECK(small_twice.accuracy == Approx(0.25));  // (2/4 + 0) / 2
  CHECK(small_twice.cost.seconds.value == Approx((2 * 2 * 10 + 2 * 2 * 15) / 2.0));
}

TEST_CASE("the best fits the budget and nothing that fits is more accurate", "[plan]") {
  const Plan plan = TwoModels().Planned({.budgets = {{100}, {250}, {1}}, .bootstrap = 0});
  REQUIRE(plan.choices.size() == 3);
  CHECK(plan.choices[0].best->model == "small");
  CHECK(plan.choices[0].best->samples == 4);  // all four: 4 * 2 * 12.5 = 100 fits exactly
  CHECK(plan.choices[1].best->model == "large");
  CHECK(plan.choices[1].best->samples == 1);
  CHECK_FALSE(plan.choices[2].best);
  CHECK(plan.lowest_cost == 25);
  // Small once .125, twice .25, large once .625: the frontier ends at the largest budget.
  for (const PlanRow& row : plan.frontier) {
    CHECK(row.cost.seconds.value <= 250);
  }
  CHECK(plan.frontier.size() == 5);
}

TEST_CASE("the cheapest that reaches an accuracy", "[plan]") {
  const Plan plan = TwoModels().Planned({.min_accuracy = 0.6, .bootstrap = 0});
  CHECK(plan.choices[0].best->model == "large");
  CHECK(plan.choices[0].best->samples == 1);
  REQUIRE(plan.choices[0].rivals.size() == 3);
  CHECK(plan.choices[0].rivals[0].row.samples == 2);
  CHECK(TwoModels().Planned({.min_accuracy = 1, .bootstrap = 0}).choices[0].best->samples == 3);
  CHECK_FALSE(TwoModels()
                  .Planned({.budgets = {{100}}, .min_accuracy = 0.6, .bootstrap = 0})
                  .choices[0]
                  .best);
}

TEST_CASE("rivals come closest to the best, with the paired difference", "[plan]") {
  const Plan plan = TwoModels().Planned({.budgets = {{400}}, .bootstrap = 200});
  const Choice& choice = plan.choices[0];
  CHECK(choice.best->model == "large");
  CHECK(choice.best->samples == 2);
  REQUIRE_FALSE(choice.rivals.empty());
  const Rival& rival = choice.rivals[0];
  CHECK(rival.row.model == "large");
  CHECK(rival.row.samples == 1);
  CHECK(rival.difference == Approx(choice.best->accuracy - rival.row.accuracy));
  CHECK(rival.difference_interval->low > 0);
  CHECK(rival.wins == 0.0);
  CHECK(choice.best->accuracy_interval->low <= choice.best->accuracy);
  CHECK(choice.best->accuracy_interval->high >= choice.best->accuracy);
}

TEST_CASE("of equal accuracy and cost, fewer samples, fewer parameters and the name decide",
          "[plan]") {
  Setting setting = TwoModels();
  Run& small = setting.records.runs[0];
  Run& large = setting.records.runs[1];
  small.model = "b";
  large.model = "a";
  large.trials = small.trials;
  setting.flops_per_token = {2, 2};
  CHECK(setting.Planned({.bootstrap = 0}).frontier.front().model == "a");
  // One active parameter more, which costs nothing: 3 / 2 = 2 / 2 in whole numbers.
  setting.flops_per_token = {2, 3};
  CHECK(setting.Planned({.bootstrap = 0}).frontier.front().model == "b");
  // Everything free and always right: one sample.
  for (Run* run : {&small, &large}) {
    for (TrialList& list : run->trials) {
      list.solved = 4;
    }
  }
  setting.flops_per_token = {0, 0};
  const Plan plan = setting.Planned({.bootstrap = 0});
  REQUIRE(plan.frontier.size() == 1);
  CHECK(plan.frontier.front().samples == 1);
}

TEST_CASE("the plan does not depend on the order of runs or trial lists", "[plan][property]") {
  const Records records = LoadRecords("aime24-qwen3");
  Records reversed = records;
  std::reverse(reversed.runs.begin(), reversed.runs.end());
  const auto frontier = [](const Records& r) {
    std::vector<PlannedRun> runs;
    for (const Run& run : r.runs) {
      runs.push_back({.run = &run, .model = LoadModel(run.model)});
    }
    const Hardware hardware = LoadHardware("b200");
    const Evaluation evaluation = Evaluate(r, runs, {}, hardware, {});
    return MakePlan(evaluation, runs, {.bootstrap = 100}).frontier;
  };
  const auto one = frontier(records);
  const auto other = frontier(reversed);
  REQUIRE(one.size() == other.size());
  for (size_t i = 0; i < one.size(); ++i) {
    CHECK(one[i].model == other[i].model);
    CHECK(one[i].attention == other[i].attention);
    CHECK(one[i].samples == other[i].samples);
    CHECK(one[i].accuracy == other[i].accuracy);
    CHECK(one[i].accuracy_interval->low == other[i].accuracy_interval->low);
    CHECK(one[i].cost.seconds == other[i].cost.seconds);
  }
}

TEST_CASE("an oracle gives each question its own best that fits", "[oracle]") {
  const Setting setting = TwoModels();
  const Evaluation evaluation = setting.Evaluated();
  const std::vector<PlannedRun> runs = setting.Runs();
  const auto at = [&](double budget) {
    const PlanOptions options = {.budgets = {{budget}}, .bootstrap = 0};
    return MakeOraclePlan(evaluation, runs, options).rows[0];
  };
  // Question 0 costs small 20 a sample, question 1 costs it 30.
  CHECK(at(80).model == "small");
  CHECK(at(80).accuracy == Approx(0.5));  // four samples solve question 0; nothing solves 1
  // Question 1 gains nothing from a second sample, so it takes one: (80 + 30) / 2.
  CHECK(at(80).seconds.value == Approx(55));
  CHECK(at(25).accuracy == Approx(0.125));
  CHECK(at(200).model == "large");
  CHECK_FALSE(at(1).model);
  CHECK(at(1).accuracy == 0);
}

TEST_CASE("an oracle's smallest budget for an accuracy is where a choice changes", "[oracle]") {
  const Setting setting = TwoModels();
  const Evaluation evaluation = setting.Evaluated();
  const std::vector<PlannedRun> runs = setting.Runs();
  const PlanOptions options = {.min_accuracy = 0.5, .bootstrap = 0};
  const OraclePlan plan = MakeOraclePlan(evaluation, runs, options);
  REQUIRE(plan.best);
  CHECK(plan.best->budget.value == Approx(80));
  CHECK(plan.best->accuracy == Approx(0.5));
}

TEST_CASE("an oracle that has to reach an accuracy answers for every budget", "[oracle]") {
  const Setting setting = TwoModels();
  const PlanOptions options = {.budgets = {{10}, {500}}, .min_accuracy = 0.5, .bootstrap = 0};
  const OraclePlan plan = MakeOraclePlan(setting.Evaluated(), setting.Runs(), options);
  REQUIRE(plan.rows.size() == 2);
  CHECK_FALSE(plan.rows[0].model);
  CHECK(plan.rows[0].budget.value == 10);
  CHECK(plan.rows[1].budget.value == Approx(80));
}

TEST_CASE("without budgets an oracle has thirty, from the cheapest to the dearest", "[oracle]") {
  const Setting setting = TwoModels();
  const OraclePlan plan = MakeOraclePlan(setting.Evaluated(), setting.Runs(), {.bootstrap = 0});
  REQUIRE(plan.rows.size() == 30);
  CHECK(plan.rows.front().budget.value == Approx(25));
  CHECK(plan.rows.back().budget.value == 800);
}

}  // namespace
}  // namespace kinetics
