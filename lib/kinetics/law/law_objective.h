#pragma once

#include <Eigen/Core>
#include <vector>

#include "kinetics/law/law_model.h"

namespace kinetics {

/// A point in the space of a law's parameters.
struct LawState {
  Eigen::VectorXd shared;                  ///< Shared parameters, then effects of levels.
  std::vector<Eigen::VectorXd> questions;  ///< Effects of each question.
};

/// The prior means of a law of `levels` levels and `questions` questions.
LawState PriorMeans(size_t levels, size_t questions);

/// One question's share of a second-order model of the objective.
struct QuestionBlock {
  Eigen::VectorXd gradient;  ///< By the question's own effects.
  Eigen::MatrixXd hessian;   ///< By its own effects twice.
  Eigen::MatrixXd cross;     ///< By its own effects (rows) and the shared parameters.
};

/// A second-order model of the objective around a point: an arrow, whose questions meet in the
/// shared parameters alone.
struct LawQuadratic {
  double value = 0;
  Eigen::VectorXd gradient;  ///< By the shared parameters.
  Eigen::MatrixXd hessian;   ///< By them twice.
  std::vector<QuestionBlock> questions;
};

/// The negative log posterior of a law: likelihood of counts and of lengths of every run on every
/// question, and priors, up to constants.
class LawObjective {
 public:
  /// `data` must outlive this object. `weights`: how often each question counts, its priors
  /// included; empty: once. `used`: runs that count; empty: all.
  LawObjective(const LawData& data, Eigen::VectorXd weights, std::vector<uint8_t> used);

  double Value(const LawState& state) const;

  /// The gradient is exact. The Hessian is positive definite: of every cell the positive part,
  /// without the curvature of the curves (Gauss-Newton).
  LawQuadratic Quadratic(const LawState& state) const;

  const LawData& Data() const { return *data_; }
  const Eigen::VectorXd& Weights() const { return weights_; }

 private:
  double PriorValue(const LawState& state) const;
  void AddPriors(const LawState& state, LawQuadratic& quadratic) const;
  void AddQuestion(const LawState& state, size_t question, const std::vector<LawCurves>& curves,
                   LawQuadratic& quadratic, std::vector<Eigen::MatrixXd>& run_hessians,
                   Eigen::MatrixXd& run_gradients) const;
  bool Uses(const LawCell& cell) const { return used_.empty() || used_[cell.run] != 0; }

  const LawData* data_;
  std::vector<LawSite> sites_;
  Eigen::VectorXd weights_;
  std::vector<uint8_t> used_;
};

/// Logit, log concentration, mean and log deviation of the log length of a level's trials.
struct CellMeans {
  double logit = 0;
  double log_concentration = 0;
  double log_length = 0;
  double log_deviation = 0;
};

/// Combines curves with a question's effects. Without a level its deviations are 0.
CellMeans MeansOf(const LawCurves& curves, const Eigen::VectorXd& question,
                  std::optional<size_t> level);

}  // namespace kinetics
