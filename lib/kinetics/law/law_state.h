#pragma once

#include <Eigen/Core>
#include <vector>

#include "kinetics/law/law_parameters.h"

namespace kinetics {

/// A point in the space of a law's parameters.
struct LawState {
  Eigen::VectorXd shared;                  ///< Shared parameters, then effects of levels.
  std::vector<Eigen::VectorXd> questions;  ///< Effects of each question.
};

/// The prior means of a law of `levels` levels and `questions` questions.
LawState PriorMeans(size_t levels, size_t questions);

LawState Sum(LawState a, const LawState& b);

/// The product of a gradient and a step by effects alone, over questions, each as often as it
/// counts.
double EffectsProduct(const Eigen::VectorXd& weights, const LawState& gradient,
                      const LawState& step);

/// Where an effect of `level` is stored in `shared`.
inline Eigen::Index LevelIndex(size_t level, LevelEffect effect) {
  return kLawParameters + static_cast<Eigen::Index>(level) * kLevelEffects + effect;
}

/// Where a model's deviation on a question is stored in that question's effects.
inline Eigen::Index LogitIndex(size_t level) {
  return kQuestionEffects + 2 * static_cast<Eigen::Index>(level);
}
inline Eigen::Index LengthIndex(size_t level) { return LogitIndex(level) + 1; }

}  // namespace kinetics
