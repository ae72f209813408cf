#include "tests/law/simulate.h"

#include <cmath>

#include "kinetics/core/normal.h"
#include "kinetics/io/catalogue.h"
#include "kinetics/law/law_predict.h"

namespace kinetics::test {

LawState DrawLaw(const LawData& data, Draws& draws) {
  LawState law = PriorMeans(data.levels.size(), data.questions.size());
  for (size_t p = 0; p < kLawParameters; ++p) {
    law.shared[static_cast<Eigen::Index>(p)] += LawPriors()[p].deviation * draws.Normal();
  }
  for (size_t level = 0; level < data.levels.size(); ++level) {
    for (const LevelEffect effect : {kLevelAbility, kLevelLength, kLevelGrowth}) {
      law.shared[LevelIndex(level, effect)] =
          LevelDeviation(effect, data.levels[level].has_size) * draws.Normal();
    }
  }
  for (Eigen::VectorXd& question : law.questions) {
    for (Eigen::Index e = 0; e < kQuestionEffects; ++e) {
      question[e] = QuestionDeviation(static_cast<QuestionEffect>(e)) * draws.Normal();
    }
    question[kQuestionLength] += law.shared[kLengthDifficulty] * question[kDifficulty];
    for (size_t level = 0; level < data.levels.size(); ++level) {
      question[LogitIndex(level)] = kLogitDeviation * draws.Normal();
      question[LengthIndex(level)] = kLengthDeviation * draws.Normal();
    }
  }
  return law;
}

Records EmptyRecords(const SimulationOptions& options) {
  Records records = {.task = "simulated", .max_tokens = options.max_tokens};
  for (size_t q = 0; q < options.questions; ++q) {
    records.questions.push_back({.id = std::to_string(q), .prompt_tokens = 100});
  }
  for (size_t model = 0; model < options.sizes.size(); ++model) {
    for (const std::string& spec : options.attentions) {
      Run run = {.model = "model " + std::to_string(model), .attention = ParseAttention(spec)};
      for (size_t q = 0; q < options.questions; ++q) {
        run.trials.push_back({.question = q});
      }
      records.runs.push_back(std::move(run));
    }
  }
  return records;
}

void FillTrials(const CellMeans& means, const SimulationOptions& options, Draws& draws,
                TrialList& list) {
  const double mean = ChanceOf(means);
  const double concentration = std::exp(means.log_concentration);
  const double chance = draws.Beta(mean * concentration, (1 - mean) * concentration);
  const double r = options.correlation;
  for (int64_t i = 0; i < options.trials; ++i) {
    const double z = draws.Normal();
    const double length = std::exp(means.log_length + std::exp(means.log_deviation) * z);
    const double bounded = std::min(std::round(length), static_cast<double>(options.max_tokens));
    list.tokens.push_back(std::max<int64_t>(1, static_cast<int64_t>(bounded)));
    const double quality = -r * z + std::sqrt(1 - r * r) * draws.Normal();
    const bool right = NormalDistribution(quality) > 1 - chance;
    list.solved += right ? 1 : 0;
    if (options.with_correct) {
      list.correct.push_back(right ? 1 : 0);
    }
  }
}

Simulation Simulate(const SimulationOptions& options, uint64_t seed, const Given& given) {
  Draws draws{SplitMix64(seed)};
  Simulation simulation = {.records = EmptyRecords(options)};
  Records& records = simulation.records;
  for (size_t r = 0; r < records.runs.size(); ++r) {
    simulation.parameters.emplace_back(options.sizes[r / options.attentions.size()]);
  }
  // Any trial makes the records ones that can be reduced, for their levels.
  Records with_trials = records;
  for (Run& run : with_trials.runs) {
    run.trials.front().tokens = {1};
  }
  const LawData data = ReduceRecords(with_trials, simulation.parameters, ErrorPolicy::kWrong);
  simulation.truth = DrawLaw(data, draws);
  for (const auto& [parameter, value] : given) {
    simulation.truth.shared[parameter] = value;
  }
  const std::vector<LawSite> sites = SitesOf(data);
  for (size_t r = 0; r < records.runs.size(); ++r) {
    const LawCurves curves = EvaluateCurves(simulation.truth.shared, sites[r], false);
    for (TrialList& list : records.runs[r].trials) {
      const Eigen::VectorXd& question = simulation.truth.questions[list.question];
      FillTrials(MeansOf(curves, question, data.runs[r].level), options, draws, list);
    }
  }
  return simulation;
}

std::vector<std::optional<double>> ParametersOf(const Records& records) {
  std::vector<std::optional<double>> parameters;
  for (const Run& run : records.runs) {
    const auto model = FindModel(run.model);
    parameters.push_back(
        model ? std::optional(static_cast<double>(model->active.without_input_embedding))
              : std::nullopt);
  }
  return parameters;
}

}  // namespace kinetics::test
