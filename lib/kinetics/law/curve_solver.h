#pragma once

#include <Eigen/Core>

#include "kinetics/law/curve_problem.h"

namespace kinetics {

/// Where the small solver stopped.
struct CurveSolution {
  Eigen::VectorXd theta;
  double objective = 0;  ///< As CurveProblem::Evaluate returns it.
  int iterations = 0;    ///< Tried steps.
  bool converged = false;
};

/// Levenberg-Marquardt on the normal equations with analytic Jacobians, for problems that are
/// solved by the thousand. Huber's loss enters by its second derivative (1 inside, 0 outside): near
/// the minimum that converges quadratically where reweighting (d / |r| outside) is linear.
/// Parameters at a lower bound stay there while the objective falls beyond it. `start` must respect
/// the bounds. At most 1,000 steps.
CurveSolution Solve(const CurveProblem& problem, const Eigen::VectorXd& start);

}  // namespace kinetics
