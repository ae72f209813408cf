#include "kinetics/law/law_objective.h"

#include "kinetics/io/catalogue.h"
#include "tests/law/flat.h"
#include "tests/law/whole_law.h"
#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("the gradient of a law's objective is its finite difference") {
  const test::WholeLaw problem;
  const LawObjective objective(problem.data, problem.weights, {1, 1, 1, 0, 1, 1, 1, 1});
  const LawQuadratic quadratic = objective.Quadratic(problem.state);
  CHECK(quadratic.value == Approx(objective.Value(problem.state)).epsilon(1e-13));
  const Eigen::VectorXd gradient = test::FlatGradient(quadratic, problem.weights);
  const Eigen::VectorXd at = test::Flatten(problem.state);
  constexpr double kStep = 1e-5;
  for (Eigen::Index i = 0; i < at.size(); ++i) {
    const auto value = [&](double step) {
      return objective.Value(
          test::Unflatten(at + step * Eigen::VectorXd::Unit(at.size(), i), problem.state));
    };
    INFO("parameter " << i);
    CHECK(gradient[i] ==
          Approx((value(kStep) - value(-kStep)) / (2 * kStep)).epsilon(1e-6).margin(1e-5));
  }
}

TEST_CASE("the exact Hessian of a law's objective is the finite difference of its gradient") {
  const test::WholeLaw problem;
  const LawObjective objective(problem.data, problem.weights, {});
  const LawQuadratic quadratic = objective.Quadratic(problem.state, Curvature::kExact);
  const Eigen::MatrixXd hessian = test::FlatHessian(quadratic, problem.weights);
  const Eigen::VectorXd at = test::Flatten(problem.state);
  constexpr double kStep = 1e-5;
  for (Eigen::Index i = 0; i < at.size(); ++i) {
    const auto gradient = [&](double step) {
      const Eigen::VectorXd moved = at + step * Eigen::VectorXd::Unit(at.size(), i);
      return test::FlatGradient(objective.Quadratic(test::Unflatten(moved, problem.state)),
                                problem.weights);
    };
    const Eigen::VectorXd difference = (gradient(kStep) - gradient(-kStep)) / (2 * kStep);
    INFO("parameter " << i);
    CHECK((hessian.col(i) - difference).cwiseAbs().maxCoeff() <
          1e-6 * (1 + difference.cwiseAbs().maxCoeff()));
  }
}

TEST_CASE("a question of weight 2 is the same question twice") {
  const test::WholeLaw problem;
  LawData doubled = problem.data;
  LawState state = problem.state;
  doubled.questions.push_back(doubled.questions[1]);
  doubled.cells.push_back(doubled.cells[1]);
  state.questions.push_back(state.questions[1]);
  const LawObjective weighted(problem.data, Eigen::VectorXd{{1, 2, 1, 1}}, {});
  const LawObjective twice(doubled, {}, {});
  CHECK(weighted.Value(problem.state) == Approx(twice.Value(state)).epsilon(1e-13));
  CHECK((weighted.Quadratic(problem.state).hessian - twice.Quadratic(state).hessian).norm() <
        1e-10 * weighted.Quadratic(problem.state).hessian.norm());
}

TEST_CASE("runs that are not used change nothing") {
  const test::WholeLaw problem;
  LawData without = problem.data;
  for (std::vector<LawCell>& cells : without.cells) {
    std::erase_if(cells, [](const LawCell& cell) { return cell.run == 2; });
  }
  const LawObjective unused(problem.data, {}, {1, 1, 0, 1, 1, 1, 1, 1});
  const LawObjective absent(without, {}, {});
  CHECK(unused.Value(problem.state) == absent.Value(problem.state));
}

}  // namespace
}  // namespace kinetics
