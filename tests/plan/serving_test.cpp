#include "kinetics/plan/serving.h"

#include "kinetics/io/catalogue.h"
#include "kinetics/plan/plan.h"
#include "kinetics/plan/select.h"
#include "tests/test.h"

namespace kinetics {
namespace {

/// Two questions of one run.
Records TwoServedQuestions() {
  return {.task = "toy",
          .questions = {{"0", 100}, {"1", 300}},
          .runs = {{.model = "Qwen3-8B",
                    .attention = Attention{},
                    .trials = {{.question = 0, .tokens = {1000, 3000}, .solved = 1},
                               {.question = 1, .tokens = {2000, 8000}, .solved = 2}}}}};
}

Evaluation EvaluateDeployed(const Records& records, const std::vector<Deployment>& deployments,
                            const CostOptions& options = {}) {
  std::vector<PlannedRun> runs;
  for (const Deployment& deployment : deployments) {
    runs.push_back(
        {.run = &records.runs.front(), .model = LoadModel("Qwen3-8B"), .deployment = deployment});
  }
  return Evaluate(records, runs, {.samples = {.counts = {1, 2}}}, LoadHardware("h100"), options);
}

TEST_CASE("a question takes its longest sample's steps", "[plan][serving]") {
  const Records records = TwoServedQuestions();
  const Evaluation evaluation = EvaluateDeployed(records, {{.gpus = 2, .batch = 16}});
  const Allocation& two = evaluation.allocations.at(1);
  CHECK(two.serving.tokens == 2 * (2000 + 5000) / 2);
  const double step = 16 * two.cost.seconds.value / (2 * 7000);
  CHECK(two.serving.latency->value == Approx(step * (3000 + 8000) / 2));
  const Allocation& one = evaluation.allocations.at(0);
  CHECK(one.serving.tokens == 3500);
  CHECK(one.serving.latency->value == Approx(16 * one.cost.seconds.value / (2 * 3500) * 3500));
}

TEST_CASE("a larger batch is cheaper and slower", "[plan][serving]") {
  const Records records = TwoServedQuestions();
  const Evaluation evaluation = EvaluateDeployed(records, {{.batch = 1}, {.batch = 32}});
  const Allocation& alone = evaluation.allocations.at(0);
  const Allocation& together = evaluation.allocations.at(2);
  CHECK(together.cost.seconds < alone.cost.seconds);
  CHECK(*together.serving.latency > *alone.serving.latency);
}

TEST_CASE("a batch is as large as memory allows at the mean live context", "[plan][serving]") {
  const Records records = TwoServedQuestions();
  const Evaluation evaluation = EvaluateDeployed(records, {{.is_auto = true}});
  // Decode steps see (100 L + L^2/2 ...) tokens: means over questions of the means over trials.
  const double tokens = (2000 + 5000) / 2.0;
  const double prompt = (100.0 * 2000 + 300.0 * 5000) / 2;
  const double generated = ((1e6 + 9e6) / 4 + (4e6 + 64e6) / 4) / 2;
  const MemoryNeeds needs = NeedsOf(LoadModel("Qwen3-8B"), {}, LoadHardware("h100"), {}, {},
                                    (prompt + generated) / tokens);
  const Serving& serving = evaluation.allocations.front().serving;
  CHECK(serving.batch == needs.Sequences());
  CHECK(serving.memory->value == Approx(needs.UsedAt(serving.batch).value));
}

TEST_CASE("the paper's case has no batch, no memory and no latency", "[plan][serving]") {
  const Records records = TwoServedQuestions();
  const Evaluation evaluation = EvaluateDeployed(records, {Deployment()});
  CHECK_FALSE(evaluation.allocations.front().serving.latency);
  CHECK_FALSE(evaluation.allocations.front().serving.memory);
}

TEST_CASE("what does not fit is left out with a note", "[plan][serving]") {
  const Records records = TwoServedQuestions();
  const MemoryOptions small = {.most = Bytes{30e9}};
  const Evaluation evaluation =
      EvaluateDeployed(records, {{.batch = 1, .memory = small}, {.batch = 1000, .memory = small}});
  CHECK(evaluation.allocations.size() == 2);
  CHECK(evaluation.notes == std::vector<std::string>{"left out where they do not fit the memory of "
                                                     "h100: Qwen3-8B dense (batch 1000)"});
  CHECK(test::ErrorOf([&] {
          EvaluateDeployed(records, {{.is_auto = true, .memory = {.most = Bytes{1e9}}}});
        }).ends_with("do not fit the memory of h100: Qwen3-8B dense (batch auto)"));
}

TEST_CASE("prefill delays the first token", "[plan][serving]") {
  const Records records = TwoServedQuestions();
  const Deployment deployment = {.batch = 16};
  const auto first = [&](bool prefill) {
    return EvaluateDeployed(records, {deployment}, {.prefill = prefill}).allocations.front();
  };
  const CostModel model(LoadModel("Qwen3-8B"), {}, LoadHardware("h100"),
                        {.batch = 16, .prefill = true});
  const double prefill =
      (model.PrefillCost(100).seconds.value + model.PrefillCost(300).seconds.value) / 2;
  CHECK(first(true).serving.latency->value - first(false).serving.latency->value ==
        Approx(prefill).epsilon(1e-6));
}

TEST_CASE("a plan keeps to a latency", "[plan][serving]") {
  const Records records = TwoServedQuestions();
  const std::vector<Deployment> deployments = {{.batch = 1}, {.batch = 32}};
  Evaluation evaluation = EvaluateDeployed(records, deployments);
  const Seconds fast = *evaluation.allocations.at(0).serving.latency;
  const double kept_accuracy = evaluation.accuracy(0, 0);
  KeepWithinLatency(fast, evaluation);
  REQUIRE(evaluation.allocations.size() == 1);
  CHECK(evaluation.accuracy.cols() == 1);
  CHECK(evaluation.accuracy(0, 0) == kept_accuracy);
  KeepWithinLatency(0.5 * fast, evaluation);
  CHECK(evaluation.allocations.empty());
  REQUIRE(evaluation.notes.size() == 1);
  CHECK(evaluation.notes.front().starts_with("the fastest allocation answers in"));
  const std::vector<PlannedRun> runs = {{.run = &records.runs.front(), .model = {}}};
  const Plan plan = MakePlan(evaluation, runs, {});
  CHECK_FALSE(plan.choices.front().best);
  CHECK(plan.frontier.empty());
}

}  // namespace
}  // namespace kinetics
