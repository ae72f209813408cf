#include "kinetics/plan/question_costs.h"

#include <cmath>
#include <numeric>

#include "kinetics/records/sequential.h"

namespace kinetics {
namespace {

/// As Evaluate found that the allocation is served; billed by tokens it is nobody's batch.
Served ServedAs(const PolicyInputs& inputs, const Allocation& allocation) {
  if (inputs.runs[allocation.run].price) {
    return {};
  }
  Served served = {.options = inputs.options, .memory = allocation.serving.memory};
  served.options.gpus = allocation.serving.gpus;
  served.options.batch = allocation.serving.batch;
  return served;
}

}  // namespace

QuestionCosts::QuestionCosts(const PolicyInputs& inputs, const Allocation& allocation)
    : price_(inputs.runs[allocation.run].price), served_(ServedAs(inputs, allocation)) {
  const PlannedRun& planned = inputs.runs[allocation.run];
  const size_t questions = inputs.records.questions.size();
  prompts_.resize(questions);
  attempts_.resize(questions);
  trials_.resize(questions);
  for (const TrialList& list : planned.run->trials) {
    const size_t q = list.question;
    prompts_[q] = static_cast<double>(inputs.records.questions[q].prompt_tokens);
    attempts_[q] = Attempts(list, inputs.errors);
    trials_[q] = ApplyLimit(list, allocation.generation_tokens);
  }
  if (price_) {
    return;
  }
  model_.emplace(planned.model, *planned.run->attention, inputs.hardware, served_.options);
  expected_.reserve(questions);
  for (size_t q = 0; q < questions; ++q) {
    expected_.emplace_back(*model_, prompts_[q], trials_[q].lengths, ChargedShare(q));
  }
}

/// The share of attempts that cost anything.
double QuestionCosts::ChargedShare(size_t question) const {
  const LimitedTrials& trials = trials_[question];
  const int64_t attempts = attempts_[question];
  const auto charged =
      static_cast<double>(trials.lengths.size()) + static_cast<double>(trials.unreported);
  return attempts == 0 ? 0 : charged / static_cast<double>(attempts);
}

Cost QuestionCosts::At(size_t question, double samples) const {
  return price_ ? ExpectedBill(*price_, prompts_[question], trials_[question].lengths,
                               ChargedShare(question), samples)
                : expected_[question].At(samples);
}

std::vector<Cost> QuestionCosts::SingleCosts(size_t question) const {
  std::vector<Cost> costs;
  costs.reserve(trials_[question].lengths.size());
  for (const double& length : trials_[question].lengths) {
    costs.push_back(price_ ? ExpectedBill(*price_, prompts_[question], {&length, 1}, 1, 1)
                           : model_->DecodeCost(prompts_[question], length, 1));
  }
  return costs;
}

Cost QuestionCosts::PrefillCost(size_t question) const {
  return price_ || trials_[question].lengths.empty() ? Cost()
                                                     : model_->PrefillCost(prompts_[question]);
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
          .prefill = model_->PrefillCost(prompts_[question]).seconds};
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
