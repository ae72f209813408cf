#pragma once

#include "kinetics/solve/solver.h"

namespace kinetics {

/// What the module of solvers offers.
struct SolverModule {
  Solution (*least_squares)(const LeastSquares&, const Eigen::VectorXd& start,
                            const SolverOptions&);
  Solution (*smooth)(const SmoothFunction&, const Eigen::VectorXd& start, const SolverOptions&);
};

/// The one symbol that the module exports: a function that returns its SolverModule.
inline constexpr const char* kSolverModuleSymbol = "kinetics_solver_module";
using SolverModuleFunction = const SolverModule* (*)();

}  // namespace kinetics
