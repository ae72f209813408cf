#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <vector>

#include "kinetics/law/curve_problem.h"

namespace kinetics {

/// How often each point is drawn.
struct CurveResamples {
  int64_t count = 0;
  uint64_t seed = 1;
  /// The rows of each resample; where given, instead of `count` drawn ones.
  std::vector<std::vector<Eigen::Index>> given;
  std::function<void(size_t done, size_t all)> progress;  ///< May be empty.

  int64_t Size() const { return given.empty() ? count : static_cast<int64_t>(given.size()); }
};

/// Fits of resamples.
struct CurveDraws {
  /// Resamples x parameters (theta), of those that could be fitted, in their order.
  Eigen::MatrixXd theta;
  int64_t left_out = 0;       ///< Cannot determine the parameters: too few different x.
  int64_t not_converged = 0;  ///< Of those fitted.
};

/// Resamples points, or whole clusters where `points` has them, as many as there are, and fits each
/// from `start`, the optimum of all points, with the small solver. `problem` is of `points`.
/// Resample r depends on (seed, r) alone: the same bytes come out whatever the number of OpenMP
/// threads.
CurveDraws Resample(const CurveProblem& problem, const CurvePoints& points,
                    const Eigen::VectorXd& start, const CurveResamples& resamples);

}  // namespace kinetics
