#include "kinetics/law/law_curves.h"

#include <cmath>

#include "kinetics/law/hill.h"

namespace kinetics {
namespace {

constexpr double kReferenceParameters = 8e9;

/// The parameters of one kind of sparse attention; a shift that is absent is 0.
struct KindParameters {
  Eigen::Index onset;
  Eigen::Index growth_onset;
  std::optional<Eigen::Index> penalty;
  std::optional<Eigen::Index> bend;
  std::optional<Eigen::Index> growth;
};

KindParameters ParametersOf(AttentionKind kind) {
  switch (kind) {
    case AttentionKind::kBlockTopk:
      return {kOnsetBlock, kGrowthOnsetBlock, kPenaltyBlock, kPenaltyBendBlock, kGrowthBlock};
    case AttentionKind::kSliding:
      return {kOnsetSliding, kGrowthOnsetSliding, kPenaltySliding, kPenaltyBendSliding,
              kGrowthSliding};
    default:
      return {kOnsetTopk, kGrowthOnsetTopk, std::nullopt, std::nullopt, std::nullopt};
  }
}

double Logistic(double x) { return 1 / (1 + std::exp(-x)); }

/// Subtracts ln B from a hill's distance.
void SubtractLogBudget(const Attention& attention, double log_odds_of_worth, Hill& hill) {
  const double worth = Logistic(log_odds_of_worth);
  const auto local = static_cast<double>(attention.local_tokens);
  const double budget = static_cast<double>(*KvBudget(attention)) - (1 - worth) * local;
  hill.Add(Hill::kDistance, -std::log(budget));
  if (local > 0) {
    const double slope = worth * (1 - worth) * local / budget;
    hill.Depend(Hill::kDistance, kLocalWorth, -slope, slope * (slope - (1 - 2 * worth)));
  }
}

/// The hills of one site: of its ability, its penalty and its growth.
class Site {
 public:
  Site(const Eigen::VectorXd& shared, const LawSite& site)
      : shared_(shared), site_(site), size_(site.log_size.value_or(0)) {
    if (site.log_size) {
      ability_ = Ability();
    }
    if (site.attention && site.attention->kind != AttentionKind::kDense) {
      penalty_ = Penalty(*site.attention);
      growth_ = Growth(*site.attention);
    }
  }

  LawCurves Evaluate(bool with_jacobian) const {
    LawCurves curves;
    curves.values.setZero();
    if (with_jacobian) {
      curves.jacobian.setZero(LawCurves::kRows, shared_.size());
    }
    AddLinear(curves);
    const auto add = [&](LawCurves::Row row, double factor, const Hill& hill) {
      curves.values[row] += factor * hill.Value();
      if (with_jacobian) {
        hill.Derive([&](Eigen::Index parameter, double slope) {
          curves.jacobian(row, parameter) += factor * slope;
        });
      }
    };
    if (ability_) {
      add(LawCurves::kAbilityRow, -1, *ability_);
    }
    if (penalty_) {
      add(LawCurves::kPenaltyRow, 1, *penalty_);
      add(LawCurves::kConcentrationRow, -shared_[kConcentrationPenalty], *penalty_);
      add(LawCurves::kGrowthRow, GrowthFactor(), *growth_);
      add(LawCurves::kDeviationRow, shared_[kDeviationGrowth], *growth_);
      if (with_jacobian) {
        curves.jacobian(LawCurves::kConcentrationRow, kConcentrationPenalty) = -penalty_->Value();
        for (const auto& [row, parameter, factor] : FactorsOfGrowth()) {
          curves.jacobian(row, parameter) = factor * growth_->Value();
        }
      }
    }
    return curves;
  }

  void AddCurvature(const LawCurves::Values& weights, Eigen::MatrixXd& hessian) const {
    if (ability_) {
      ability_->AddCurvature(-weights[LawCurves::kAbilityRow], hessian);
    }
    if (!penalty_) {
      return;
    }
    const auto add_product = [&hessian](Eigen::Index factor, double weight, const Hill& hill) {
      hill.Derive([&](Eigen::Index parameter, double slope) {
        hessian(factor, parameter) += weight * slope;
        hessian(parameter, factor) += weight * slope;
      });
    };
    penalty_->AddCurvature(weights[LawCurves::kPenaltyRow] - weights[LawCurves::kConcentrationRow] *
                                                                 shared_[kConcentrationPenalty],
                           hessian);
    add_product(kConcentrationPenalty, -weights[LawCurves::kConcentrationRow], *penalty_);
    growth_->AddCurvature(weights[LawCurves::kGrowthRow] * GrowthFactor() +
                              weights[LawCurves::kDeviationRow] * shared_[kDeviationGrowth],
                          hessian);
    for (const auto& [row, parameter, factor] : FactorsOfGrowth()) {
      add_product(parameter, weights[row] * factor, *growth_);
    }
  }

 private:
  struct Factor {
    LawCurves::Row row;
    Eigen::Index parameter;
    double factor;
  };

  Hill Ability() const {
    Hill hill;
    hill.Add(Hill::kScale, shared_, kAbilitySlope, 1);
    hill.Add(Hill::kDistance, shared_, kAbilitySize, 1);
    hill.Add(Hill::kDistance, -size_);
    hill.Add(Hill::kBend, shared_, kAbilityBend, 1);
    hill.Evaluate();
    return hill;
  }

  Hill Penalty(const Attention& attention) const {
    const KindParameters kind = ParametersOf(attention.kind);
    Hill hill;
    hill.Add(Hill::kScale, shared_, kPenalty, 1);
    hill.Add(Hill::kScale, shared_, kPenaltySize, size_);
    hill.Add(Hill::kDistance, shared_, kind.onset, 1);
    hill.Add(Hill::kDistance, shared_, kOnsetSize, size_);
    hill.Add(Hill::kBend, shared_, kPenaltyBend, 1);
    if (kind.penalty) {
      hill.Add(Hill::kScale, shared_, *kind.penalty, 1);
      hill.Add(Hill::kBend, shared_, *kind.bend, 1);
    }
    SubtractLogBudget(attention, shared_[kLocalWorth], hill);
    hill.Evaluate();
    return hill;
  }

  Hill Growth(const Attention& attention) const {
    const KindParameters kind = ParametersOf(attention.kind);
    Hill hill;
    hill.Add(Hill::kScale, shared_, kGrowth, 1);
    hill.Add(Hill::kDistance, shared_, kind.growth_onset, 1);
    hill.Add(Hill::kBend, shared_, kGrowthBend, 1);
    if (kind.growth) {
      hill.Add(Hill::kScale, shared_, *kind.growth, 1);
    }
    SubtractLogBudget(attention, shared_[kLocalWorth], hill);
    hill.Evaluate();
    return hill;
  }

  /// Of the growth row.
  double GrowthFactor() const {
    return 1 + shared_[kGrowthSize] * size_ +
           (site_.level ? shared_[LevelIndex(*site_.level, kLevelGrowth)] : 0);
  }

  /// Parameters that multiply the growth hill.
  std::vector<Factor> FactorsOfGrowth() const {
    std::vector<Factor> factors = {{LawCurves::kGrowthRow, kGrowthSize, size_},
                                   {LawCurves::kDeviationRow, kDeviationGrowth, 1}};
    if (site_.level) {
      factors.push_back({LawCurves::kGrowthRow, LevelIndex(*site_.level, kLevelGrowth), 1});
    }
    return factors;
  }

  /// What the curves are sums of beside hills.
  void AddLinear(LawCurves& curves) const {
    const auto add = [&](LawCurves::Row row, Eigen::Index parameter, double factor) {
      curves.values[row] += factor * shared_[parameter];
      if (curves.jacobian.size() > 0) {
        curves.jacobian(row, parameter) += factor;
      }
    };
    add(LawCurves::kAbilityRow, kAbility, 1);
    add(LawCurves::kConcentrationRow, kConcentration, 1);
    add(LawCurves::kLengthRow, kLength, 1);
    add(LawCurves::kLengthRow, kLengthSize, size_);
    add(LawCurves::kLengthRow, kLengthCurve, size_ * size_);
    add(LawCurves::kDeviationRow, kDeviation, 1);
    add(LawCurves::kDeviationRow, kDeviationSize, size_);
    if (site_.level) {
      add(LawCurves::kAbilityRow, LevelIndex(*site_.level, kLevelAbility), 1);
      add(LawCurves::kLengthRow, LevelIndex(*site_.level, kLevelLength), 1);
    }
  }

  const Eigen::VectorXd& shared_;
  const LawSite& site_;
  double size_;
  std::optional<Hill> ability_;
  std::optional<Hill> penalty_;
  std::optional<Hill> growth_;
};

}  // namespace

LawCurves EvaluateCurves(const Eigen::VectorXd& shared, const LawSite& site, bool with_jacobian) {
  return Site(shared, site).Evaluate(with_jacobian);
}

void AddCurvature(const Eigen::VectorXd& shared, const LawSite& site,
                  const LawCurves::Values& weights, Eigen::MatrixXd& hessian) {
  Site(shared, site).AddCurvature(weights, hessian);
}

double LogSize(double parameters) { return std::log(parameters / kReferenceParameters); }

std::vector<LawSite> SitesOf(const LawData& data) {
  std::vector<LawSite> sites;
  sites.reserve(data.runs.size());
  for (const LawRun& run : data.runs) {
    LawSite site = {.attention = run.attention, .level = run.level};
    if (run.parameters) {
      site.log_size = LogSize(*run.parameters);
    }
    sites.push_back(site);
  }
  return sites;
}

}  // namespace kinetics
