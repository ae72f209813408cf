#include "kinetics/law/law_parameters.h"

namespace kinetics {
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

}  // namespace kinetics
