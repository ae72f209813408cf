#include "kinetics/law/law_fit.h"

#include "kinetics/io/catalogue.h"
#include "kinetics/law/law.h"
#include "tests/test.h"

namespace kinetics {
namespace {

std::vector<std::optional<double>> ParametersOf(const Records& records) {
  std::vector<std::optional<double>> parameters;
  for (const Run& run : records.runs) {
    const auto model = FindModel(run.model);
    parameters.push_back(
        model ? std::optional(static_cast<double>(model->active.without_input_embedding))
              : std::nullopt);
  }
  return parameters;
}

/// Adds to one of all parameters, the shared ones first.
LawState Nudged(LawState state, Eigen::Index index, double amount) {
  if (index < state.shared.size()) {
    state.shared[index] += amount;
    return state;
  }
  index -= state.shared.size();
  const Eigen::Index size = state.questions.front().size();
  state.questions[static_cast<size_t>(index / size)][index % size] += amount;
  return state;
}

TEST_CASE("the gradient of a law's objective is its finite difference") {
  const Records records = LoadRecords("aime24-qwen3");
  const LawData data = ReduceRecords(records, ParametersOf(records), ErrorPolicy::kWrong);
  const LawObjective objective(data, {}, {});
  LawState state = PriorMeans(data.levels.size(), data.questions.size());
  state.shared.array() += 0.05;
  for (size_t q = 0; q < state.questions.size(); ++q) {
    state.questions[q].setConstant(0.1 * static_cast<double>(q % 3) - 0.1);
  }
  const LawQuadratic quadratic = objective.Quadratic(state);
  CHECK(quadratic.value == Approx(objective.Value(state)).epsilon(1e-13));
  Eigen::VectorXd gradient(state.shared.size() + 3 * state.questions.front().size());
  gradient << quadratic.gradient, quadratic.questions[0].gradient, quadratic.questions[1].gradient,
      quadratic.questions[2].gradient;
  constexpr double kStep = 1e-5;
  for (Eigen::Index i = 0; i < gradient.size(); ++i) {
    const double difference =
        (objective.Value(Nudged(state, i, kStep)) - objective.Value(Nudged(state, i, -kStep))) /
        (2 * kStep);
    INFO("parameter " << i);
    CHECK(gradient[i] == Approx(difference).epsilon(1e-5).margin(1e-4));
  }
}

TEST_CASE("the fit of the bundled records converges to a point without a gradient") {
  const Records records = LoadRecords("aime24-qwen3");
  const Law law = FitLaw(records, ParametersOf(records), {});
  REQUIRE(law.summary.converged);
  const LawQuadratic quadratic = LawObjective(law.data, {}, {}).Quadratic(law.state);
  CHECK(quadratic.gradient.cwiseAbs().maxCoeff() < 1e-3);
  for (const QuestionBlock& block : quadratic.questions) {
    CHECK(block.gradient.cwiseAbs().maxCoeff() < 1e-3);
  }
}

}  // namespace
}  // namespace kinetics
