#include "kinetics/plan/law_policy.h"

#include <algorithm>

#include "kinetics/plan/law_resampler.h"
#include "tests/plan/law_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using test::BundledLaw;
using test::LawPlan;

Evaluation AdaptiveWithin(const LawPlan& plan, double seconds, bool with_coverage = false) {
  PlanOptions options;
  options.budgets = {{.value = seconds, .unit = CostUnit::kSeconds}};
  Evaluation evaluation = plan.Evaluator().Evaluate(true);
  std::vector<Policy> policies = {Policy::kAdaptive};
  if (with_coverage) {
    policies.push_back(Policy::kCoverage);
  }
  ApplyLawPolicies(plan.Evaluator(), plan.Sites(), policies, options, evaluation);
  return evaluation;
}

/// The best accuracy that lots between two numbers of samples, of every question, can have: the
/// maximum over lambda of the dual function, which is convex, on a fine grid.
double LagrangianBound(const Evaluation& uniform, double budget) {
  double least = 1;
  for (double lambda = 1e-4; lambda < 1e5; lambda *= 1.003) {
    double sum = 0;
    for (Eigen::Index q = 0; q < uniform.accuracy.rows(); ++q) {
      const auto gains = uniform.accuracy.row(q) - lambda * uniform.seconds.row(q);
      sum += std::max(0.0, gains.maxCoeff());
    }
    least = std::min(least, sum / static_cast<double>(uniform.accuracy.rows()) + lambda * budget);
  }
  return least;
}

TEST_CASE("adaptive samples of a law reach the bound of Lagrangian duality", "[plan][law]") {
  const LawPlan plan({"Qwen3-4B"}, {"dense"}, {0}, {1, 2, 3, 4, 8, 16});
  const Evaluation uniform = plan.Evaluator().Evaluate(true);
  for (const double share : {0.3, 0.8, 1.0, 3.0}) {
    const double budget = share * uniform.allocations[0].cost.seconds.value;
    const Evaluation adaptive = AdaptiveWithin(plan, budget);
    double best = 0;
    for (const Allocation& allocation : adaptive.allocations) {
      if (allocation.cost.seconds.value <= budget) {
        best = std::max(best, allocation.accuracy);
      }
    }
    const double bound = LagrangianBound(uniform, budget);
    CHECK(best <= bound * (1 + 1e-9));
    CHECK(best == Approx(bound).epsilon(1e-4));
  }
}

TEST_CASE("cost and accuracy of adaptive samples are the means of their questions'",
          "[plan][law]") {
  const LawPlan plan({"Qwen3-4B"}, {"topk:512"}, {0}, {1, 2, 4});
  const Evaluation evaluation = AdaptiveWithin(plan, 0.1, true);
  REQUIRE(evaluation.allocations.size() > 10);
  for (size_t i = 3; i < evaluation.allocations.size(); ++i) {
    const auto column = static_cast<Eigen::Index>(i);
    const Allocation& allocation = evaluation.allocations[i];
    CHECK(allocation.policy == Policy::kAdaptive);
    CHECK(allocation.from_law);
    CHECK(allocation.accuracy == Approx(evaluation.accuracy.col(column).mean()));
    CHECK(allocation.cost.seconds.value == Approx(evaluation.seconds.col(column).mean()));
    CHECK(*allocation.mean_samples <= static_cast<double>(allocation.samples));
    CHECK(evaluation.extrapolation(i).empty());
  }
  // All questions draw the most at the end of the curve.
  const Allocation& last = evaluation.allocations[2];
  const auto is_last = [](const Allocation& allocation) {
    return allocation.policy == Policy::kAdaptive && allocation.mean_samples == 4;
  };
  const auto end =
      std::find_if(evaluation.allocations.begin(), evaluation.allocations.end(), is_last);
  REQUIRE(end != evaluation.allocations.end());
  CHECK(end->accuracy == Approx(last.accuracy).epsilon(1e-12));
  CHECK(end->cost.seconds.value == Approx(last.cost.seconds.value).epsilon(1e-12));
  const size_t place = static_cast<size_t>(end - evaluation.allocations.begin());
  const Eigen::MatrixXd draws = evaluation.resample({2, place}, 50, 3);
  CHECK((draws.col(0) - draws.col(1)).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("draws of lots lie between those of what they are drawn from", "[plan][law]") {
  const LawPlan plan({"Qwen3-4B"}, {"dense"}, {0}, {1, 2});
  const LawResampler resampler(plan.Evaluator());
  const size_t questions = BundledLaw().data.questions.size();
  QuestionSamples two = {.samples = std::vector<int64_t>(questions, 2)};
  QuestionSamples none = two;
  none.samples[7] = 0;
  QuestionSamples lot = none;
  lot.lot = {.question = 7, .samples = 2, .share = 0.25};
  // Accuracies of one half, whose means draws are moved to: what is left are the differences.
  const auto of = [](const QuestionSamples& numbers) {
    return LawAllocation{.samples = 2, .accuracy = 0.5, .by_question = &numbers};
  };
  const Eigen::MatrixXd draws = resampler.Resample({of(two), of(none), of(lot)}, 60, 9);
  CHECK((draws.col(0) - draws.col(1)).cwiseAbs().maxCoeff() > 1e-3);
  const Eigen::VectorXd expected = 0.25 * draws.col(0) + 0.75 * draws.col(1);
  CHECK((draws.col(2) - expected).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("an adaptive plan of a law says how fast it answers", "[plan][law]") {
  const LawPlan plan({"Qwen3-4B"}, {"dense"}, {0}, {1, 4}, {.batch = 64});
  const Evaluation evaluation = AdaptiveWithin(plan, 1, true);
  const Allocation& uniform = evaluation.allocations[1];
  const Allocation& last = evaluation.allocations.back();
  REQUIRE(last.mean_samples == 4);
  CHECK(last.serving.latency->value == Approx(uniform.serving.latency->value).epsilon(1e-3));
  CHECK(last.serving.tokens == Approx(uniform.serving.tokens));
}

}  // namespace
}  // namespace kinetics
