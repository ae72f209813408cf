#include "kinetics/plan/adaptive_curve.h"

#include <algorithm>
#include <cmath>

#include "kinetics/core/random.h"
#include "tests/plan/policy_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using test::PolicySetting;
using test::RandomRecords;

/// Mean cost and accuracy of a choice.
Offer OfferOf(const AdaptiveChoice& choice, const Eigen::MatrixXd& accuracy,
              const Eigen::MatrixXd& costs) {
  const auto at = [](const Eigen::MatrixXd& values, Eigen::Index q, Eigen::Index column) {
    return column == AdaptiveChoice::kNone ? 0 : values(q, column);
  };
  Offer sum;
  for (Eigen::Index q = 0; q < accuracy.rows(); ++q) {
    const Eigen::Index column = choice.columns[static_cast<size_t>(q)];
    const bool has_lot = choice.lot && choice.lot->question == q;
    const double share = has_lot ? choice.lot->share : 0;
    const Eigen::Index other = has_lot ? choice.lot->column : column;
    sum.cost += (1 - share) * at(costs, q, column) + share * at(costs, q, other);
    sum.accuracy += (1 - share) * at(accuracy, q, column) + share * at(accuracy, q, other);
  }
  const auto questions = static_cast<double>(accuracy.rows());
  return {sum.cost / questions, sum.accuracy / questions};
}

struct StepCurves {
  Eigen::MatrixXd accuracy;
  Eigen::MatrixXd costs;
};

/// Accuracies and costs that rise with the column, neither concave nor linear.
StepCurves RandomCurves(Eigen::Index questions, Eigen::Index columns, uint64_t seed) {
  SplitMix64 random(seed);
  StepCurves curves = {Eigen::MatrixXd(questions, columns), Eigen::MatrixXd(questions, columns)};
  for (Eigen::Index q = 0; q < questions; ++q) {
    double accuracy = 0;
    double cost = 0;
    for (Eigen::Index i = 0; i < columns; ++i) {
      accuracy += random.Below(5) / 20.0;
      cost += random.Below(6);
      curves.accuracy(q, i) = accuracy;
      curves.costs(q, i) = cost;
    }
  }
  return curves;
}

/// Calls visit for every choice of a column or none for each question.
template <typename Visit>
void VisitAll(Eigen::Index questions, Eigen::Index columns, const Visit& visit) {
  AdaptiveChoice choice;
  choice.columns.assign(static_cast<size_t>(questions), AdaptiveChoice::kNone);
  for (;;) {
    visit(choice);
    size_t q = 0;
    while (q < choice.columns.size() && ++choice.columns[q] == columns) {
      choice.columns[q++] = AdaptiveChoice::kNone;
    }
    if (q == choice.columns.size()) {
      return;
    }
  }
}

TEST_CASE("of all choices of whole numbers none is better than the adaptive one",
          "[policy][adaptive][property]") {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const auto [accuracy, costs] = RandomCurves(4, 4, seed);
    const AdaptiveCurve curve(accuracy, costs);
    std::vector<Offer> all;
    VisitAll(4, 4, [&, &a = accuracy, &c = costs](const AdaptiveChoice& choice) {
      all.push_back(OfferOf(choice, a, c));
    });
    REQUIRE(all.size() == 625);
    const auto best_within = [&all](double budget) {
      double best = 0;
      for (const Offer& offer : all) {
        best = offer.cost <= budget + 1e-12 ? std::max(best, offer.accuracy) : best;
      }
      return best;
    };
    for (double budget = 0; budget < 16; budget += 0.37) {
      const Offer found = OfferOf(curve.Within(budget), accuracy, costs);
      CHECK(found.cost <= budget + 1e-12);
      CHECK(found.accuracy >= best_within(budget) - 1e-12);
    }
    // At a vertex the choice is one of whole numbers, and so the best of them.
    for (size_t steps = 0; steps < curve.Vertices().size(); ++steps) {
      const Offer vertex = OfferOf(curve.At(steps), accuracy, costs);
      CHECK(vertex.cost == Approx(curve.Vertices()[steps].cost).margin(1e-12));
      CHECK(vertex.accuracy == Approx(curve.Vertices()[steps].accuracy).margin(1e-12));
      if (steps + 1 < curve.Vertices().size() &&
          curve.Vertices()[steps + 1].cost > vertex.cost + 1e-9) {
        CHECK(best_within(vertex.cost) == Approx(vertex.accuracy).margin(1e-12));
      }
    }
  }
}

TEST_CASE("the cheapest adaptive choice of an accuracy has that accuracy and no more",
          "[policy][adaptive]") {
  const auto [accuracy, costs] = RandomCurves(5, 6, 3);
  const AdaptiveCurve curve(accuracy, costs);
  const double most = curve.Vertices().back().accuracy;
  for (const double share : {0.1, 0.5, 0.93}) {
    const auto choice = curve.Reaching(share * most);
    REQUIRE(choice);
    const Offer offer = OfferOf(*choice, accuracy, costs);
    CHECK(offer.accuracy == Approx(share * most));
    CHECK(OfferOf(curve.Within(offer.cost), accuracy, costs).accuracy == Approx(share * most));
  }
  CHECK_FALSE(curve.Reaching(most + 0.01));
  CHECK(OfferOf(*curve.Reaching(most), accuracy, costs).accuracy == Approx(most));
}

TEST_CASE("an easy question gets one sample, a hopeless one none", "[policy][adaptive]") {
  Eigen::MatrixXd accuracy(3, 2);
  accuracy << 1, 1, 0.5, 0.75, 0, 0;
  Eigen::MatrixXd costs(3, 2);
  costs << 1, 2, 1, 2, 1, 2;
  const AdaptiveCurve curve(accuracy, costs);
  CHECK(curve.At(curve.Vertices().size() - 1).columns ==
        std::vector<Eigen::Index>{0, 1, AdaptiveChoice::kNone});
  CHECK(curve.Vertices().back().cost == Approx(1));
  // Half a budget of one sample for one question of three: 1/6 of all of its accuracy.
  const AdaptiveChoice lot = curve.Within(1.0 / 6);
  REQUIRE(lot.lot);
  CHECK(lot.lot->question == 0);
  CHECK(lot.lot->share == Approx(0.5));
}

TEST_CASE("what costs nothing is taken at once", "[policy][adaptive]") {
  const AdaptiveCurve curve(Eigen::MatrixXd::Constant(2, 1, 0.5), Eigen::MatrixXd::Zero(2, 1));
  CHECK(OfferOf(curve.Within(0), Eigen::MatrixXd::Constant(2, 1, 0.5), Eigen::MatrixXd::Zero(2, 1))
            .accuracy == 0.5);
}

TEST_CASE("no uniform allocation is better than the adaptive one at the same budget",
          "[policy][adaptive][property]") {
  for (uint64_t seed = 0; seed < 8; ++seed) {
    const PolicySetting setting(RandomRecords({"Qwen3-0.6B", "Qwen3-8B"}, 6, seed, true));
    const Evaluation uniform = setting.Evaluated({Policy::kCoverage});
    std::vector<Budget> budgets;
    for (const Allocation& allocation : uniform.allocations) {
      budgets.push_back({allocation.cost.seconds.value});
    }
    const PlanOptions options = {.budgets = budgets, .bootstrap = 20, .per_question = true};
    const Plan alone = MakePlan(uniform, setting.runs, options);
    const Plan adaptive =
        MakePlan(setting.Evaluated({Policy::kAdaptive}, options), setting.runs, options);
    for (size_t i = 0; i < budgets.size(); ++i) {
      const PlanRow& best = *adaptive.choices[i].best;
      CHECK(best.policy == Policy::kAdaptive);
      CHECK(best.cost.seconds.value <= budgets[i].value);
      CHECK(best.accuracy >= alone.choices[i].best->accuracy - 1e-12);
      CHECK(best.mean_samples <= static_cast<double>(best.samples));
      double seconds = 0;
      for (const QuestionRow& question : best.questions) {
        seconds += question.seconds.value / static_cast<double>(best.questions.size());
      }
      CHECK(seconds == Approx(best.cost.seconds.value));
    }
    // What reaches an accuracy costs no more than the uniform allocation that does.
    const PlanOptions reach = {.min_accuracy = 0.3, .bootstrap = 0};
    const auto least = MakePlan(uniform, setting.runs, reach).choices[0].best;
    const auto less = MakePlan(setting.Evaluated({Policy::kAdaptive}, reach), setting.runs, reach)
                          .choices[0]
                          .best;
    if (least) {
      REQUIRE(less);
      CHECK(less->cost.seconds.value <= least->cost.seconds.value * (1 + 1e-12));
    }
  }
}

}  // namespace
}  // namespace kinetics
