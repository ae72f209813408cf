#include "kinetics/law/newton.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

namespace kinetics {
namespace {

/// A Newton step.
struct Step {
  Eigen::Vector2d step;
  double gain = 0;  ///< Twice what the quadratic model falls by.
  bool is_convex = false;
};

/// Downhill whatever the curvature.
Step NewtonStep(const SecondOrder& at) {
  Eigen::SelfAdjointEigenSolver<Eigen::Matrix2d> eigen;
  eigen.computeDirect(at.hessian);
  Eigen::Vector2d curvature = eigen.eigenvalues().cwiseAbs();
  curvature = curvature.cwiseMax(1e-14 * curvature.maxCoeff() + 1e-300);
  const Eigen::Vector2d along = eigen.eigenvectors().transpose() * at.gradient;
  const Eigen::Vector2d step = -(eigen.eigenvectors() * along.cwiseQuotient(curvature));
  return {.step = step,
          .gain = -at.gradient.dot(step),
          .is_convex = eigen.eigenvalues().minCoeff() > 0};
}

}  // namespace

NewtonMinimum MinimizeNewton(const SecondOrderFunction& function, const Eigen::Vector2d& start) {
  constexpr int kMostIterations = 100;
  constexpr double kLongestStep = 2;
  constexpr double kTolerance = 1e-11;  // of the value; the last step squares what is left
  // Gradients stay exact where differences of values drown in rounding: steps that gain less than
  // this share of the value are not checked by it.
  constexpr double kUnchecked = 1e-8;
  constexpr double kExactFit = 1e-26;  // below it a sum of squares is rounding
  constexpr double kShortestStep = 1e-12;
  NewtonMinimum minimum = {.x = start};
  SecondOrder at = function(start);
  for (; minimum.iterations < kMostIterations; ++minimum.iterations) {
    minimum.value = at.value;
    auto [step, gain, is_convex] = NewtonStep(at);
    if (!std::isfinite(at.value) || !step.allFinite() ||
        minimum.x.cwiseAbs().maxCoeff() > kRunaway) {
      return minimum;
    }
    const double size = std::abs(at.value);
    if (gain <= kTolerance * size + kExactFit) {
      minimum.x += step;
      minimum.converged = is_convex;
      return minimum;
    }
    step *= std::min(1.0, kLongestStep / step.norm());
    SecondOrder next = function(minimum.x + step);
    while (gain > kUnchecked * size && !(next.value < at.value)) {
      step /= 2;
      if (step.norm() < kShortestStep) {
        return minimum;
      }
      next = function(minimum.x + step);
    }
    minimum.x += step;
    at = next;
  }
  return minimum;
}

}  // namespace kinetics
