#pragma once

#include "kinetics/law/law_objective.h"

namespace kinetics::test {

/// All parameters in a row, the shared ones first; and back.
Eigen::VectorXd Flatten(const LawState& state);
LawState Unflatten(const Eigen::VectorXd& values, const LawState& like);
/// The gradient of an objective in that order, weights included.
Eigen::VectorXd FlatGradient(const LawQuadratic& quadratic, const Eigen::VectorXd& weights);
/// The Hessian likewise.
Eigen::MatrixXd FlatHessian(const LawQuadratic& quadratic, const Eigen::VectorXd& weights);

}  // namespace kinetics::test
