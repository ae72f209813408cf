#pragma once

#include <Eigen/Core>
#include <functional>

namespace kinetics {

/// A function of two parameters to the second order. A value that is not finite stands for a point
/// outside the domain.
struct SecondOrder {
  double value = 0;
  Eigen::Vector2d gradient = Eigen::Vector2d::Zero();
  Eigen::Matrix2d hessian = Eigen::Matrix2d::Zero();
};

using SecondOrderFunction = std::function<SecondOrder(const Eigen::Vector2d& x)>;

/// Parameters beyond this have run away: for logarithms, what they stand for is above 6.5e7 or
/// below 1.5e-8.
inline constexpr double kRunaway = 18;

/// Where MinimizeNewton stopped.
struct NewtonMinimum {
  Eigen::Vector2d x = Eigen::Vector2d::Zero();
  double value = 0;
  bool converged = false;  ///< A minimum within kRunaway, to about nine digits of x.
  int iterations = 0;
};

/// Newton's method with exact second derivatives, for small functions that are minimised thousands
/// of times (bootstrap resamples) from a good start. Negative curvature is turned round, steps are
/// cut to length 2 and halved until the function falls; ends, not converged, after 100 iterations,
/// where no step helps, or where a parameter passes kRunaway.
NewtonMinimum MinimizeNewton(const SecondOrderFunction& function, const Eigen::Vector2d& start);

}  // namespace kinetics
