#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <vector>

#include "kinetics/law/law_objective.h"

namespace kinetics {

/// The Cholesky factorisation of a second-order model's Hessian H + damping diag(H): deviations are
/// eliminated first, one by one, then each question's effects, then the shared parameters are left.
/// O(questions (levels parameters^2 + effects shared^2) + shared^3), `parameters` being those that
/// one half of a level depends on. A question of weight 0 has the factors of its priors.
class ArrowFactor {
 public:
  ArrowFactor(const LawQuadratic& quadratic, const Eigen::VectorXd& weights, double damping);

  /// Whether it exists. Else nothing below may be called.
  bool IsPositiveDefinite() const { return is_positive_definite_; }

  /// -(H + damping diag(H))^-1 gradient.
  LawState Step(const LawQuadratic& quadratic) const;

  /// L'^-1 z, which has covariance H^-1 where z is standard normal.
  LawState Spread(const LawState& z) const;

  /// The lower factor of the Schur complement of the shared parameters.
  Eigen::MatrixXd SharedFactor() const { return shared_.matrixL(); }

 private:
  using Effects = Eigen::Matrix<double, kQuestionEffects, Eigen::Dynamic>;
  using EffectsMatrix = Eigen::Matrix<double, kQuestionEffects, kQuestionEffects>;

  /// What deviations respond to: minus the derivatives of their optimum, a question a column.
  struct Response {
    LawHalf half;
    std::vector<Eigen::Index> parameters;
    Eigen::VectorXd variance;  // of a deviation, all else given
    Eigen::Matrix3Xd effects;
    Eigen::MatrixXd shared;
  };

  void EliminateDeviations(const LawQuadratic& quadratic, double damping, Eigen::MatrixXd& schur);
  void EliminateEffects(Eigen::MatrixXd& schur);
  /// From shared values to the effects and deviations, given what these would be by themselves:
  /// effects after their own factor's first half, deviations as they are.
  LawState Substitute(Eigen::VectorXd shared, Effects effects, Eigen::MatrixXd deviations) const;

  bool is_positive_definite_ = true;
  Eigen::VectorXd weights_;
  std::vector<Response> responses_;      // by level and half
  std::vector<EffectsMatrix> hessians_;  // of each question, then their lower factors
  Eigen::MatrixXd cross_;                // shared by all questions' effects; then times L'^-1
  Eigen::LLT<Eigen::MatrixXd> shared_;
};

}  // namespace kinetics
