#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kinetics {

/// sum over i of loss(r_i(x)), with loss(r) = r^2 / 2, or Huber's with threshold d:
///
///   r^2 / 2 where |r| <= d, else d (|r| - d / 2).
///
/// A sum, never a mean: the stopping rules of a solver depend on the scale.
struct LeastSquares {
  size_t parameters = 0;
  size_t residuals = 0;
  /// Writes r_i(x), and its gradient (`parameters` numbers) where that is not null. Returns false
  /// where x is outside the domain.
  std::function<bool(size_t i, const double* x, double* residual, double* gradient)> residual;
  std::optional<double> huber;  ///< d, above 0; without: squared.
  std::vector<double> lower;    ///< Lower bounds, -infinity for none; empty: none at all.
};

/// A smooth function to minimise, such as a negative log-likelihood.
struct SmoothFunction {
  size_t parameters = 0;
  /// Writes f(x), and its gradient where that is not null. Returns false where x is outside the
  /// domain.
  std::function<bool(const double* x, double* value, double* gradient)> evaluate;
};

struct SolverOptions {
  int max_iterations = 1000;
  double function_tolerance = 1e-12;   ///< Relative change of the objective.
  double parameter_tolerance = 1e-12;  ///< Relative change of the parameters.
  double gradient_tolerance = 1e-16;   ///< Largest component; absolute.
};

/// Where a solver stopped.
struct Solution {
  enum class Status {
    kConverged,  ///< A tolerance was met.
    kStopped,    ///< Out of iterations; x is the best point so far.
    kFailed,     ///< No usable point: the start is outside the domain, or numbers overflowed.
  };
  Status status = Status::kFailed;
  Eigen::VectorXd x;     ///< The start where it failed.
  double objective = 0;  ///< At x; meaningless where it failed.
  int iterations = 0;    ///< Tried steps.
  double seconds = 0;    ///< Wall time.
  std::string reason;    ///< The solver's own words.
};

/// Levenberg-Marquardt with dense QR (Ceres). `start` must respect the bounds. Single-threaded and
/// safe to call from several threads.
///
/// The solver is a module that is loaded by the first call, so that commands that fit nothing do
/// not pay for its libraries. Throws Error where it cannot be loaded.
Solution Minimize(const LeastSquares& problem, const Eigen::VectorXd& start,
                  const SolverOptions& options);

/// BFGS with a Wolfe line search (Ceres).
Solution Minimize(const SmoothFunction& function, const Eigen::VectorXd& start,
                  const SolverOptions& options);

}  // namespace kinetics
