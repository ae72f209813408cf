#include "kinetics/law/law_quadratic.h"

#include "kinetics/law/law_objective.h"

namespace kinetics {
namespace {

double PrecisionOf(double deviation) { return 1 / (deviation * deviation); }

double ModelDeviation(LawHalf half) {
  return half == kCountsHalf ? kLogitDeviation : kLengthDeviation;
}

/// The curves of a run, and what its questions sum up to by them.
struct RunTerms {
  struct Half {
    Eigen::Matrix<double, Eigen::Dynamic, kHalfSize> by_parameters;  // rows: its level's
    Eigen::Vector3d gradient = Eigen::Vector3d::Zero();
    Eigen::Matrix3d hessian = Eigen::Matrix3d::Zero();
  };
  LawCurves curves;
  std::array<Half, kLawHalves> halves;
};

/// Sums up the second-order model.
class QuadraticBuilder {
 public:
  QuadraticBuilder(const LawObjective& objective, const LawState& state, Curvature curvature)
      : objective_(objective), data_(objective.Data()), state_(state), curvature_(curvature) {
    const Eigen::Index shared = state.shared.size();
    quadratic_.gradient.shared.setZero(shared);
    quadratic_.gradient.questions = state.questions;
    quadratic_.hessian.setZero(shared, shared);
  }

  LawQuadratic Build(double prior_value) {
    quadratic_.value = prior_value;
    AddSharedPriors();
    StartDeviations();
    StartRuns();
    quadratic_.questions.resize(state_.questions.size());
    for (size_t q = 0; q < state_.questions.size(); ++q) {
      StartQuestion(q);
      if (objective_.Weights()[static_cast<Eigen::Index>(q)] > 0) {
        AddQuestion(q);
      }
    }
    for (size_t r = 0; r < runs_.size(); ++r) {
      AddRun(r);
    }
    return std::move(quadratic_);
  }

 private:
  void AddSharedPrior(Eigen::Index index, double mean, double deviation) {
    const double precision = PrecisionOf(deviation);
    quadratic_.gradient.shared[index] += precision * (state_.shared[index] - mean);
    quadratic_.hessian(index, index) += precision;
  }

  void AddSharedPriors() {
    for (Eigen::Index p = 0; p < kLawParameters; ++p) {
      const LawPrior& prior = LawPriors()[static_cast<size_t>(p)];
      AddSharedPrior(p, prior.mean, prior.deviation);
    }
    for (size_t level = 0; level < data_.levels.size(); ++level) {
      for (const LevelEffect effect : {kLevelAbility, kLevelLength, kLevelGrowth}) {
        AddSharedPrior(LevelIndex(level, effect), 0,
                       LevelDeviation(effect, data_.levels[level].has_size));
      }
    }
  }

  void StartDeviations() {
    const auto questions = static_cast<Eigen::Index>(state_.questions.size());
    for (size_t level = 0; level < data_.levels.size(); ++level) {
      for (const LawHalf half : {kCountsHalf, kLengthsHalf}) {
        DeviationBlock block = {.parameters = objective_.ParametersOf(level, half)};
        const auto parameters = static_cast<Eigen::Index>(block.parameters.size());
        block.hessian.setConstant(questions, PrecisionOf(ModelDeviation(half)));
        block.effects.setZero(kHalfSize, questions);
        block.cross.setZero(parameters, questions);
        quadratic_.deviations.push_back(std::move(block));
      }
    }
  }

  void StartRuns() {
    runs_.resize(data_.runs.size());
    for (size_t r = 0; r < runs_.size(); ++r) {
      RunTerms& run = runs_[r];
      run.curves = EvaluateCurves(state_.shared, objective_.Sites()[r], true);
      for (const LawHalf half : {kCountsHalf, kLengthsHalf}) {
        run.halves[half].by_parameters =
            run.curves
                .jacobian(Eigen::seqN(FirstOf(half), Eigen::fix<kHalfSize>),
                          objective_.ParametersOf(data_.runs[r].level, half))
                .transpose();
      }
    }
  }

  /// Priors of a question's effects.
  void StartQuestion(size_t q) {
    QuestionBlock& block = quadratic_.questions[q];
    Eigen::VectorXd& gradient = quadratic_.gradient.questions[q];
    block.hessian.setZero();
    block.cross.setZero(state_.shared.size(), kQuestionEffects);
    for (Eigen::Index e = 0; e < kQuestionEffects; ++e) {
      const double precision = PrecisionOf(QuestionDeviation(static_cast<QuestionEffect>(e)));
      gradient[e] *= precision;
      block.hessian(e, e) = precision;
    }
    for (size_t level = 0; level < data_.levels.size(); ++level) {
      for (const LawHalf half : {kCountsHalf, kLengthsHalf}) {
        gradient[LogitIndex(level) + half] *= PrecisionOf(ModelDeviation(half));
      }
    }
    AddLengthDifficulty(q);
  }

  /// The mean of a question's length is slope * difficulty: that couples two effects and a shared
  /// parameter.
  void AddLengthDifficulty(size_t q) {
    const Eigen::VectorXd& effects = state_.questions[q];
    QuestionBlock& block = quadratic_.questions[q];
    Eigen::VectorXd& gradient = quadratic_.gradient.questions[q];
    const double weight = objective_.Weights()[static_cast<Eigen::Index>(q)];
    const double precision = PrecisionOf(QuestionDeviation(kQuestionLength));
    const double slope = state_.shared[kLengthDifficulty];
    const double difficulty = effects[kDifficulty];
    const double residual = effects[kQuestionLength] - slope * difficulty;
    gradient[kQuestionLength] = precision * residual;
    gradient[kDifficulty] -= precision * slope * residual;
    block.hessian(kDifficulty, kDifficulty) += precision * slope * slope;
    block.hessian(kQuestionLength, kDifficulty) = -precision * slope;
    block.hessian(kDifficulty, kQuestionLength) = -precision * slope;
    block.cross(kLengthDifficulty, kQuestionLength) = -precision * difficulty;
    block.cross(kLengthDifficulty, kDifficulty) = precision * slope * difficulty;
    if (curvature_ == Curvature::kExact) {
      block.cross(kLengthDifficulty, kDifficulty) -= precision * residual;
    }
    quadratic_.gradient.shared[kLengthDifficulty] -= weight * precision * difficulty * residual;
    quadratic_.hessian(kLengthDifficulty, kLengthDifficulty) +=
        weight * precision * difficulty * difficulty;
  }

  void AddQuestion(size_t q) {
    const Eigen::VectorXd& effects = state_.questions[q];
    const EffectFactors factors = FactorsOf(effects);
    const double weight = objective_.Weights()[static_cast<Eigen::Index>(q)];
    for (const LawCell& cell : data_.cells[q]) {
      if (!objective_.Uses(cell)) {
        continue;
      }
      const LawCurves& curves = runs_[cell.run].curves;
      const CellMeans means = MeansOf(curves, effects, factors, data_.runs[cell.run].level);
      const auto [counts, lengths] = objective_.LossesOf(cell, means);
      quadratic_.value += weight * (counts.value + lengths.value);
      AddHalf(q, cell.run, kCountsHalf,
              DeriveCounts(counts, curves.values.head<kHalfSize>(), effects[kDifficulty], factors,
                           curvature_));
      AddHalf(q, cell.run, kLengthsHalf,
              DeriveLengths(lengths, curves.values[LawCurves::kGrowthRow], factors, curvature_));
    }
  }

  void AddHalf(size_t q, size_t r, LawHalf half, const HalfLoss& loss) {
    const size_t level = data_.runs[r].level;
    const auto question = static_cast<Eigen::Index>(q);
    const double weight = objective_.Weights()[question];
    QuestionBlock& block = quadratic_.questions[q];
    Eigen::VectorXd& gradient = quadratic_.gradient.questions[q];
    DeviationBlock& deviation = quadratic_.deviations[kLawHalves * level + half];
    RunTerms::Half& run = runs_[r].halves[half];
    const Eigen::Index begin = FirstOf(half);

    run.gradient += weight * loss.gradient.head<kHalfSize>();
    run.hessian += weight * loss.hessian.topLeftCorner<kHalfSize, kHalfSize>();
    gradient.segment<kHalfSize>(begin) += loss.gradient.segment<kHalfSize>(kHalfEffects);
    gradient[LogitIndex(level) + half] += loss.gradient[kHalfDeviation];
    block.hessian.block<kHalfSize, kHalfSize>(begin, begin) +=
        loss.hessian.block<kHalfSize, kHalfSize>(kHalfEffects, kHalfEffects);
    deviation.hessian[question] += loss.hessian(kHalfDeviation, kHalfDeviation);
    deviation.effects.col(question) +=
        loss.hessian.block<kHalfSize, 1>(kHalfEffects, kHalfDeviation);

    const Eigen::Matrix<double, kHalfSize, kHalfSize + 1> by_curves =
        loss.hessian.block<kHalfSize, kHalfSize + 1>(0, kHalfEffects);
    deviation.cross.col(question).noalias() += run.by_parameters * by_curves.col(kHalfSize);
    for (size_t i = 0; i < deviation.parameters.size(); ++i) {
      block.cross.row(deviation.parameters[i]).segment<kHalfSize>(begin) +=
          run.by_parameters.row(static_cast<Eigen::Index>(i)) * by_curves.leftCols<kHalfSize>();
    }
  }

  /// What all questions say of a run's curves.
  void AddRun(size_t r) {
    for (const LawHalf half : {kCountsHalf, kLengthsHalf}) {
      const std::vector<Eigen::Index>& parameters =
          objective_.ParametersOf(data_.runs[r].level, half);
      const RunTerms::Half& run = runs_[r].halves[half];
      quadratic_.gradient.shared(parameters) += run.by_parameters * run.gradient;
      quadratic_.hessian(parameters, parameters) +=
          run.by_parameters * run.hessian * run.by_parameters.transpose();
    }
    if (curvature_ == Curvature::kExact) {
      LawCurves::Values weights;
      weights << runs_[r].halves[kCountsHalf].gradient, runs_[r].halves[kLengthsHalf].gradient;
      AddCurvature(state_.shared, objective_.Sites()[r], weights, quadratic_.hessian);
    }
  }

  const LawObjective& objective_;
  const LawData& data_;
  const LawState& state_;
  Curvature curvature_;
  std::vector<RunTerms> runs_;
  LawQuadratic quadratic_;
};

}  // namespace

LawQuadratic LawObjective::Quadratic(const LawState& state, Curvature curvature) const {
  return QuadraticBuilder(*this, state, curvature).Build(PriorValue(state));
}

}  // namespace kinetics
