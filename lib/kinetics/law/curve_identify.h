#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>

#include "kinetics/law/curve_problem.h"

namespace kinetics {

/// Why these x cannot determine the parameters of a form, whatever y is: fewer points or different
/// x than parameters, or two inputs of which one is a constant times a power of the other. Nullopt
/// where they can. `x` is points x inputs, `names` what the inputs are called.
std::optional<std::string> WhyNotIdentifiable(const CurveFormSpec& spec, const Eigen::ArrayXXd& x,
                                              std::span<const std::string> names);

/// How well a solution is determined to first order.
struct CurveCondition {
  /// Largest over smallest singular value of the Jacobian with its columns scaled to 1, without
  /// parameters at a bound.
  double condition = 1;
  /// The parameters along the weakest direction: "A and alpha".
  std::string weakest;
  /// Parameters that change no residual: their terms vanished. Not in `condition`.
  std::string without_effect;
};

/// By the singular values of the Jacobian at theta.
CurveCondition Condition(const CurveProblem& problem, const Eigen::VectorXd& theta);

}  // namespace kinetics
