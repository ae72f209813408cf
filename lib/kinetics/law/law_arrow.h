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
  using EffectsMatrix = Eigen::Matrix<double, kQuestionEffects, kQuestionEffects>;

  ArrowFactor(const LawQuadratic& quadratic, const Eigen::VectorXd& weights, double damping);

  /// Whether it exists. Else neither Step nor Spread nor SharedFactor may be called.
  bool IsPositiveDefinite() const { return is_positive_definite_; }
  /// Whether it exists for effects and deviations. Else nothing below may be called.
  bool HasEffects() const { return has_effects_; }

  /// -(H + damping diag(H))^-1 gradient.
  LawState Step(const LawState& gradient) const;

  /// The same for effects and deviations alone, where the shared parameters' step is given.
  LawState StepOfEffects(const LawState& gradient, const Eigen::VectorXd& shared) const;

  /// The shared parameters' gradient once all effects have followed to their own optimum.
  Eigen::VectorXd Reduce(const LawState& gradient) const;

  /// Of the Hessian by effects and deviations: the sum over questions, each as often as it counts.
  double EffectsLogDeterminant() const;

  /// The inverse Hessian of a question's effects, shared parameters given.
  EffectsMatrix EffectsCovariance(size_t question) const;

  /// The same for one half's effects with the deviation of a level. `effects`: EffectsCovariance.
  HalfCovariance CovarianceOf(const EffectsMatrix& effects, size_t question, size_t level,
                              LawHalf half) const;

  /// L'^-1 z, which has covariance H^-1 where z is standard normal.
  LawState Spread(const LawState& z) const;

  /// The lower factor of the Schur complement of the shared parameters.
  Eigen::MatrixXd SharedFactor() const { return shared_.matrixL(); }
  /// The Schur complement of the shared parameters: the Hessian by them once all effects follow.
  const Eigen::MatrixXd& SharedHessian() const { return schur_; }

 private:
  using Effects = Eigen::Matrix<double, kQuestionEffects, Eigen::Dynamic>;

  /// What deviations respond to: minus the derivatives of their optimum, a question a column.
  struct Response {
    LawHalf half;
    std::vector<Eigen::Index> parameters;
    Eigen::VectorXd variance;  // of a deviation, all else given
    Eigen::Matrix3Xd effects;
    Eigen::MatrixXd shared;
  };

  /// A gradient once deviations, and then effects, are eliminated; with signs of a step.
  struct Eliminated {
    Eigen::VectorXd shared;
    Effects effects;             // each question's divided by its lower factor
    Eigen::MatrixXd deviations;  // steps of their own: by level and half (rows) and question
  };

  Eliminated Eliminate(const LawState& gradient) const;
  void EliminateDeviations(const LawQuadratic& quadratic, double damping, Eigen::MatrixXd& schur);
  void EliminateEffects(Eigen::MatrixXd& schur);
  /// From shared values to the effects and deviations, given what these would be by themselves:
  /// effects after their own factor's first half, deviations as they are.
  LawState Substitute(Eigen::VectorXd shared, Effects effects, Eigen::MatrixXd deviations) const;

  bool is_positive_definite_ = false;
  bool has_effects_ = true;
  Eigen::VectorXd weights_;
  std::vector<Response> responses_;      // by level and half
  std::vector<EffectsMatrix> hessians_;  // of each question, then their lower factors
  Eigen::MatrixXd cross_;                // shared by all questions' effects; then times L'^-1
  Eigen::MatrixXd schur_;
  Eigen::LLT<Eigen::MatrixXd> shared_;
};

}  // namespace kinetics
