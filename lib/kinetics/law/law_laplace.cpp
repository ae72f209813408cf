#include "kinetics/law/law_laplace.h"

#include <array>
#include <vector>

namespace kinetics {
namespace {

/// Sums up the gradient of the term.
class LaplaceBuilder {
 public:
  LaplaceBuilder(const LawObjective& objective, const LawState& state, const ArrowFactor& factor)
      : objective_(objective), data_(objective.Data()), state_(state), factor_(factor) {
    gradient_.shared.setZero(state.shared.size());
    by_curves_.assign(data_.runs.size(), LawCurves::Values::Zero());
    for (const LawSite& site : objective.Sites()) {
      curves_.push_back(EvaluateCurves(state.shared, site, true));
    }
  }

  LawState Build() {
    for (size_t q = 0; q < state_.questions.size(); ++q) {
      gradient_.questions.emplace_back(Eigen::VectorXd::Zero(state_.questions[q].size()));
      if (objective_.Weights()[static_cast<Eigen::Index>(q)] > 0) {
        AddQuestion(q);
      }
    }
    for (size_t r = 0; r < curves_.size(); ++r) {
      gradient_.shared += curves_[r].jacobian.transpose() * by_curves_[r];
    }
    return std::move(gradient_);
  }

 private:
  void AddQuestion(size_t q) {
    const Eigen::VectorXd& effects = state_.questions[q];
    const EffectFactors factors = FactorsOf(effects);
    const ArrowFactor::EffectsMatrix covariance = factor_.EffectsCovariance(q);
    std::vector<std::array<HalfCovariance, kLawHalves>> of_levels(data_.levels.size());
    for (size_t level = 0; level < of_levels.size(); ++level) {
      for (const LawHalf half : {kCountsHalf, kLengthsHalf}) {
        of_levels[level][half] = factor_.CovarianceOf(covariance, q, level, half);
      }
    }
    for (const LawCell& cell : data_.cells[q]) {
      if (!objective_.Uses(cell)) {
        continue;
      }
      const size_t level = data_.runs[cell.run].level;
      const LawCurves& curves = curves_[cell.run];
      const CellMeans means = MeansOf(curves, effects, factors, level);
      const auto [counts, lengths] = objective_.LossesOf(cell, means);
      AddHalf(q, cell.run, kCountsHalf,
              TraceGradientOfCounts(counts, curves.values.head<kHalfSize>(), effects[kDifficulty],
                                    factors, of_levels[level][kCountsHalf]));
      AddHalf(q, cell.run, kLengthsHalf,
              TraceGradientOfLengths(lengths, curves.values[LawCurves::kGrowthRow], factors,
                                     of_levels[level][kLengthsHalf]));
    }
    AddLengthDifficulty(q, covariance);
  }

  void AddHalf(size_t q, size_t r, LawHalf half, const HalfGradient& gradient) {
    const Eigen::Index begin = FirstOf(half);
    by_curves_[r].segment<kHalfSize>(begin) +=
        objective_.Weights()[static_cast<Eigen::Index>(q)] * gradient.head<kHalfSize>();
    Eigen::VectorXd& question = gradient_.questions[q];
    question.segment<kHalfSize>(begin) += gradient.segment<kHalfSize>(kHalfEffects);
    question[LogitIndex(data_.runs[r].level) + half] += gradient[kHalfDeviation];
  }

  /// The prior of a question's length has the slope on its difficulty in its Hessian.
  void AddLengthDifficulty(size_t q, const ArrowFactor::EffectsMatrix& covariance) {
    const double deviation = QuestionDeviation(kQuestionLength);
    gradient_.shared[kLengthDifficulty] +=
        objective_.Weights()[static_cast<Eigen::Index>(q)] *
        (state_.shared[kLengthDifficulty] * covariance(kDifficulty, kDifficulty) -
         covariance(kQuestionLength, kDifficulty)) /
        (deviation * deviation);
  }

  const LawObjective& objective_;
  const LawData& data_;
  const LawState& state_;
  const ArrowFactor& factor_;
  std::vector<LawCurves> curves_;
  std::vector<LawCurves::Values> by_curves_;  // by run: gradient by the values of its curves
  LawState gradient_;
};

}  // namespace

LaplaceTerm EvaluateLaplaceTerm(const LawObjective& objective, const LawState& state,
                                const ArrowFactor& factor) {
  return {.value = factor.EffectsLogDeterminant() / 2,
          .gradient = LaplaceBuilder(objective, state, factor).Build()};
}

}  // namespace kinetics
