#include "kinetics/law/curve_problem.h"

#include "kinetics/law/curve_start.h"
#include "tests/law/curves.h"
#include "tests/test.h"

namespace kinetics {
namespace {

/// The coefficients that suit one value of each shape.
Eigen::VectorXd ThetaAt(const CurveProblem& problem, const Eigen::VectorXd& shapes) {
  std::vector<CurveAxis> axes = StartAxes(problem);
  for (size_t k = 0; k < axes.size(); ++k) {
    axes[k].values = Eigen::VectorXd::Constant(1, shapes[static_cast<Eigen::Index>(k)]);
  }
  return Starts(problem, axes, 1, 1).front();
}

/// A place near the middle of the grid, where every parameter has an effect.
Eigen::VectorXd Place(const CurveProblem& problem) {
  const std::vector<CurveAxis> axes = StartAxes(problem);
  Eigen::VectorXd shapes(static_cast<Eigen::Index>(axes.size()));
  for (size_t k = 0; k < axes.size(); ++k) {
    const Eigen::VectorXd& values = axes[k].values;
    shapes[static_cast<Eigen::Index>(k)] = values[values.size() * 5 / 8] + 0.01;
  }
  return ThetaAt(problem, shapes);
}

TEST_CASE("gradients of every form and residual equal finite differences", "[curve]") {
  for (const CurveFormSpec& spec : CurveForms()) {
    const CurvePoints points = test::Synthetic(spec.form, test::Truth(spec.form), 12, 0.1, 1);
    for (const CurveResidual residual :
         {CurveResidual::kLinear, CurveResidual::kLog, CurveResidual::kLog1p}) {
      INFO(spec.name << ", " << Name(residual));
      const CurveProblem problem(spec, points, {.residual = residual});
      Eigen::VectorXd theta = Place(problem);
      // Logarithms of curves need curves above 0.
      theta.head(static_cast<Eigen::Index>(spec.terms.size())).array() +=
          spec.log_link ? 0.0 : 0.05;
      CurveProblem::Workspace at;
      if (!std::isfinite(problem.Evaluate(theta, true, at))) {
        theta[0] = 2;
        REQUIRE(std::isfinite(problem.Evaluate(theta, true, at)));
      }
      for (Eigen::Index k = 0; k < theta.size(); ++k) {
        const double step = 1e-6 * std::max(1.0, std::abs(theta[k]));
        CurveProblem::Workspace above;
        CurveProblem::Workspace below;
        problem.Evaluate(theta + step * Eigen::VectorXd::Unit(theta.size(), k), false, above);
        problem.Evaluate(theta - step * Eigen::VectorXd::Unit(theta.size(), k), false, below);
        const Eigen::VectorXd slope = (above.residuals - below.residuals).matrix() / (2 * step);
        const double scale = 1 + at.jacobian.col(k).cwiseAbs().maxCoeff();
        CHECK((slope - at.jacobian.col(k)).cwiseAbs().maxCoeff() < 2e-7 * scale);
      }
    }
  }
}

TEST_CASE("parameters of every form are those of its formula", "[curve]") {
  for (const CurveFormSpec& spec : CurveForms()) {
    INFO(spec.name);
    const CurvePoints points = test::Synthetic(spec.form, test::Truth(spec.form), 12, 0.1, 1);
    const CurveProblem problem(spec, points, {});
    const Eigen::VectorXd theta = Place(problem);
    const Eigen::VectorXd parameters = problem.Parameters(theta);
    const Eigen::ArrayXd predicted = problem.Predict(theta, points.x);
    for (Eigen::Index i = 0; i < points.y.size(); ++i) {
      const double expected = test::Formula(spec.form, parameters, points.x.row(i).transpose());
      CHECK(predicted[i] == Approx(expected).epsilon(1e-9).margin(1e-12));
    }
  }
}

TEST_CASE("the objective is a sum of half squares or Huber's losses in units of y", "[curve]") {
  CurvePoints points;
  points.inputs = {"x"};
  points.x = Eigen::ArrayXXd::Ones(3, 1);
  points.x(1, 0) = 10;
  points.x(2, 0) = 100;
  points.y.resize(3);
  points.y << 100, 200, 700;
  const auto objective = [&](const CurveLoss& loss) {
    const CurveProblem problem(Spec(CurveForm::kLogLinear), points, loss);
    // y = 400 everywhere: residuals 300, 200 and -300.
    const Eigen::Vector2d theta(400.0 / 700, 0);
    CurveProblem::Workspace work;
    return problem.Evaluate(theta, false, work) * problem.ObjectiveScale();
  };
  CHECK(objective({}) == Approx((300.0 * 300 + 200 * 200 + 300 * 300) / 2));
  CHECK(objective({.huber = 250}) == Approx(250 * (300 - 125) * 2 + 200 * 200 / 2));
  const auto square = [](double ratio) { return std::log(ratio) * std::log(ratio) / 2; };
  CHECK(objective({.residual = CurveResidual::kLog}) ==
        Approx(square(4) + square(2) + square(4.0 / 7)));
  CHECK(objective({.residual = CurveResidual::kLog1p}) ==
        Approx(square(401.0 / 101) + square(401.0 / 201) + square(401.0 / 701)));
}

TEST_CASE("projection keeps what must not be negative from being so", "[curve]") {
  // y = 10 - 0.001 x falls to 0: E + a x^-0.1 would need E below 0.
  CurvePoints points;
  points.inputs = {"x"};
  points.x.resize(3, 1);
  points.x << 1, 10, 100;
  points.y.resize(3);
  points.y << 10, 5, 0.1;
  const CurveProblem problem(Spec(CurveForm::kSaturatingPower), points, {});
  const Eigen::VectorXd theta = ThetaAt(problem, Eigen::VectorXd::Constant(1, 0.1));
  CHECK(theta[0] == 0);
  CHECK(theta[1] > 0);
}

}  // namespace
}  // namespace kinetics
