#include "kinetics/law/law_arrow.h"

#include <Eigen/LU>

#include "tests/law/flat.h"
#include "tests/law/simulate.h"
#include "tests/test.h"

namespace kinetics {
namespace {

/// The second-order model of a small problem at a random point.
struct Problem {
  explicit Problem(Eigen::VectorXd question_weights) : weights(std::move(question_weights)) {
    test::SimulationOptions options;
    options.sizes = {1e9, 9e9};
    options.attentions = {"dense", "topk:64"};
    options.questions = 3;
    options.trials = 6;
    const test::Simulation simulation = test::Simulate(options, 11);
    data = ReduceRecords(simulation.records, simulation.parameters, ErrorPolicy::kWrong);
    state = simulation.truth;
    quadratic = LawObjective(data, weights, {}).Quadratic(state);
    hessian = test::FlatHessian(quadratic, weights);
  }

  LawData data;
  LawState state;
  Eigen::VectorXd weights;
  LawQuadratic quadratic;
  Eigen::MatrixXd hessian;
};

TEST_CASE("a step through the Schur complement solves the whole system, damped or not") {
  const Problem problem(Eigen::VectorXd{{1, 2, 1}});
  for (const double damping : {0.0, 0.3}) {
    Eigen::MatrixXd damped = problem.hessian;
    damped.diagonal() *= 1 + damping;
    const Eigen::VectorXd gradient = test::FlatGradient(problem.quadratic, problem.weights);
    const Eigen::VectorXd expected = -damped.partialPivLu().solve(gradient);
    const ArrowFactor factor(problem.quadratic, problem.weights, damping);
    REQUIRE(factor.IsPositiveDefinite());
    const Eigen::VectorXd step = test::Flatten(factor.Step(problem.quadratic.gradient));
    CHECK((step - expected).norm() < 1e-10 * expected.norm());
  }
}

TEST_CASE("spread standard normal numbers have the inverse Hessian as covariance") {
  const Problem problem(Eigen::VectorXd::Ones(3));
  const ArrowFactor factor(problem.quadratic, problem.weights, 0);
  const Eigen::Index size = problem.hessian.rows();
  // M from its columns: M M' is the covariance of M z.
  Eigen::MatrixXd spread(size, size);
  for (Eigen::Index i = 0; i < size; ++i) {
    spread.col(i) = test::Flatten(
        factor.Spread(test::Unflatten(Eigen::VectorXd::Unit(size, i), problem.state)));
  }
  const Eigen::MatrixXd inverse = problem.hessian.inverse();
  CHECK((spread * spread.transpose() - inverse).cwiseAbs().maxCoeff() <
        1e-10 * inverse.cwiseAbs().maxCoeff());
}

TEST_CASE("a question of weight 0 says nothing and keeps the spread of its priors") {
  const Problem problem(Eigen::VectorXd{{1, 1, 0}});
  const ArrowFactor factor(problem.quadratic, problem.weights, 0);
  const Eigen::VectorXd two = Eigen::VectorXd::Ones(2);
  LawQuadratic without = problem.quadratic;
  without.questions.pop_back();
  without.gradient.questions.pop_back();
  for (DeviationBlock& block : without.deviations) {
    block.hessian.conservativeResize(2);
    block.effects.conservativeResize(3, 2);
    block.cross.conservativeResize(block.cross.rows(), 2);
  }
  CHECK(factor.SharedFactor() == ArrowFactor(without, two, 0).SharedFactor());
  LawState z = test::Unflatten(Eigen::VectorXd::Zero(problem.hessian.rows()), problem.state);
  z.questions[2][kSensitivity] = 1;
  z.questions[2][LogitIndex(1)] = 1;
  const LawState spread = factor.Spread(z);
  CHECK(spread.questions[2][kSensitivity] == Approx(QuestionDeviation(kSensitivity)));
  CHECK(spread.questions[2][LogitIndex(1)] == Approx(kLogitDeviation));
  CHECK(spread.shared.isZero(0));
}

TEST_CASE("a Hessian that is not positive definite has no factor") {
  for (int part = 0; part < 3; ++part) {
    Problem problem(Eigen::VectorXd::Ones(3));
    LawQuadratic& quadratic = problem.quadratic;
    if (part == 0) {
      quadratic.hessian(kAbility, kAbility) = -1;
    } else if (part == 1) {
      quadratic.questions[1].hessian(kDifficulty, kDifficulty) = -1;
    } else {
      quadratic.deviations[0].hessian[1] = -1;
    }
    CHECK_FALSE(ArrowFactor(quadratic, problem.weights, 0).IsPositiveDefinite());
  }
}

}  // namespace
}  // namespace kinetics
