#include "kinetics/law/law_objective.h"

#include <cmath>
#include <set>

#include "kinetics/law/law_cell.h"

namespace kinetics {
namespace {

constexpr double kCutOffMargin = 3;  // engines stop up to three tokens early

double Square(double x) { return x * x; }

/// The shared parameters that one half of a site's curves depends on: those whose derivative is not
/// 0 at a point where none is by chance.
std::set<Eigen::Index> DependsOn(const LawSite& site, Eigen::Index shared, LawHalf half) {
  const Eigen::VectorXd point = Eigen::VectorXd::LinSpaced(shared, 0.5, 1.5);
  const LawCurves curves = EvaluateCurves(point, site, true);
  std::set<Eigen::Index> parameters;
  for (Eigen::Index p = 0; p < shared; ++p) {
    if (!curves.jacobian.block<kHalfSize, 1>(FirstOf(half), p).isZero(0)) {
      parameters.insert(p);
    }
  }
  return parameters;
}

}  // namespace

EffectFactors FactorsOf(const Eigen::VectorXd& question) {
  return {.discrimination = std::exp(question[kDiscrimination]),
          .sensitivity = std::exp(question[kSensitivity]),
          .length_sensitivity = std::exp(question[kLengthSensitivity])};
}

CellMeans MeansOf(const LawCurves& curves, const Eigen::VectorXd& question,
                  const EffectFactors& factors, std::optional<size_t> level) {
  const double above = curves.values[LawCurves::kAbilityRow] - question[kDifficulty];
  return {.logit = factors.discrimination * above -
                   factors.sensitivity * curves.values[LawCurves::kPenaltyRow] +
                   (level ? question[LogitIndex(*level)] : 0),
          .log_concentration = curves.values[LawCurves::kConcentrationRow],
          .log_length = curves.values[LawCurves::kLengthRow] + question[kQuestionLength] +
                        factors.length_sensitivity * curves.values[LawCurves::kGrowthRow] +
                        (level ? question[LengthIndex(*level)] : 0),
          .log_deviation = curves.values[LawCurves::kDeviationRow] + question[kQuestionDeviation]};
}

CellMeans MeansOf(const LawCurves& curves, const Eigen::VectorXd& question,
                  std::optional<size_t> level) {
  return MeansOf(curves, question, FactorsOf(question), level);
}

LawObjective::LawObjective(const LawData& data, Eigen::VectorXd weights, std::vector<uint8_t> used)
    : data_(&data), sites_(SitesOf(data)), weights_(std::move(weights)), used_(std::move(used)) {
  if (weights_.size() == 0) {
    weights_.setOnes(static_cast<Eigen::Index>(data.questions.size()));
  }
  std::vector<std::set<Eigen::Index>> parameters(kLawHalves * data.levels.size());
  for (size_t r = 0; r < data.runs.size(); ++r) {
    const LawRun& run = data.runs[r];
    const double limit = static_cast<double>(run.max_tokens.value_or(0)) - kCutOffMargin;
    log_limits_.push_back(std::log(std::max(limit, 1.0)));
    for (const LawHalf half : {kCountsHalf, kLengthsHalf}) {
      parameters[kLawHalves * run.level + half].merge(
          DependsOn(sites_[r], LevelIndex(data.levels.size(), kLevelAbility), half));
    }
  }
  for (const std::set<Eigen::Index>& of_level : parameters) {
    parameters_.emplace_back(of_level.begin(), of_level.end());
  }
}

LengthStatistics LawObjective::LengthsOf(const LawCell& cell) const {
  return {.finished = static_cast<double>(cell.finished),
          .mean = cell.mean_log_length,
          .variance = cell.variance_log_length,
          .cut_off = static_cast<double>(cell.cut_off),
          .log_limit = log_limits_[cell.run]};
}

CellLosses LawObjective::LossesOf(const LawCell& cell, const CellMeans& means) const {
  return {
      .counts = BetaBinomialLoss(cell.attempts, cell.solved, means.logit, means.log_concentration),
      .lengths = CensoredNormalLoss(LengthsOf(cell), means.log_length, means.log_deviation)};
}

double LawObjective::PriorValue(const LawState& state) const {
  double value = 0;
  for (Eigen::Index p = 0; p < kLawParameters; ++p) {
    const LawPrior& prior = LawPriors()[static_cast<size_t>(p)];
    value += Square((state.shared[p] - prior.mean) / prior.deviation) / 2;
  }
  for (size_t level = 0; level < data_->levels.size(); ++level) {
    for (Eigen::Index e = 0; e < kLevelEffects; ++e) {
      const auto effect = static_cast<LevelEffect>(e);
      const double deviation = LevelDeviation(effect, data_->levels[level].has_size);
      value += Square(state.shared[LevelIndex(level, effect)] / deviation) / 2;
    }
  }
  for (size_t q = 0; q < state.questions.size(); ++q) {
    const Eigen::VectorXd& question = state.questions[q];
    double sum = 0;
    for (Eigen::Index e = 0; e < kQuestionEffects; ++e) {
      const double mean =
          e == kQuestionLength ? state.shared[kLengthDifficulty] * question[kDifficulty] : 0;
      sum += Square((question[e] - mean) / QuestionDeviation(static_cast<QuestionEffect>(e))) / 2;
    }
    for (size_t level = 0; level < data_->levels.size(); ++level) {
      sum += Square(question[LogitIndex(level)] / kLogitDeviation) / 2;
      sum += Square(question[LengthIndex(level)] / kLengthDeviation) / 2;
    }
    value += weights_[static_cast<Eigen::Index>(q)] * sum;
  }
  return value;
}

double LawObjective::Value(const LawState& state) const {
  std::vector<LawCurves> curves;
  curves.reserve(sites_.size());
  for (const LawSite& site : sites_) {
    curves.push_back(EvaluateCurves(state.shared, site, false));
  }
  double value = PriorValue(state);
  for (size_t q = 0; q < data_->cells.size(); ++q) {
    const double weight = weights_[static_cast<Eigen::Index>(q)];
    if (weight == 0) {
      continue;
    }
    const EffectFactors factors = FactorsOf(state.questions[q]);
    double sum = 0;
    for (const LawCell& cell : data_->cells[q]) {
      if (!Uses(cell)) {
        continue;
      }
      const CellMeans means =
          MeansOf(curves[cell.run], state.questions[q], factors, data_->runs[cell.run].level);
      const CellLosses losses = LossesOf(cell, means);
      sum += losses.counts.value + losses.lengths.value;
    }
    value += weight * sum;
  }
  return value;
}

}  // namespace kinetics
