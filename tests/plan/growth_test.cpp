#include "kinetics/plan/growth.h"

#include <omp.h>

#include <cmath>

#include "tests/plan/law_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

test::LawPlan SmallPlan(const CostOptions& options = {}) {
  return {{"Qwen3-1.7B", "Qwen3-4B", "Qwen3-8B", "Qwen3-14B"},
          {"dense", "topk:64", "topk:128", "topk:256", "topk:512"},
          {8000, 0},
          {1, 2, 3, 4, 6, 8, 12, 16},
          options};
}

Budget OfSeconds(double value) { return {.value = value, .unit = CostUnit::kSeconds}; }

/// The allocation of the highest accuracy that fits.
const Allocation& BestUnder(const Evaluation& evaluation, double seconds) {
  const Allocation* best = nullptr;
  for (const Allocation& allocation : evaluation.allocations) {
    if (allocation.cost.seconds.value <= seconds &&
        (best == nullptr || allocation.accuracy > best->accuracy)) {
      best = &allocation;
    }
  }
  REQUIRE(best != nullptr);
  return *best;
}

TEST_CASE("elasticities are slopes through the best of 17 budgets", "[plan][law]") {
  for (const Rule rule : {Rule::kAdditive, Rule::kMax}) {
    const test::LawPlan plan = SmallPlan({.rule = rule});
    const Evaluation evaluation = plan.Evaluator().Evaluate(false);
    const Growth growth = MeasureGrowth(plan.GetLaw(), plan.Evaluator(),
                                        {.budgets = {OfSeconds(0.3), OfSeconds(1)}, .draws = 0});
    REQUIRE(growth.rows.size() == 2 * kGrowthQuantities);
    CHECK(growth.notes.empty());
    for (size_t b = 0; b < 2; ++b) {
      const GrowthRow* rows = &growth.rows[b * kGrowthQuantities];
      CHECK(growth.accuracies[b] == BestUnder(evaluation, rows[0].budget.value).accuracy);
      double squares = 0;
      double tokens = 0;
      double samples = 0;
      double parameters = 0;
      double attended = 0;
      for (int i = -8; i <= 8; ++i) {
        const double x = i * 3.0 / 16;
        const Allocation& best = BestUnder(evaluation, rows[0].budget.value * std::exp2(x));
        const Model& model = plan.Sites()[best.run].model;
        const auto active = static_cast<double>(model.active.without_input_embedding);
        const double generated = best.cost.terms.flops.linear.value / (2 * active);
        squares += x * x;
        tokens += x * std::log2(generated);
        samples += x * std::log2(static_cast<double>(best.samples));
        parameters += x * std::log2(active);
        attended += x * std::log2(best.cost.terms.flops.attention.value /
                                  AttentionFlopsPerPair(model) / generated);
      }
      const auto of = [&](GrowthQuantity quantity) {
        return rows[static_cast<size_t>(quantity)].elasticity.value;
      };
      CHECK(of(GrowthQuantity::kTokens) == Approx(tokens / squares).margin(1e-9));
      CHECK(of(GrowthQuantity::kSamples) == Approx(samples / squares).margin(1e-9));
      CHECK(of(GrowthQuantity::kParameters) == Approx(parameters / squares).margin(1e-9));
      CHECK(of(GrowthQuantity::kKvBudget) == Approx(attended / squares).margin(1e-9));
      CHECK_FALSE(rows[0].elasticity.interval);
    }
  }
}

TEST_CASE("the balanced KV budget is where attention costs what parameters do", "[plan][law]") {
  const test::LawPlan plan = SmallPlan();
  const Growth growth =
      MeasureGrowth(plan.GetLaw(), plan.Evaluator(), {.budgets = {OfSeconds(0.5)}, .draws = 0});
  const Evaluation evaluation = plan.Evaluator().Evaluate(false);
  const Allocation& best = BestUnder(evaluation, 0.5);
  const CostTerms& terms = best.cost.terms;
  const double ratio = AttentionToLinear(terms, evaluation.roofline);
  REQUIRE(plan.Sites()[best.run].run->attention->kind == AttentionKind::kTopk);
  // Attention's cost is proportional to the KV budget B, so that it equals that of the parameters
  // at B / ratio.
  CHECK(growth.rows[1].value == Approx(growth.rows[0].value * (1 + 1 / ratio)).epsilon(1e-9));
}

TEST_CASE("intervals of growth are the same for a seed and any number of threads", "[plan][law]") {
  const test::LawPlan plan = SmallPlan();
  const auto measure = [&plan](int threads, uint64_t seed) {
    const int before = omp_get_max_threads();
    omp_set_num_threads(threads);
    const Growth growth = MeasureGrowth(plan.GetLaw(), plan.Evaluator(),
                                        {.budgets = {OfSeconds(0.5)}, .draws = 20, .seed = seed});
    omp_set_num_threads(before);
    std::vector<double> numbers;
    for (const GrowthRow& row : growth.rows) {
      REQUIRE(row.elasticity.interval);
      CHECK(row.elasticity.interval->low <= row.elasticity.interval->high);
      numbers.insert(numbers.end(), {row.elasticity.value, *row.elasticity.standard_error,
                                     row.elasticity.interval->low, row.elasticity.interval->high});
    }
    return numbers;
  };
  const std::vector<double> one = measure(1, 1);
  CHECK(one == measure(2, 1));
  CHECK(one != measure(1, 2));
}

TEST_CASE("growth beyond the ends of the grid is left out or noted", "[plan][law]") {
  const test::LawPlan plan = SmallPlan();
  const Growth growth =
      MeasureGrowth(plan.GetLaw(), plan.Evaluator(),
                    {.budgets = {OfSeconds(1e-6), OfSeconds(0.5), OfSeconds(1000)}, .draws = 0});
  CHECK(growth.rows.size() == 2 * kGrowthQuantities);
  CHECK(growth.accuracies.size() == 2);
  REQUIRE(growth.notes.size() == 2);
  CHECK_THAT(growth.notes[0], Catch::StartsWith("growth around 1e-06 s left out: it is measured "
                                                "from 3.54e-07 s on, and the cheapest"));
  CHECK_THAT(growth.notes[1], Catch::StartsWith("growth around 1e+03 s ends with the grid: it is "
                                                "measured up to 2.83e+03 s, and nothing"));
}

TEST_CASE("what does not change with the budget has an elasticity of exactly 0", "[plan][law]") {
  const test::LawPlan plan = SmallPlan();
  // The best for 1,000 s is the best for a third of that.
  const Growth top =
      MeasureGrowth(plan.GetLaw(), plan.Evaluator(), {.budgets = {OfSeconds(1000)}, .draws = 0});
  REQUIRE(top.rows.size() == kGrowthQuantities);
  for (const GrowthRow& row : top.rows) {
    CHECK(row.elasticity.value == 0);
  }
  const test::LawPlan one_sample({"Qwen3-4B"}, {"topk:64", "topk:256", "topk:1024"}, {0}, {1});
  const Growth growth = MeasureGrowth(one_sample.GetLaw(), one_sample.Evaluator(), {.draws = 10});
  REQUIRE_FALSE(growth.rows.empty());
  for (const GrowthRow& row : growth.rows) {
    if (row.quantity == GrowthQuantity::kSamples || row.quantity == GrowthQuantity::kParameters) {
      CHECK(row.elasticity.value == 0);
      REQUIRE(row.elasticity.interval);
      CHECK(row.elasticity.interval->low == 0);
      CHECK(row.elasticity.interval->high == 0);
    }
  }
}

TEST_CASE("without budgets growth is measured at doublings that it can be measured at",
          "[plan][law]") {
  const test::LawPlan plan = SmallPlan();
  const Growth growth = MeasureGrowth(plan.GetLaw(), plan.Evaluator(), {.draws = 0});
  REQUIRE(growth.accuracies.size() > 3);
  for (size_t b = 1; b < growth.accuracies.size(); ++b) {
    CHECK(growth.rows[b * kGrowthQuantities].budget.value ==
          2 * growth.rows[(b - 1) * kGrowthQuantities].budget.value);
    CHECK(growth.accuracies[b] >= growth.accuracies[b - 1]);
  }
  for (const std::string& note : growth.notes) {
    CHECK(note.find("left out") == std::string::npos);
  }
}

}  // namespace
}  // namespace kinetics
