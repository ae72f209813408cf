#include "kinetics/plan/question_costs.h"

#include <cmath>
#include <numeric>

#include "kinetics/records/sequential.h"

namespace kinetics {
namespace {

/// As Evaluate found that the allocation is served.
Served ServedAs(const Allocation& allocation, const CostOptions& options) {
  Served served = {.options = options, .memory = allocation.serving.memory};
  served.options.gpus = allocation.serving.gpus;
  served.options.batch = allocation.serving.batch;
  return served;
}

}  // namespace

QuestionCosts::QuestionCosts(const PolicyInputs& inputs, const Allocation& allocation)
    : served_(ServedAs(allocation, inputs.options)),
      model_(inputs.runs[allocation.run].model, *inputs.runs[allocation.run].run->attention,
             inputs.hardware, served_.options) {
  const size_t questions = inputs.records.questions.size();
  prompts_.resize(questions);
  attempts_.resize(questions);
  trials_.resize(questions);
  for (const TrialList& list : inputs.runs[allocation.run].run->trials) {
    const size_t q = list.question;
    prompts_[q] = static_cast<double>(inputs.records.questions[q].prompt_tokens);
    attempts_[q] = Attempts(list, inputs.errors);
    trials_[q] = ApplyLimit(list, allocation.generation_tokens);
  }
  expected_.reserve(questions);
  for (size_t q = 0; q < questions; ++q) {
    const auto trials =
        static_cast<double>(trials_[q].lengths.size()) + static_cast<double>(trials_[q].unreported);
    const double charged = attempts_[q] == 0 ? 0 : trials / static_cast<double>(attempts_[q]);
    expected_.emplace_back(model_, prompts_[q], trials_[q].lengths, charged);
  }
}

std::vector<Cost> QuestionCosts::SingleCosts(size_t question) const {
  std::vector<Cost> costs;
  costs.reserve(trials_[question].lengths.size());
  for (const double length : trials_[question].lengths) {
    costs.push_back(model_.DecodeCost(prompts_[question], length, 1));
  }
  return costs;
}

Cost QuestionCosts::PrefillCost(size_t question) const {
  return trials_[question].lengths.empty() ? Cost() : model_.PrefillCost(prompts_[question]);
}

ServingSums QuestionCosts::SumsAt(size_t question, int64_t samples) const {
  const LimitedTrials& trials = trials_[question];
  if (std::isinf(BatchOf(served_.options)) || trials.lengths.empty() || samples == 0) {
    return {};
  }
  std::vector<double> lengths = trials.lengths;
  const double mean =
      std::accumulate(lengths.begin(), lengths.end(), 0.0) / static_cast<double>(lengths.size());
  const size_t generated = lengths.size() + static_cast<size_t>(trials.unreported);
  lengths.resize(generated, mean);
  lengths.resize(static_cast<size_t>(attempts_[question]));
  const double share = static_cast<double>(generated) / static_cast<double>(attempts_[question]);
  return {.tokens = share * mean * static_cast<double>(samples),
          .longest = ExpectedLargest(std::move(lengths), samples).back(),
          .prefill = model_.PrefillCost(prompts_[question]).seconds};
}

void AddSums(double weight, const ServingSums& more, ServingSums& sums) {
  sums.tokens += weight * more.tokens;
  sums.longest += weight * more.longest;
  sums.prefill += weight * more.prefill;
}

Serving ServingOf(const Served& served, const Cost& cost, const ServingSums& sums) {
  return ServingOf(served, cost.seconds - sums.prefill, sums);
}

}  // namespace kinetics
