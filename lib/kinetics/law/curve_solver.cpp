#include "kinetics/law/curve_solver.h"

#include <Eigen/Dense>
#include <cmath>
#include <limits>

namespace kinetics {
namespace {

using Eigen::ArrayXd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int kMostSteps = 1000;
// The largest cosine between the residuals and a column of the Jacobian at a minimum. The objective
// is within its square times the condition of the problem (up to some 1e6) of the minimum.
constexpr double kCosine = 1e-10;
// Of the objective: below what its sum can resolve.
constexpr double kDecrease = 1e-16;

/// Of the objective at one theta.
struct QuadraticModel {
  VectorXd gradient;
  MatrixXd curvature;
  ArrayXd scale;  // of each parameter: its diagonal under the reweighted loss, above 0
};

void Build(const CurveProblem& problem, const CurveProblem::Workspace& work,
           QuadraticModel& model) {
  const MatrixXd& jacobian = work.jacobian;
  const ArrayXd& r = work.residuals;
  const ArrayXd& weights = problem.Weights();
  if (!problem.Huber()) {
    const MatrixXd weighted = jacobian.array().colwise() * weights;
    model.gradient.noalias() = weighted.transpose() * r.matrix();
    model.curvature.noalias() = weighted.transpose() * jacobian;
    model.scale = model.curvature.diagonal().array();
  } else {
    const double d = *problem.Huber();
    const ArrayXd size = r.abs();
    const ArrayXd inside = (size <= d).select(weights, 0.0);
    const ArrayXd influence = weights * r.max(-d).min(d);
    const ArrayXd reweighted = weights * (d / size.max(d));
    const MatrixXd weighted = jacobian.array().colwise() * inside;
    model.gradient.noalias() = jacobian.transpose() * influence.matrix();
    model.curvature.noalias() = weighted.transpose() * jacobian;
    model.scale = (jacobian.array().square().colwise() * reweighted).colwise().sum().transpose();
  }
  // A column of zeros must not leave the system singular.
  model.scale =
      model.scale.max(1e-30 * model.scale.maxCoeff() + std::numeric_limits<double>::min());
}

/// Takes parameters out that stand at their bounds and would pass them.
void Hold(const CurveProblem& problem, const VectorXd& theta, QuadraticModel& model) {
  for (Index k = 0; k < theta.size(); ++k) {
    if (theta[k] <= problem.Lower()[static_cast<size_t>(k)] && model.gradient[k] >= 0) {
      model.gradient[k] = 0;
      model.curvature.row(k).setZero();
      model.curvature.col(k).setZero();
    }
  }
}

/// theta + step, on the right side of the bounds.
VectorXd Moved(const CurveProblem& problem, const VectorXd& theta, const VectorXd& step) {
  VectorXd moved = theta + step;
  for (Index k = 0; k < theta.size(); ++k) {
    moved[k] = std::max(moved[k], problem.Lower()[static_cast<size_t>(k)]);
  }
  return moved;
}

}  // namespace

CurveSolution Solve(const CurveProblem& problem, const VectorXd& start) {
  CurveProblem::Workspace work;
  CurveSolution solution = {.theta = start};
  solution.objective = problem.Evaluate(start, true, work);
  if (!std::isfinite(solution.objective)) {
    return solution;
  }
  QuadraticModel model;
  double damping = 1e-4;
  double growth = 2;
  bool is_new = true;
  while (solution.iterations < kMostSteps) {
    if (is_new) {
      Build(problem, work, model);
      Hold(problem, solution.theta, model);
      const double cosine = (model.gradient.array().abs() / model.scale.sqrt()).maxCoeff() /
                            std::sqrt(2 * solution.objective);
      if (solution.objective == 0 || cosine <= kCosine) {
        solution.converged = true;
        return solution;
      }
    }
    MatrixXd system = model.curvature;
    system.diagonal().array() += damping * model.scale;
    const VectorXd step = -system.ldlt().solve(model.gradient);
    const VectorXd next = Moved(problem, solution.theta, step);
    const VectorXd moved = next - solution.theta;
    const double predicted = -model.gradient.dot(moved) - 0.5 * moved.dot(model.curvature * moved);
    ++solution.iterations;
    const double objective = problem.Evaluate(next, true, work);
    const double decrease = solution.objective - objective;
    is_new = std::isfinite(objective) && decrease > 0;
    const bool is_negligible = std::abs(predicted) <= kDecrease * solution.objective;
    if (is_new) {
      solution.theta = next;
      solution.objective = objective;
      const double gain = 2 * decrease / std::max(predicted, decrease * 1e-3) - 1;
      damping = std::max(damping * std::max(1.0 / 5, 1 - gain * gain * gain), 1e-16);
      growth = 2;
    } else {
      damping *= growth;
      growth *= 2;
    }
    if (is_negligible || !std::isfinite(damping)) {
      // Damping overflows only where the gradient does: a smaller step predicts less.
      solution.converged = is_negligible;
      return solution;
    }
  }
  return solution;
}

}  // namespace kinetics
