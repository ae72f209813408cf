#include "kinetics/law/law_objective.h"

#include <cmath>

#include "kinetics/law/law_cell.h"

namespace kinetics {
namespace {

constexpr double kCutOffMargin = 3;  // engines stop up to three tokens early

double Square(double x) { return x * x; }

LengthStatistics LengthsOf(const LawCell& cell, const LawRun& run) {
  LengthStatistics lengths = {.finished = static_cast<double>(cell.finished),
                              .mean = cell.mean_log_length,
                              .variance = cell.variance_log_length,
                              .cut_off = static_cast<double>(cell.cut_off)};
  if (run.max_tokens) {
    const double limit = static_cast<double>(*run.max_tokens) - kCutOffMargin;
    lengths.log_limit = std::log(std::max(limit, 1.0));
  }
  return lengths;
}

/// Effects of a question that the two likelihoods of a cell depend on, the model's deviation last,
/// and the derivatives of a cell's means by them and by its curves.
struct LogitJacobian {
  Eigen::Vector4d effects;  // discrimination, difficulty, sensitivity, deviation
  Eigen::Vector2d curves;   // ability, penalty
};

LogitJacobian DeriveLogit(const LawCurves& curves, const Eigen::VectorXd& question) {
  const double discrimination = std::exp(question[kDiscrimination]);
  const double sensitivity = std::exp(question[kSensitivity]);
  const double above = curves.values[LawCurves::kAbilityRow] - question[kDifficulty];
  const double penalty = curves.values[LawCurves::kPenaltyRow];
  return {.effects = {discrimination * above, -discrimination, -sensitivity * penalty, 1},
          .curves = {discrimination, -sensitivity}};
}

}  // namespace

LawState PriorMeans(size_t levels, size_t questions) {
  LawState state;
  state.shared.setZero(LevelIndex(levels, kLevelAbility));
  for (Eigen::Index p = 0; p < kLawParameters; ++p) {
    state.shared[p] = LawPriors()[static_cast<size_t>(p)].mean;
  }
  state.questions.assign(questions, Eigen::VectorXd::Zero(LogitIndex(levels)));
  return state;
}

CellMeans MeansOf(const LawCurves& curves, const Eigen::VectorXd& question,
                  std::optional<size_t> level) {
  const double above = curves.values[LawCurves::kAbilityRow] - question[kDifficulty];
  const double growth = curves.values[LawCurves::kGrowthRow];
  return {.logit = std::exp(question[kDiscrimination]) * above -
                   std::exp(question[kSensitivity]) * curves.values[LawCurves::kPenaltyRow] +
                   (level ? question[LogitIndex(*level)] : 0),
          .log_concentration = curves.values[LawCurves::kConcentrationRow],
          .log_length = curves.values[LawCurves::kLengthRow] + question[kQuestionLength] +
                        std::exp(question[kLengthSensitivity]) * growth +
                        (level ? question[LengthIndex(*level)] : 0),
          .log_deviation = curves.values[LawCurves::kDeviationRow] + question[kQuestionDeviation]};
}

LawObjective::LawObjective(const LawData& data, Eigen::VectorXd weights, std::vector<uint8_t> used)
    : data_(&data), sites_(SitesOf(data)), weights_(std::move(weights)), used_(std::move(used)) {
  if (weights_.size() == 0) {
    weights_.setOnes(static_cast<Eigen::Index>(data.questions.size()));
  }
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
    double sum = 0;
    for (const LawCell& cell : data_->cells[q]) {
      if (!Uses(cell)) {
        continue;
      }
      const LawRun& run = data_->runs[cell.run];
      const CellMeans means = MeansOf(curves[cell.run], state.questions[q], run.level);
      sum +=
          BetaBinomialLoss(cell.attempts, cell.solved, means.logit, means.log_concentration).value;
      sum += CensoredNormalLoss(LengthsOf(cell, run), means.log_length, means.log_deviation).value;
    }
    value += weight * sum;
  }
  return value;
}

void LawObjective::AddPriors(const LawState& state, LawQuadratic& quadratic) const {
  const auto add_shared = [&](Eigen::Index index, double mean, double deviation) {
    const double precision = 1 / Square(deviation);
    quadratic.gradient[index] += precision * (state.shared[index] - mean);
    quadratic.hessian(index, index) += precision;
  };
  for (Eigen::Index p = 0; p < kLawParameters; ++p) {
    const LawPrior& prior = LawPriors()[static_cast<size_t>(p)];
    add_shared(p, prior.mean, prior.deviation);
  }
  for (size_t level = 0; level < data_->levels.size(); ++level) {
    for (Eigen::Index e = 0; e < kLevelEffects; ++e) {
      const auto effect = static_cast<LevelEffect>(e);
      add_shared(LevelIndex(level, effect), 0,
                 LevelDeviation(effect, data_->levels[level].has_size));
    }
  }
  const double slope = state.shared[kLengthDifficulty];
  for (size_t q = 0; q < state.questions.size(); ++q) {
    const double weight = weights_[static_cast<Eigen::Index>(q)];
    const Eigen::VectorXd& question = state.questions[q];
    QuestionBlock& block = quadratic.questions[q];
    const auto add = [&](Eigen::Index index, double deviation) {
      const double precision = 1 / Square(deviation);
      block.gradient[index] += precision * question[index];
      block.hessian(index, index) += precision;
    };
    for (Eigen::Index e = 0; e < kQuestionEffects; ++e) {
      if (e != kQuestionLength) {
        add(e, QuestionDeviation(static_cast<QuestionEffect>(e)));
      }
    }
    for (size_t level = 0; level < data_->levels.size(); ++level) {
      add(LogitIndex(level), kLogitDeviation);
      add(LengthIndex(level), kLengthDeviation);
    }
    // The residual length - slope * difficulty couples two effects and a shared parameter.
    const double precision = 1 / Square(QuestionDeviation(kQuestionLength));
    const double residual = question[kQuestionLength] - slope * question[kDifficulty];
    block.gradient[kQuestionLength] += precision * residual;
    block.gradient[kDifficulty] -= precision * slope * residual;
    quadratic.gradient[kLengthDifficulty] -= weight * precision * question[kDifficulty] * residual;
    block.hessian(kQuestionLength, kQuestionLength) += precision;
    block.hessian(kDifficulty, kDifficulty) += precision * slope * slope;
    block.hessian(kQuestionLength, kDifficulty) -= precision * slope;
    block.hessian(kDifficulty, kQuestionLength) -= precision * slope;
    block.cross(kQuestionLength, kLengthDifficulty) -= precision * question[kDifficulty];
    block.cross(kDifficulty, kLengthDifficulty) += precision * slope * question[kDifficulty];
    quadratic.hessian(kLengthDifficulty, kLengthDifficulty) +=
        weight * precision * Square(question[kDifficulty]);
  }
}

void LawObjective::AddQuestion(const LawState& state, size_t question,
                               const std::vector<LawCurves>& curves, LawQuadratic& quadratic,
                               std::vector<Eigen::MatrixXd>& run_hessians,
                               Eigen::MatrixXd& run_gradients) const {
  const Eigen::VectorXd& effects = state.questions[question];
  const double weight = weights_[static_cast<Eigen::Index>(question)];
  QuestionBlock& block = quadratic.questions[question];
  for (const LawCell& cell : data_->cells[question]) {
    if (!Uses(cell)) {
      continue;
    }
    const LawRun& run = data_->runs[cell.run];
    const LawCurves& at = curves[cell.run];
    const CellMeans means = MeansOf(at, effects, run.level);
    const CellLoss counts =
        BetaBinomialLoss(cell.attempts, cell.solved, means.logit, means.log_concentration);
    const CellLoss lengths =
        CensoredNormalLoss(LengthsOf(cell, run), means.log_length, means.log_deviation);
    quadratic.value += weight * (counts.value + lengths.value);
    // Derivatives of (logit, log concentration, log length, log deviation), by the effects that
    // this cell depends on and by its curves.
    constexpr Eigen::Index kLocal = 8;
    const double sensitivity = std::exp(effects[kLengthSensitivity]);
    const LogitJacobian logit = DeriveLogit(at, effects);
    Eigen::Matrix<double, 4, kLocal> by_effects = Eigen::Matrix<double, 4, kLocal>::Zero();
    by_effects.block<1, 4>(0, 0) = logit.effects.transpose();
    by_effects(2, 4) = 1;
    by_effects(2, 5) = sensitivity * at.values[LawCurves::kGrowthRow];
    by_effects(3, 6) = 1;
    by_effects(2, 7) = 1;
    Eigen::Matrix<double, 4, LawCurves::kRows> by_curves;
    by_curves.setZero();
    by_curves(0, LawCurves::kAbilityRow) = logit.curves[0];
    by_curves(0, LawCurves::kPenaltyRow) = logit.curves[1];
    by_curves(1, LawCurves::kConcentrationRow) = 1;
    by_curves(2, LawCurves::kLengthRow) = 1;
    by_curves(2, LawCurves::kGrowthRow) = sensitivity;
    by_curves(3, LawCurves::kDeviationRow) = 1;
    Eigen::Matrix4d hessian = Eigen::Matrix4d::Zero();
    hessian.topLeftCorner<2, 2>() = PositivePart(counts.hessian);
    hessian.bottomRightCorner<2, 2>() = PositivePart(lengths.hessian);
    Eigen::Vector4d gradient;
    gradient << counts.gradient, lengths.gradient;

    const std::array<Eigen::Index, kLocal> indices = {
        kDiscrimination, kDifficulty,        kSensitivity,       LogitIndex(run.level),
        kQuestionLength, kLengthSensitivity, kQuestionDeviation, LengthIndex(run.level)};
    const Eigen::Matrix<double, kLocal, 1> local_gradient = by_effects.transpose() * gradient;
    const Eigen::Matrix<double, kLocal, 4> weighted = by_effects.transpose() * hessian;
    const Eigen::Matrix<double, kLocal, kLocal> local_hessian = weighted * by_effects;
    const Eigen::MatrixXd cross = (weighted * by_curves) * at.jacobian;
    for (Eigen::Index i = 0; i < kLocal; ++i) {
      const Eigen::Index row = indices[static_cast<size_t>(i)];
      block.gradient[row] += local_gradient[i];
      block.cross.row(row) += cross.row(i);
      for (Eigen::Index j = 0; j < kLocal; ++j) {
        block.hessian(row, indices[static_cast<size_t>(j)]) += local_hessian(i, j);
      }
    }
    run_gradients.col(static_cast<Eigen::Index>(cell.run)) +=
        weight * (by_curves.transpose() * gradient);
    run_hessians[cell.run] += weight * (by_curves.transpose() * hessian * by_curves);
  }
}

LawQuadratic LawObjective::Quadratic(const LawState& state) const {
  const Eigen::Index shared = state.shared.size();
  LawQuadratic quadratic = {.value = PriorValue(state)};
  quadratic.gradient.setZero(shared);
  quadratic.hessian.setZero(shared, shared);
  quadratic.questions.resize(state.questions.size());
  for (size_t q = 0; q < state.questions.size(); ++q) {
    const Eigen::Index size = state.questions[q].size();
    QuestionBlock& block = quadratic.questions[q];
    block.gradient.setZero(size);
    block.hessian.setZero(size, size);
    block.cross.setZero(size, shared);
  }
  AddPriors(state, quadratic);
  std::vector<LawCurves> curves;
  curves.reserve(sites_.size());
  for (const LawSite& site : sites_) {
    curves.push_back(EvaluateCurves(state.shared, site, true));
  }
  std::vector<Eigen::MatrixXd> run_hessians(
      sites_.size(), Eigen::MatrixXd::Zero(LawCurves::kRows, LawCurves::kRows));
  Eigen::MatrixXd run_gradients =
      Eigen::MatrixXd::Zero(LawCurves::kRows, static_cast<Eigen::Index>(sites_.size()));
  for (size_t q = 0; q < state.questions.size(); ++q) {
    if (weights_[static_cast<Eigen::Index>(q)] > 0) {
      AddQuestion(state, q, curves, quadratic, run_hessians, run_gradients);
    }
  }
  for (size_t r = 0; r < sites_.size(); ++r) {
    const auto& jacobian = curves[r].jacobian;
    quadratic.gradient.noalias() +=
        jacobian.transpose() * run_gradients.col(static_cast<Eigen::Index>(r));
    quadratic.hessian.noalias() += jacobian.transpose() * (run_hessians[r] * jacobian);
  }
  return quadratic;
}

}  // namespace kinetics
