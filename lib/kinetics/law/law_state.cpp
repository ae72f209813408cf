#include "kinetics/law/law_state.h"

namespace kinetics {

LawState PriorMeans(size_t levels, size_t questions) {
  LawState state;
  state.shared.setZero(LevelIndex(levels, kLevelAbility));
  for (Eigen::Index p = 0; p < kLawParameters; ++p) {
    state.shared[p] = LawPriors()[static_cast<size_t>(p)].mean;
  }
  state.questions.assign(questions, Eigen::VectorXd::Zero(LogitIndex(levels)));
  return state;
}

LawState Sum(LawState a, const LawState& b) {
  a.shared += b.shared;
  for (size_t q = 0; q < a.questions.size(); ++q) {
    a.questions[q] += b.questions[q];
  }
  return a;
}

double EffectsProduct(const Eigen::VectorXd& weights, const LawState& gradient,
                      const LawState& step) {
  double sum = 0;
  for (size_t q = 0; q < step.questions.size(); ++q) {
    sum += weights[static_cast<Eigen::Index>(q)] * gradient.questions[q].dot(step.questions[q]);
  }
  return sum;
}

}  // namespace kinetics
