#pragma once

#include <Eigen/Core>
#include <optional>

#include "kinetics/law/law_arrow.h"
#include "kinetics/law/law_objective.h"

namespace kinetics {

/// The law's objective as a function of the shared parameters alone, all effects of questions
/// integrated out by Laplace's method (see LaplaceTerm), at one point.
struct MarginalPoint {
  LawState state;  ///< Effects are the best for the shared parameters, but for `effects_gradient`.
  double value = 0;
  Eigen::VectorXd gradient;       ///< By the shared parameters, effects following.
  Eigen::VectorXd term_gradient;  ///< What the Laplace term adds to it.
  LawState effects_gradient;      ///< Of the objective at `state`, by all.
  ArrowFactor factor;             ///< Of its exact Hessian.
};

/// Evaluates it at the shared parameters of `start`, searching the effects from those of `start`.
/// Nothing where they have no minimum near by: Laplace's method then has no meaning.
std::optional<MarginalPoint> EvaluateMarginal(const LawObjective& objective, LawState start);

/// `point.state` moved by a step of the shared parameters, effects following along the tangent.
LawState MoveAlong(const MarginalPoint& point, const Eigen::VectorXd& step);

}  // namespace kinetics
