#include "kinetics/law/law_laplace.h"

#include <Eigen/Cholesky>

#include "tests/law/flat.h"
#include "tests/law/whole_law.h"
#include "tests/test.h"

namespace kinetics {
namespace {

LaplaceTerm TermAt(const LawObjective& objective, const LawState& state) {
  const ArrowFactor factor(objective.Quadratic(state, Curvature::kExact), objective.Weights(), 0);
  return EvaluateLaplaceTerm(objective, state, factor);
}

TEST_CASE("the Laplace term is half the log determinants of the questions' Hessians") {
  const test::WholeLaw problem;
  const LawObjective objective(problem.data, problem.weights, {});
  const Eigen::MatrixXd hessian = test::FlatHessian(
      objective.Quadratic(problem.state, Curvature::kExact), Eigen::VectorXd::Ones(4));
  const Eigen::Index size = problem.state.questions.front().size();
  double expected = 0;
  for (Eigen::Index q = 0; q < 4; ++q) {
    const Eigen::Index at = problem.state.shared.size() + size * q;
    const Eigen::LLT<Eigen::MatrixXd> factor(hessian.block(at, at, size, size));
    REQUIRE(factor.info() == Eigen::Success);
    expected += problem.weights[q] * factor.matrixLLT().diagonal().array().log().sum();
  }
  CHECK(TermAt(objective, problem.state).value == Approx(expected).epsilon(1e-12));
}

TEST_CASE("the gradient of the Laplace term is its finite difference") {
  const test::WholeLaw problem;
  const LawObjective objective(problem.data, problem.weights, {1, 1, 1, 0, 1, 1, 1, 1});
  LawState gradient = TermAt(objective, problem.state).gradient;
  for (size_t q = 0; q < gradient.questions.size(); ++q) {
    gradient.questions[q] *= problem.weights[static_cast<Eigen::Index>(q)];
  }
  const Eigen::VectorXd flat = test::Flatten(gradient);
  const Eigen::VectorXd at = test::Flatten(problem.state);
  constexpr double kStep = 1e-5;
  for (Eigen::Index i = 0; i < at.size(); ++i) {
    const auto value = [&](double step) {
      const Eigen::VectorXd moved = at + step * Eigen::VectorXd::Unit(at.size(), i);
      return TermAt(objective, test::Unflatten(moved, problem.state)).value;
    };
    INFO("parameter " << i);
    CHECK(flat[i] ==
          Approx((value(kStep) - value(-kStep)) / (2 * kStep)).epsilon(1e-6).margin(1e-6));
  }
}

}  // namespace
}  // namespace kinetics
