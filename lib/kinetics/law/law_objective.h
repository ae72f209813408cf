#pragma once

#include <Eigen/Core>
#include <vector>

#include "kinetics/law/law_curves.h"
#include "kinetics/law/law_quadratic.h"

namespace kinetics {

/// Logit, log concentration, mean and log deviation of the log length of a level's trials.
struct CellMeans {
  double logit = 0;
  double log_concentration = 0;
  double log_length = 0;
  double log_deviation = 0;
};

/// The losses of both halves of a cell: of counts by logit and log concentration, of lengths by
/// mean and log deviation.
struct CellLosses {
  CellLoss counts;
  CellLoss lengths;
};

/// The negative log posterior of a law: likelihood of counts and of lengths of every run on every
/// question, and priors, up to constants.
class LawObjective {
 public:
  /// `data` must outlive this object. `weights`: how often each question counts, its priors
  /// included; empty: once. `used`: runs that count; empty: all.
  LawObjective(const LawData& data, Eigen::VectorXd weights, std::vector<uint8_t> used);

  double Value(const LawState& state) const;

  /// The gradient is exact.
  LawQuadratic Quadratic(const LawState& state, Curvature curvature = Curvature::kPositive) const;

  const LawData& Data() const { return *data_; }
  const Eigen::VectorXd& Weights() const { return weights_; }
  /// Where each run lies.
  const std::vector<LawSite>& Sites() const { return sites_; }
  /// The shared parameters that one half of a level's runs depends on.
  const std::vector<Eigen::Index>& ParametersOf(size_t level, LawHalf half) const {
    return parameters_[2 * level + half];
  }
  bool Uses(const LawCell& cell) const { return used_.empty() || used_[cell.run] != 0; }
  /// What a cell's trials say, by its means.
  CellLosses LossesOf(const LawCell& cell, const CellMeans& means) const;

 private:
  /// What a cell says of lengths.
  LengthStatistics LengthsOf(const LawCell& cell) const;
  double PriorValue(const LawState& state) const;

  const LawData* data_;
  std::vector<LawSite> sites_;
  std::vector<double> log_limits_;                     // by run
  std::vector<std::vector<Eigen::Index>> parameters_;  // by level and half
  Eigen::VectorXd weights_;
  std::vector<uint8_t> used_;
};

/// Combines curves with a question's effects. Without a level its deviations are 0.
CellMeans MeansOf(const LawCurves& curves, const Eigen::VectorXd& question,
                  std::optional<size_t> level);

/// A question's effects that act as factors; and MeansOf with these at hand.
EffectFactors FactorsOf(const Eigen::VectorXd& question);
CellMeans MeansOf(const LawCurves& curves, const Eigen::VectorXd& question,
                  const EffectFactors& factors, std::optional<size_t> level);

}  // namespace kinetics
