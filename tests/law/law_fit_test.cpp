#include "kinetics/law/law_fit.h"

#include <cmath>

#include "kinetics/io/catalogue.h"
#include "kinetics/law/law.h"
#include "kinetics/solve/solver.h"
#include "tests/law/flat.h"
#include "tests/law/simulate.h"
#include "tests/test.h"

namespace kinetics {
namespace {

/// Where Ceres gets from `start`, in units of each parameter's own standard deviation.
Solution MinimizeByCeres(const LawObjective& objective, const LawState& start,
                         int max_iterations = 3000) {
  const Eigen::VectorXd origin = test::Flatten(start);
  const Eigen::VectorXd scale =
      (test::FlatHessian(objective.Quadratic(start),
                         Eigen::VectorXd::Ones(objective.Weights().size()))
           .diagonal())
          .cwiseSqrt()
          .cwiseInverse();
  const SmoothFunction function = {
      .parameters = static_cast<size_t>(origin.size()),
      .evaluate = [&](const double* x, double* value, double* gradient) {
        const Eigen::VectorXd step =
            scale.cwiseProduct(Eigen::Map<const Eigen::VectorXd>(x, origin.size()));
        const LawQuadratic quadratic = objective.Quadratic(test::Unflatten(origin + step, start));
        *value = quadratic.value;
        if (gradient != nullptr) {
          Eigen::Map<Eigen::VectorXd>(gradient, origin.size()) =
              scale.cwiseProduct(test::FlatGradient(quadratic, objective.Weights()));
        }
        return std::isfinite(*value);
      }};
  return Minimize(function, Eigen::VectorXd::Zero(origin.size()),
                  {.max_iterations = max_iterations, .function_tolerance = 1e-13});
}

/// A start off the minimum by about `size` in every parameter.
LawState Nudged(const LawState& state, double size) {
  Draws draws(SplitMix64(5));
  const Eigen::VectorXd at = test::Flatten(state);
  return test::Unflatten(at + size * draws.Normals(at.size()), state);
}

LawData BundledData() {
  const Records records = LoadRecords("aime24-qwen3");
  return ReduceRecords(records, test::ParametersOf(records), ErrorPolicy::kWrong);
}

LawFit ModeFromPriors(const LawObjective& objective) {
  const LawData& data = objective.Data();
  return FindMode(objective, PriorMeans(data.levels.size(), data.questions.size()));
}

TEST_CASE("the fit of the bundled records converges to a point without a gradient") {
  const LawData data = BundledData();
  const LawObjective objective(data, {}, {});
  const LawFit fit = ModeFromPriors(objective);
  REQUIRE(fit.summary.converged);
  CHECK(fit.summary.iterations < 30);
  CHECK(fit.summary.objective == Approx(-823.2449645).epsilon(1e-9));
  CHECK(fit.summary.objective == Approx(objective.Value(fit.state)).epsilon(1e-13));
  const LawQuadratic quadratic = objective.Quadratic(fit.state);
  CHECK(test::FlatGradient(quadratic, objective.Weights()).cwiseAbs().maxCoeff() < 1e-3);
}

TEST_CASE("Ceres finds no better fit of a small problem, from the priors or near by") {
  test::SimulationOptions options;
  options.sizes = {1e9, 4e9, 20e9};
  options.attentions = {"dense", "topk:128"};
  options.questions = 6;
  options.trials = 12;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const test::Simulation simulation = test::Simulate(options, seed);
    const LawData data =
        ReduceRecords(simulation.records, simulation.parameters, ErrorPolicy::kWrong);
    for (const Eigen::VectorXd& weights :
         {Eigen::VectorXd::Ones(6).eval(), Eigen::VectorXd{{2, 0, 1, 1, 0, 2}},
          Eigen::VectorXd{{0, 3, 0, 0, 3, 0}}}) {
      const LawObjective objective(data, weights, {});
      const LawFit fit = ModeFromPriors(objective);
      REQUIRE(fit.summary.converged);
      for (const LawState& start :
           {Nudged(fit.state, 0.1), PriorMeans(data.levels.size(), data.questions.size())}) {
        const Solution ceres = MinimizeByCeres(objective, start);
        INFO("seed " << seed << ", " << ceres.reason);
        CHECK(fit.summary.objective <= ceres.objective + 1e-9 * std::abs(ceres.objective));
      }
    }
  }
}

TEST_CASE("Ceres finds no better fit of the bundled records", "[long]") {
  const LawData data = BundledData();
  const LawObjective objective(data, {}, {});
  const LawFit fit = ModeFromPriors(objective);
  const Solution ceres = MinimizeByCeres(objective, Nudged(fit.state, 0.01), 150);
  CHECK(fit.summary.objective == Approx(ceres.objective).epsilon(1e-6));
  CHECK(fit.summary.objective <= ceres.objective + 1e-9 * std::abs(ceres.objective));
}

TEST_CASE("Ceres finds no better fit of resampled questions from the whole fit on", "[long]") {
  LawData data = BundledData();  // every third question, for the time that BFGS takes
  for (size_t q = 0; q < 10; ++q) {
    data.questions[q] = data.questions[3 * q];
    data.cells[q] = data.cells[3 * q];
  }
  data.questions.resize(10);
  data.cells.resize(10);
  const LawFit mode = ModeFromPriors(LawObjective(data, {}, {}));
  for (uint64_t r = 0; r < 3; ++r) {
    Eigen::VectorXd weights = Eigen::VectorXd::Zero(10);
    SplitMix64 random(1, r);
    for (int draw = 0; draw < 10; ++draw) {
      weights[random.Below(10)] += 1;
    }
    const LawObjective objective(data, weights, {});
    const LawFit fit = FindMode(objective, mode.state);
    REQUIRE(fit.summary.converged);
    const Solution ceres = MinimizeByCeres(objective, Nudged(fit.state, 0.01));
    INFO("resample " << r << ", " << ceres.reason);
    CHECK(fit.summary.objective == Approx(ceres.objective).epsilon(1e-6));
    CHECK(fit.summary.objective <= ceres.objective + 1e-9 * std::abs(ceres.objective));
  }
}

TEST_CASE("draws of a posterior have its standard deviations, and depend on the seed alone") {
  test::SimulationOptions options;
  options.sizes = {1e9, 9e9};
  options.questions = 4;
  const test::Simulation simulation = test::Simulate(options, 2);
  const LawData data =
      ReduceRecords(simulation.records, simulation.parameters, ErrorPolicy::kWrong);
  const LawObjective objective(data, {}, {});
  const LawFit fit = ModeFromPriors(objective);
  const LawPosterior posterior(objective, fit.state);
  constexpr int kDraws = 4000;
  Eigen::VectorXd squares = Eigen::VectorXd::Zero(fit.state.shared.size());
  for (uint64_t d = 0; d < kDraws; ++d) {
    squares += (posterior.Draw(1, d).shared - fit.state.shared).cwiseAbs2();
  }
  const Eigen::ArrayXd ratio =
      (squares / kDraws).cwiseSqrt().array() / posterior.SharedDeviations().array();
  // A standard deviation of 4,000 draws has an error of 1.1 %; four of these.
  CHECK(ratio.maxCoeff() < 1.045);
  CHECK(ratio.minCoeff() > 0.955);
  CHECK(test::Flatten(posterior.Draw(3, 7)) == test::Flatten(posterior.Draw(3, 7)));
  CHECK(test::Flatten(posterior.Draw(3, 7)) != test::Flatten(posterior.Draw(4, 7)));
}

}  // namespace
}  // namespace kinetics
