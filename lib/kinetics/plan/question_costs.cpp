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
    : QuestionCosts(inputs.records, inputs.runs[allocation.run], allocation.generation_tokens,
                    inputs.errors, inputs.hardware, ServedAs(inputs, allocation)) {}

QuestionCosts::QuestionCosts(const Records& records, const PlannedRun& planned,
                             std::optional<int64_t> limit, ErrorPolicy errors,
                             const Hardware& hardware, const Served& served)
    : price_(planned.price), served_(served) {
  const size_t questions = records.questions.size();
  prompts_.resize(questions);
  attempts_.resize(questions);
  trials_.resize(questions);
  for (const TrialList& list : planned.run->trials) {
    const size_t q = list.question;
    prompts_[q] = static_cast<double>(records.questions[q].prompt_tokens);
    attempts_[q] = Attempts(list, errors);
    trials_[q] = ApplyLimit(list, limit);
  }
  if (price_) {
    return;
  }
  model_.emplace(planned.model, *planned.run->attention, hardware, served_.options);
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
  return SumsAt(question, std::span(&samples, 1)).front();
}

std::vector<ServingSums> QuestionCosts::SumsAt(size_t question,
                                               std::span<const int64_t> samples) const {
  const LimitedTrials& trials = trials_[question];
  std::vector<ServingSums> sums(samples.size());
  if (std::isinf(BatchOf(served_.options)) || trials.lengths.empty() || samples.back() == 0) {
    return sums;
  }
  std::vector<double> lengths = trials.lengths;
  const double mean =
      std::accumulate(lengths.begin(), lengths.end(), 0.0) / static_cast<double>(lengths.size());
  lengths.resize(lengths.size() + static_cast<size_t>(trials.unreported), mean);
  lengths.resize(static_cast<size_t>(attempts_[question]));
  const std::vector<double> longest = ExpectedLargest(std::move(lengths), samples.back());
  const Seconds prefill = model_->PrefillCost(prompts_[question]).seconds;
  for (size_t i = 0; i < samples.size(); ++i) {
    sums[i] = {.tokens = ChargedShare(question) * mean * static_cast<double>(samples[i]),
               .longest = longest[static_cast<size_t>(samples[i]) - 1],
               .prefill = prefill};
  }
  return sums;
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
