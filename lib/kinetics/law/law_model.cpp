#include "kinetics/law/law_model.h"

#include <cmath>

namespace kinetics {
namespace {

constexpr double kReferenceParameters = 8e9;

double Logistic(double x) { return 1 / (1 + std::exp(-x)); }

/// ln(1 + exp(x)) without overflow.
double Softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

/// softplus(b u) / b with b = exp(log_bend), and its derivatives by u and log_bend.
struct Hinge {
  double value = 0;
  double by_argument = 0;
  double by_log_bend = 0;
};

Hinge EvaluateHinge(double u, double log_bend) {
  const double bend = std::exp(log_bend);
  const double value = Softplus(bend * u) / bend;
  const double slope = Logistic(bend * u);
  return {.value = value, .by_argument = slope, .by_log_bend = slope * u - value};
}

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

/// Evaluates the curves of one site; methods fill rows of the result.
class Evaluator {
 public:
  Evaluator(const Eigen::VectorXd& shared, const LawSite& site, bool with_jacobian)
      : shared_(shared), site_(site), size_(site.log_size.value_or(0)), derive_(with_jacobian) {
    curves_.values.setZero();
    if (derive_) {
      curves_.jacobian.setZero(LawCurves::kRows, shared.size());
    }
  }

  LawCurves Evaluate() {
    FillAbility();
    Add(LawCurves::kConcentrationRow, kConcentration, 1);
    FillLength();
    Add(LawCurves::kDeviationRow, kDeviation, 1);
    Add(LawCurves::kDeviationRow, kDeviationSize, size_);
    if (site_.attention && site_.attention->kind != AttentionKind::kDense) {
      FillSparse(*site_.attention);
    }
    return curves_;
  }

 private:
  /// Adds factor * parameter to a row.
  void Add(LawCurves::Row row, Eigen::Index parameter, double factor) {
    curves_.values[row] += factor * shared_[parameter];
    Derive(row, parameter, factor);
  }

  void Derive(LawCurves::Row row, Eigen::Index parameter, double slope) {
    if (derive_) {
      curves_.jacobian(row, parameter) += slope;
    }
  }

  void FillAbility() {
    Add(LawCurves::kAbilityRow, kAbility, 1);
    if (site_.log_size) {
      const double slope = std::exp(shared_[kAbilitySlope]);
      const Hinge hinge = EvaluateHinge(shared_[kAbilitySize] - size_, shared_[kAbilityBend]);
      curves_.values[LawCurves::kAbilityRow] -= slope * hinge.value;
      Derive(LawCurves::kAbilityRow, kAbilitySlope, -slope * hinge.value);
      Derive(LawCurves::kAbilityRow, kAbilityBend, -slope * hinge.by_log_bend);
      Derive(LawCurves::kAbilityRow, kAbilitySize, -slope * hinge.by_argument);
    }
    if (site_.level) {
      Add(LawCurves::kAbilityRow, LevelIndex(*site_.level, kLevelAbility), 1);
    }
  }

  void FillLength() {
    Add(LawCurves::kLengthRow, kLength, 1);
    Add(LawCurves::kLengthRow, kLengthSize, size_);
    Add(LawCurves::kLengthRow, kLengthCurve, size_ * size_);
    if (site_.level) {
      Add(LawCurves::kLengthRow, LevelIndex(*site_.level, kLevelLength), 1);
    }
  }

  void FillSparse(const Attention& attention) {
    const KindParameters kind = ParametersOf(attention.kind);
    const double worth = Logistic(shared_[kLocalWorth]);
    const auto local = static_cast<double>(attention.local_tokens);
    const double budget = static_cast<double>(*KvBudget(attention)) - (1 - worth) * local;
    const double budget_by_worth = worth * (1 - worth) * local / budget;  // of ln B
    FillPenalty(kind, std::log(budget), budget_by_worth);
    FillGrowth(kind, std::log(budget), budget_by_worth);
  }

  double Shift(std::optional<Eigen::Index> parameter) const {
    return parameter ? shared_[*parameter] : 0;
  }

  void FillPenalty(const KindParameters& kind, double log_budget, double budget_by_worth) {
    const double scale =
        std::exp(shared_[kPenalty] + Shift(kind.penalty) + shared_[kPenaltySize] * size_);
    const double u = shared_[kind.onset] + shared_[kOnsetSize] * size_ - log_budget;
    const Hinge hinge = EvaluateHinge(u, shared_[kPenaltyBend] + Shift(kind.bend));
    const double penalty = scale * hinge.value;
    const double rate = -shared_[kConcentrationPenalty];
    curves_.values[LawCurves::kPenaltyRow] = penalty;
    curves_.values[LawCurves::kConcentrationRow] += rate * penalty;
    const auto derive = [&](Eigen::Index parameter, double slope) {
      Derive(LawCurves::kPenaltyRow, parameter, slope);
      Derive(LawCurves::kConcentrationRow, parameter, rate * slope);
    };
    derive(kPenalty, penalty);
    derive(kPenaltySize, penalty * size_);
    derive(kPenaltyBend, scale * hinge.by_log_bend);
    derive(kind.onset, scale * hinge.by_argument);
    derive(kOnsetSize, scale * hinge.by_argument * size_);
    derive(kLocalWorth, -scale * hinge.by_argument * budget_by_worth);
    if (kind.penalty) {
      derive(*kind.penalty, penalty);
      derive(*kind.bend, scale * hinge.by_log_bend);
    }
    Derive(LawCurves::kConcentrationRow, kConcentrationPenalty, -penalty);
  }

  void FillGrowth(const KindParameters& kind, double log_budget, double budget_by_worth) {
    const double scale = std::exp(shared_[kGrowth] + Shift(kind.growth));
    const Hinge hinge =
        EvaluateHinge(shared_[kind.growth_onset] - log_budget, shared_[kGrowthBend]);
    const double base = scale * hinge.value;
    const double level = site_.level ? shared_[LevelIndex(*site_.level, kLevelGrowth)] : 0;
    const double factor = 1 + shared_[kGrowthSize] * size_ + level;
    const double rate = shared_[kDeviationGrowth];
    curves_.values[LawCurves::kGrowthRow] = factor * base;
    curves_.values[LawCurves::kDeviationRow] += rate * base;
    const auto derive = [&](Eigen::Index parameter, double slope) {
      Derive(LawCurves::kGrowthRow, parameter, factor * slope);
      Derive(LawCurves::kDeviationRow, parameter, rate * slope);
    };
    derive(kGrowth, base);
    if (kind.growth) {
      derive(*kind.growth, base);
    }
    derive(kGrowthBend, scale * hinge.by_log_bend);
    derive(kind.growth_onset, scale * hinge.by_argument);
    derive(kLocalWorth, -scale * hinge.by_argument * budget_by_worth);
    Derive(LawCurves::kGrowthRow, kGrowthSize, base * size_);
    if (site_.level) {
      Derive(LawCurves::kGrowthRow, LevelIndex(*site_.level, kLevelGrowth), base);
    }
    Derive(LawCurves::kDeviationRow, kDeviationGrowth, base);
  }

  const Eigen::VectorXd& shared_;
  const LawSite& site_;
  double size_;
  bool derive_;
  LawCurves curves_;
};

}  // namespace

const std::array<LawPrior, kLawParameters>& LawPriors() {
  static const std::array<LawPrior, kLawParameters> priors = {{
      {"ability", 2.5, 2},
      {"ability_log_slope", 0.9, 0.4},
      {"ability_log_bend", 0.4, 0.5},
      {"ability_size", -0.5, 0.7},
      {"penalty_log_scale", -0.1, 0.7},
      {"penalty_log_bend", 0.3, 0.5},
      {"penalty_size", 0, 0.3},
      {"onset_size", 0, 0.5},
      {"onset_topk", 4.6, 1},
      {"onset_block_topk", 5.9, 1},
      {"penalty_log_scale_block_topk", 0, 0.3},
      {"penalty_log_bend_block_topk", 0, 0.3},
      {"onset_sliding", 7.5, 1.5},
      {"penalty_log_scale_sliding", 0, 0.3},
      {"penalty_log_bend_sliding", 0, 0.3},
      {"local_worth", 0, 1.5},
      {"log_concentration", 2.1, 1},
      {"log_concentration_penalty", 0, 0.6},
      {"log_length", 9.3, 1.5},
      {"log_length_size", -0.1, 0.3},
      {"log_length_curve", 0, 0.1},
      {"growth_log_scale", -1, 0.7},
      {"growth_log_bend", 0.3, 0.5},
      {"growth_size", 0.3, 0.5},
      {"growth_onset_topk", 5, 1},
      {"growth_onset_block_topk", 5.5, 1},
      {"growth_log_scale_block_topk", 0, 1},
      {"growth_onset_sliding", 7.5, 1.5},
      {"growth_log_scale_sliding", 0, 0.3},
      {"log_deviation", -1, 0.7},
      {"log_deviation_size", -0.1, 0.3},
      {"log_deviation_growth", 0.1, 0.5},
      {"log_length_difficulty", 0.1, 0.2},
  }};
  return priors;
}

double QuestionDeviation(QuestionEffect effect) {
  switch (effect) {
    case kDiscrimination:
      return 0.4;
    case kDifficulty:
      return 3;
    case kQuestionLength:
      return 0.6;
    default:
      return 0.3;
  }
}

double LevelDeviation(LevelEffect effect, bool has_size) {
  switch (effect) {
    case kLevelAbility:
      return has_size ? 0.3 : 2;
    case kLevelLength:
      return has_size ? 0.15 : 1;
    default:
      return 0.4;
  }
}

double LogSize(double parameters) { return std::log(parameters / kReferenceParameters); }

LawCurves EvaluateCurves(const Eigen::VectorXd& shared, const LawSite& site, bool with_jacobian) {
  return Evaluator(shared, site, with_jacobian).Evaluate();
}

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
