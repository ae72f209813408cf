#include "kinetics/law/curve_solver.h"

#include "kinetics/law/curve_start.h"
#include "tests/law/curves.h"
#include "tests/test.h"

namespace kinetics {
namespace {

SolverOptions Tight() {
  SolverOptions options;
  options.function_tolerance = 1e-15;
  options.parameter_tolerance = 1e-15;
  return options;
}

TEST_CASE("the small solver ends where Ceres does, for every form and loss", "[curve]") {
  for (const CurveFormSpec& spec : CurveForms()) {
    for (const auto& huber : {std::optional<double>(), std::optional<double>(0.02)}) {
      for (uint64_t seed = 1; seed <= 3; ++seed) {
        INFO(spec.name << ", seed " << seed << (huber ? ", huber" : ""));
        const CurvePoints points =
            test::Synthetic(spec.form, test::Truth(spec.form), 40, 0.02, seed);
        const CurveProblem problem(spec, points, {.huber = huber});
        const Eigen::VectorXd start = Starts(problem, StartAxes(problem), 1, 1).front();
        const CurveSolution ours = Solve(problem, start);
        const Solution ceres = Minimize(problem.ForSolver(), start, Tight());
        CHECK(ours.converged);
        CHECK(ours.objective <= ceres.objective * (1 + 1e-9));
      }
    }
  }
}

TEST_CASE("a weight counts as so many points", "[curve]") {
  const CurveForm form = CurveForm::kSaturatingPower;
  const CurvePoints points = test::Synthetic(form, test::Truth(form), 8, 0.05, 1);
  const CurveProblem problem(Spec(form), points, {.huber = 0.01});
  const std::vector<Eigen::Index> once = {0, 1, 3, 5, 6};
  const std::vector<double> weights = {2, 1, 3, 1, 1};
  const std::vector<Eigen::Index> drawn = {0, 0, 1, 3, 3, 3, 5, 6};
  const Eigen::VectorXd start = Starts(problem, StartAxes(problem), 1, 1).front();
  const CurveSolution a = Solve(problem.Subset(once, weights), start);
  const CurveSolution b = Solve(problem.Subset(drawn, std::vector<double>(8, 1.0)), start);
  CHECK(a.objective == Approx(b.objective).epsilon(1e-12));
  CHECK(a.theta.isApprox(b.theta, 1e-6));
}

TEST_CASE("a parameter stays at its bound where the minimum is beyond", "[curve]") {
  // y = x^-0.5 - 0.02: E would be below 0.
  CurvePoints points;
  points.inputs = {"x"};
  points.x.resize(6, 1);
  points.x << 1, 3, 10, 30, 100, 300;
  points.y = points.x.col(0).pow(-0.5) - 0.02;
  const CurveProblem problem(Spec(CurveForm::kSaturatingPower), points, {});
  const Eigen::VectorXd start = Starts(problem, StartAxes(problem), 1, 1).front();
  const CurveSolution ours = Solve(problem, start);
  CHECK(ours.converged);
  CHECK(ours.theta[0] == 0);
  const Solution ceres = Minimize(problem.ForSolver(), start, Tight());
  CHECK(ours.objective == Approx(ceres.objective).epsilon(1e-9));
}

TEST_CASE("a start outside the domain is not solved", "[curve]") {
  const CurvePoints points =
      test::Synthetic(CurveForm::kPower, test::Truth(CurveForm::kPower), 5, 0, 1);
  const CurveProblem problem(Spec(CurveForm::kPower), points, {.residual = CurveResidual::kLog});
  const CurveSolution solution = Solve(problem, Eigen::Vector2d(-1, 0));
  CHECK_FALSE(solution.converged);
  CHECK(solution.iterations == 0);
}

}  // namespace
}  // namespace kinetics
