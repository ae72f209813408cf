// The only file that includes Ceres, built as a module of its own: its libraries take about 5 ms to
// load.
#include <ceres/ceres.h>
#include <glog/logging.h>

#include <cmath>
#include <memory>
#include <optional>

#include "kinetics/solve/module.h"

namespace kinetics {
namespace {

/// One residual a block: Ceres applies a loss to the norm of a block.
class Residual final : public ceres::CostFunction {
 public:
  Residual(const LeastSquares& problem, size_t index) : problem_(problem), index_(index) {
    set_num_residuals(1);
    mutable_parameter_block_sizes()->push_back(static_cast<int>(problem.parameters));
  }

  bool Evaluate(double const* const* parameters, double* residuals,
                double** jacobians) const override {
    double* gradient = jacobians == nullptr ? nullptr : jacobians[0];
    return problem_.residual(index_, parameters[0], residuals, gradient) &&
           std::isfinite(residuals[0]);
  }

 private:
  const LeastSquares& problem_;
  size_t index_;
};

class Function final : public ceres::FirstOrderFunction {
 public:
  explicit Function(const SmoothFunction& function) : function_(function) {}

  bool Evaluate(const double* parameters, double* cost, double* gradient) const override {
    return function_.evaluate(parameters, cost, gradient) && std::isfinite(*cost);
  }
  int NumParameters() const override { return static_cast<int>(function_.parameters); }

 private:
  const SmoothFunction& function_;
};

Solution::Status StatusOf(ceres::TerminationType type) {
  switch (type) {
    case ceres::CONVERGENCE:
    case ceres::USER_SUCCESS:
      return Solution::Status::kConverged;
    case ceres::NO_CONVERGENCE:
      return Solution::Status::kStopped;
    default:
      return Solution::Status::kFailed;
  }
}

/// Adds what a solver did to `solution`.
template <typename Summary>
void Record(const Summary& summary, Solution& solution) {
  solution.status = StatusOf(summary.termination_type);
  solution.objective = summary.final_cost;
  solution.iterations += static_cast<int>(summary.iterations.size());
  solution.seconds += summary.total_time_in_seconds;
  solution.reason = summary.message;
}

/// The parameters that stand at their lower bounds.
std::vector<int> ActiveBounds(const LeastSquares& problem, const Eigen::VectorXd& x) {
  std::vector<int> active;
  for (size_t p = 0; p < problem.lower.size(); ++p) {
    if (x[static_cast<Eigen::Index>(p)] <= problem.lower[p]) {
      active.push_back(static_cast<int>(p));
    }
  }
  return active;
}

Solution SolveLeastSquares(const LeastSquares& least_squares, const Eigen::VectorXd& start,
                           const SolverOptions& options) {
  Solution solution = {.x = start};
  // All blocks share one loss; the problem owns their costs.
  std::optional<ceres::HuberLoss> loss;
  if (least_squares.huber) {
    loss.emplace(*least_squares.huber);
  }
  ceres::Problem::Options ownership;
  ownership.loss_function_ownership = ceres::DO_NOT_TAKE_OWNERSHIP;
  ceres::Problem problem(ownership);
  for (size_t i = 0; i < least_squares.residuals; ++i) {
    problem.AddResidualBlock(new Residual(least_squares, i), loss ? &*loss : nullptr,
                             solution.x.data());
  }
  for (size_t p = 0; p < least_squares.lower.size(); ++p) {
    if (std::isfinite(least_squares.lower[p])) {
      problem.SetParameterLowerBound(solution.x.data(), static_cast<int>(p),
                                     least_squares.lower[p]);
    }
  }
  ceres::Solver::Options solver;
  solver.linear_solver_type = ceres::DENSE_QR;
  solver.max_num_iterations = options.max_iterations;
  solver.function_tolerance = options.function_tolerance;
  solver.parameter_tolerance = options.parameter_tolerance;
  solver.gradient_tolerance = options.gradient_tolerance;
  solver.logging_type = ceres::SILENT;
  solver.num_threads = 1;
  ceres::Solver::Summary summary;
  ceres::Solve(solver, &problem, &summary);
  Record(summary, solution);
  const std::vector<int> active = ActiveBounds(least_squares, solution.x);
  if (!active.empty() && active.size() < least_squares.parameters) {
    // Ceres projects its steps onto the bounds, which turns them away from the minimum along them:
    // hold what is at a bound and finish with the others.
    problem.SetManifold(solution.x.data(),
                        new ceres::SubsetManifold(static_cast<int>(start.size()), active));
    ceres::Solve(solver, &problem, &summary);
    Record(summary, solution);
  }
  return solution;
}

Solution SolveSmooth(const SmoothFunction& function, const Eigen::VectorXd& start,
                     const SolverOptions& options) {
  Solution solution = {.x = start};
  const ceres::GradientProblem problem(new Function(function));
  ceres::GradientProblemSolver::Options solver;
  solver.line_search_direction_type = ceres::BFGS;
  solver.max_num_iterations = options.max_iterations;
  solver.function_tolerance = options.function_tolerance;
  solver.parameter_tolerance = options.parameter_tolerance;
  solver.gradient_tolerance = options.gradient_tolerance;
  solver.logging_type = ceres::SILENT;
  ceres::GradientProblemSolver::Summary summary;
  ceres::Solve(solver, problem, solution.x.data(), &summary);
  Record(summary, solution);
  return solution;
}

constexpr SolverModule kModule = {.least_squares = SolveLeastSquares, .smooth = SolveSmooth};

}  // namespace
}  // namespace kinetics

extern "C" __attribute__((visibility("default"))) const kinetics::SolverModule*
kinetics_solver_module() {  // NOLINT(readability-identifier-naming): a C symbol
  // A library that logs to standard error would break the rule of one clear line.
  FLAGS_minloglevel = google::GLOG_FATAL;
  return &kinetics::kModule;
}
