#include "tests/plan/policy_fixture.h"

#include "kinetics/core/random.h"
#include "kinetics/io/catalogue.h"

namespace kinetics::test {

PolicySetting::PolicySetting(Records recorded, const CostOptions& costs,
                             const AllocationGrid& allocations)
    : records(std::move(recorded)),
      hardware(LoadHardware("b200")),
      options(costs),
      grid(allocations) {
  for (const Run& run : records.runs) {
    runs.push_back({.run = &run, .model = LoadModel(run.model)});
  }
}

Evaluation PolicySetting::Evaluated(const std::vector<Policy>& policies,
                                    const PlanOptions& plan_options) const {
  Evaluation evaluation = Evaluate(records, runs, grid, hardware, options);
  ApplyPolicies({.records = records,
                 .runs = runs,
                 .errors = grid.errors,
                 .hardware = hardware,
                 .options = options},
                policies, plan_options, evaluation);
  return evaluation;
}

Records RandomRecords(const std::vector<std::string>& models, size_t questions, uint64_t seed,
                      bool with_correct) {
  SplitMix64 random(seed);
  Records records = {.task = "random"};
  for (size_t q = 0; q < questions; ++q) {
    records.questions.push_back({.id = std::to_string(q), .prompt_tokens = 1 + random.Below(500)});
  }
  for (const std::string& model : models) {
    Run run = {.model = model, .attention = ParseAttention("topk:64")};
    for (size_t q = 0; q < questions; ++q) {
      TrialList list = {.question = q, .errors = random.Below(3)};
      const uint32_t of_eight = random.Below(9);
      const uint32_t trials = 6 + random.Below(3);
      for (uint32_t i = 0; i < trials; ++i) {
        list.tokens.push_back(i > 0 && random.Below(8) == 0 ? 0 : 1 + random.Below(9000));
        const bool right = random.Below(8) < of_eight;
        list.solved += right ? 1 : 0;
        if (with_correct) {
          list.correct.push_back(right ? 1 : 0);
        }
      }
      run.trials.push_back(std::move(list));
    }
    records.runs.push_back(std::move(run));
  }
  return records;
}

}  // namespace kinetics::test
