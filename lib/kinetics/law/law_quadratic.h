#pragma once

#include <Eigen/Core>
#include <vector>

#include "kinetics/law/law_half.h"
#include "kinetics/law/law_state.h"

namespace kinetics {

/// One question's share of the second derivatives of the objective.
struct QuestionBlock {
  /// By its own effects, but for deviations, twice.
  Eigen::Matrix<double, kQuestionEffects, kQuestionEffects> hessian;
  /// By the shared parameters (rows) and those effects.
  Eigen::Matrix<double, Eigen::Dynamic, kQuestionEffects> cross;
};

/// What one level deviates by in one half on every question (columns). No deviation meets another
/// but through its question's effects and the shared parameters.
struct DeviationBlock {
  std::vector<Eigen::Index> parameters;  ///< Shared ones that this half of the level depends on.
  Eigen::VectorXd hessian;               ///< By the deviation twice.
  Eigen::Matrix3Xd effects;              ///< By the half's effects (rows) and the deviation.
  Eigen::MatrixXd cross;                 ///< By `parameters` (rows) and the deviation.
};

/// A second-order model of the objective around a point. Its Hessian is an arrow of arrows:
/// deviations meet in their question's effects, questions meet in the shared parameters.
struct LawQuadratic {
  double value = 0;
  LawState gradient;        ///< Of questions as if each counted once.
  Eigen::MatrixXd hessian;  ///< By the shared parameters twice.
  std::vector<QuestionBlock> questions;
  std::vector<DeviationBlock> deviations;  ///< By level and half: 2 level + half.
};

}  // namespace kinetics
