#include "kinetics/plan/chances.h"

#include <numeric>

#include "kinetics/plan/plan.h"
#include "tests/plan/law_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

Eigen::MatrixXd FourDraws() {
  Eigen::MatrixXd draws(4, 3);
  draws << 0.9, 0.8, 0.7,  //
      0.6, 0.8, 0.7,       //
      0.5, 0.5, 0.4,       //
      0.1, 0.2, 0.3;
  return draws;
}

TEST_CASE("the chance to lead shares ties, and sums to 1", "[plan]") {
  CHECK(ChancesToLead(FourDraws()) == std::vector<double>{0.375, 0.375, 0.25});
}

TEST_CASE("the chance to suffice is that of the cheapest that does", "[plan]") {
  // Draws 1 and 2 reach 0.7: all three do, then the two dearer ones.
  CHECK(ChancesToSuffice(FourDraws(), {1, 2, 3}, 0.7) == std::vector<double>{0.25, 0.25, 0});
  CHECK(ChancesToSuffice(FourDraws(), {2, 2, 3}, 0.5) == std::vector<double>{0.375, 0.375, 0});
  CHECK(ChancesToSuffice(FourDraws(), {1, 2, 3}, 0.95) == std::vector<double>{0, 0, 0});
}

TEST_CASE("chances of a plan's candidates sum to 1", "[plan][law]") {
  const test::LawPlan law({"Qwen3-4B", "Qwen3-8B"}, {"dense", "topk:64", "topk:512"}, {8000, 0},
                          {1, 2, 4, 8});
  const Evaluation evaluation = law.Evaluator().Evaluate(false);
  PlanOptions options = {
      .budgets = {{.value = 2, .unit = CostUnit::kSeconds}}, .bootstrap = 200, .candidates = 20};
  const auto sum = [&] {
    const Plan plan = MakePlan(evaluation, law.Sites(), options);
    const Choice& choice = plan.choices.front();
    REQUIRE(choice.candidates.size() > 1);
    CHECK(choice.candidates.size() <= 20);
    CHECK(choice.best->chance_best == choice.candidates.front().chance_best);
    return std::accumulate(
        choice.candidates.begin(), choice.candidates.end(), 0.0,
        [](double total, const PlanRow& row) { return total + *row.chance_best; });
  };
  CHECK(sum() == Approx(1).epsilon(1e-12));
  options.min_accuracy = 0.5;
  CHECK(sum() <= 1 + 1e-12);
  options.bootstrap = 0;
  const Plan plan = MakePlan(evaluation, law.Sites(), options);
  CHECK_FALSE(plan.choices.front().best->chance_best);
}

}  // namespace
}  // namespace kinetics
