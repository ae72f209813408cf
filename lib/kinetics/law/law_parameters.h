#pragma once

#include <Eigen/Core>
#include <array>
#include <string_view>

namespace kinetics {

/// The parameters that all runs and questions share. With x = ln(P / 8e9) for P active parameters,
/// and B the KV budget in tokens, a run has
///
///   ability        t(x) = kAbility - S softplus(-b (x - kAbilitySize)) / b,
///                  S = exp(kAbilitySlope), b = exp(kAbilityBend): the odds of being right saturate
///                  as a Hill curve of the parameters;
///   penalty        g = k exp(kPenaltySize x) softplus(c (ln B0 + kOnsetSize x - ln B)) / c for
///   sparse
///                  attention, 0 for dense: the odds fall as a Hill curve of the KV budget, with
///                  k = exp(kPenalty + its kind's), c = exp(kPenaltyBend + its kind's), ln B0 its
///                  kind's kOnset; local tokens count w = 1 / (1 + exp(-kLocalWorth)) of a token in
///                  B;
///   concentration  ln K = kConcentration - kConcentrationPenalty g;
///   log length     m(x) = kLength + kLengthSize x + kLengthCurve x^2;
///   growth         h = g' (1 + kGrowthSize x), where g' is a curve of B like g;
///   log deviation  s = kDeviation + kDeviationSize x + kDeviationGrowth g'.
///
/// A question has ln discrimination, difficulty, ln sensitivity to sparse attention, log length,
/// ln sensitivity of its length, and log deviation; a model (at a variant) deviates from the curves
/// in ability, log length and growth, and once more on each question. The log odds that a trial is
/// right and the mean of its log length are then
///
///   logit  = exp(discrimination) (t + model - difficulty) - exp(sensitivity) g + deviation
///   mean   = m + model + length + exp(length sensitivity) (h + g' model's) + deviation.
enum LawParameter : Eigen::Index {
  kAbility,
  kAbilitySlope,
  kAbilityBend,
  kAbilitySize,
  kPenalty,
  kPenaltyBend,
  kPenaltySize,
  kOnsetSize,
  kOnsetTopk,
  kOnsetBlock,
  kPenaltyBlock,
  kPenaltyBendBlock,
  kOnsetSliding,
  kPenaltySliding,
  kPenaltyBendSliding,
  kLocalWorth,
  kConcentration,
  kConcentrationPenalty,
  kLength,
  kLengthSize,
  kLengthCurve,
  kGrowth,
  kGrowthBend,
  kGrowthSize,
  kGrowthOnsetTopk,
  kGrowthOnsetBlock,
  kGrowthBlock,
  kGrowthOnsetSliding,
  kGrowthSliding,
  kDeviation,
  kDeviationSize,
  kDeviationGrowth,
  kLengthDifficulty,  ///< Of a question's log length on its difficulty.
  kLawParameters,     ///< Their number.
};

/// A normal prior. They are weak: of the scale at which a value would surprise.
struct LawPrior {
  std::string_view name;  ///< As in files and reports.
  double mean = 0;
  double deviation = 0;
};

/// The priors of the shared parameters, by LawParameter.
const std::array<LawPrior, kLawParameters>& LawPriors();

/// Effects of a question, in the order that they are stored in. Two more for each level follow:
/// what the model deviates by on this question, in logit and in log length.
enum QuestionEffect : Eigen::Index {
  kDiscrimination,
  kDifficulty,
  kSensitivity,
  kQuestionLength,
  kLengthSensitivity,
  kQuestionDeviation,
  kQuestionEffects,  ///< Their number.
};

/// Effects of a level, stored behind the shared parameters.
enum LevelEffect : Eigen::Index {
  kLevelAbility,
  kLevelLength,
  kLevelGrowth,
  kLevelEffects,  ///< Their number.
};

/// Prior standard deviations of effects; their means are 0, but for a question's log length:
/// kLengthDifficulty times its difficulty.
double QuestionDeviation(QuestionEffect effect);
double LevelDeviation(LevelEffect effect, bool has_size);
inline constexpr double kLogitDeviation = 0.5;    ///< Of a model on a question.
inline constexpr double kLengthDeviation = 0.25;  ///< Of a model's log length on a question.

/// What a run that was not fitted to deviates by from all of this, on every question alike; adds to
/// what predictions are unsure of.
inline constexpr double kRunAbilityDeviation = 0.1;
inline constexpr double kRunLengthDeviation = 0.05;

}  // namespace kinetics
