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

}  // namespace kinetics
