#include "kinetics/law/law_marginal.h"

#include <cmath>

#include "kinetics/core/draws.h"
#include "kinetics/law/law_fit.h"
#include "kinetics/solve/solver.h"
#include "tests/law/flat.h"
#include "tests/law/simulate.h"
#include "tests/test.h"

namespace kinetics {
namespace {

LawData SmallData(uint64_t seed) {
  test::SimulationOptions options;
  options.sizes = {1e9, 4e9, 20e9};
  options.attentions = {"dense", "topk:128"};
  options.questions = 6;
  options.trials = 12;
  const test::Simulation simulation = test::Simulate(options, seed);
  return ReduceRecords(simulation.records, simulation.parameters, ErrorPolicy::kWrong);
}

LawFit FitFromPriors(const LawObjective& objective) {
  const LawData& data = objective.Data();
  return FitLaw(objective, PriorMeans(data.levels.size(), data.questions.size()));
}

/// The marginal objective at other shared parameters, effects searched from those of `point`.
MarginalPoint At(const LawObjective& objective, const MarginalPoint& point,
                 const Eigen::VectorXd& shared) {
  std::optional<MarginalPoint> moved =
      EvaluateMarginal(objective, MoveAlong(point, shared - point.state.shared));
  REQUIRE(moved);
  REQUIRE((moved->state.shared - shared).norm() < 1e-12 * shared.norm());
  return std::move(*moved);
}

TEST_CASE("the gradient of the marginal objective is its finite difference") {
  const LawData data = SmallData(1);
  const LawObjective objective(data, Eigen::VectorXd{{1, 2, 1, 0, 1, 1}}, {});
  const std::optional<MarginalPoint> point =
      EvaluateMarginal(objective, FitFromPriors(objective).state);
  REQUIRE(point);
  // Away from the minimum, where the gradient is not 0.
  const Eigen::VectorXd shared = point->state.shared.array() + 0.02;
  const MarginalPoint at = At(objective, *point, shared);
  constexpr double kStep = 1e-4;
  for (Eigen::Index p = 0; p < shared.size(); ++p) {
    const Eigen::VectorXd step = kStep * Eigen::VectorXd::Unit(shared.size(), p);
    const double difference =
        (At(objective, at, shared + step).value - At(objective, at, shared - step).value) /
        (2 * kStep);
    INFO("parameter " << p);
    CHECK(at.gradient[p] == Approx(difference).epsilon(1e-5).margin(1e-4));
  }
}

TEST_CASE("Ceres finds no better marginal fit of a small problem") {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const LawData data = SmallData(seed);
    const LawObjective objective(data, {}, {});
    const LawFit fit = FitFromPriors(objective);
    REQUIRE(fit.summary.converged);
    const std::optional<MarginalPoint> best = EvaluateMarginal(objective, fit.state);
    REQUIRE(best);
    CHECK(best->value == Approx(fit.summary.objective).epsilon(1e-12));
    const Eigen::VectorXd scale =
        best->factor.SharedHessian().diagonal().cwiseSqrt().cwiseInverse();
    const auto shared = static_cast<size_t>(fit.state.shared.size());
    const SmoothFunction function = {
        .parameters = shared, .evaluate = [&](const double* x, double* value, double* gradient) {
          const Eigen::VectorXd step =
              scale.cwiseProduct(Eigen::Map<const Eigen::VectorXd>(x, fit.state.shared.size()));
          const std::optional<MarginalPoint> point =
              EvaluateMarginal(objective, MoveAlong(*best, step));
          if (!point) {
            return false;
          }
          *value = point->value;
          if (gradient != nullptr) {
            Eigen::Map<Eigen::VectorXd>(gradient, fit.state.shared.size()) =
                scale.cwiseProduct(point->gradient);
          }
          return std::isfinite(*value);
        }};
    Draws draws{SplitMix64(seed)};
    const Solution ceres = Minimize(function, 0.1 * draws.Normals(fit.state.shared.size()),
                                    {.max_iterations = 500, .function_tolerance = 1e-13});
    INFO("seed " << seed << ", " << ceres.reason);
    CHECK(ceres.objective == Approx(fit.summary.objective).epsilon(1e-6));
    CHECK(fit.summary.objective <= ceres.objective + 1e-8 * std::abs(ceres.objective));
  }
}

TEST_CASE("the marginal fit takes trials for as scattered as they are drawn, the mode for less",
          "[long]") {
  double of_fit = 0;
  double of_mode = 0;
  constexpr uint64_t kSeeds = 20;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    test::SimulationOptions options;
    options.questions = 20;
    options.trials = 16;
    const test::Simulation simulation = test::Simulate(options, seed);
    const LawData data =
        ReduceRecords(simulation.records, simulation.parameters, ErrorPolicy::kWrong);
    const LawObjective objective(data, {}, {});
    const LawState start = PriorMeans(data.levels.size(), data.questions.size());
    const double truth = simulation.truth.shared[kConcentration];
    of_fit += FitLaw(objective, start).state.shared[kConcentration] - truth;
    of_mode += FindMode(objective, start).state.shared[kConcentration] - truth;
  }
  CHECK(std::abs(of_fit / kSeeds) < 0.15);
  CHECK(of_mode / kSeeds > 0.15);
}

}  // namespace
}  // namespace kinetics
