#include "kinetics/plan/law_policy.h"

#include <cmath>
#include <memory>
#include <utility>

#include "kinetics/plan/join_resamplings.h"
#include "kinetics/plan/law_resampler.h"
#include "kinetics/plan/policy_adaptive.h"
#include "kinetics/plan/select.h"

namespace kinetics {
namespace {

/// Of a site under a limit, at the law's own parameters.
class LawSampleCosts final : public SampleCosts {
 public:
  LawSampleCosts(const LawEvaluator& evaluator, const LawEvaluator::Position& position)
      : model_(evaluator.CostModelAt(position)),
        served_(*evaluator.ServedAt(position)),
        lengths_(evaluator.LengthsAt(position)) {
    expected_.reserve(lengths_.size());
    for (size_t q = 0; q < lengths_.size(); ++q) {
      prompts_.push_back(static_cast<double>(evaluator.GetLaw().data.questions[q].prompt_tokens));
      expected_.emplace_back(model_, prompts_[q], lengths_[q]);
    }
  }

  Cost At(size_t question, double samples) const override {
    return expected_[question].At(samples);
  }

  ServingSums SumsAt(size_t question, int64_t samples) const override {
    if (std::isinf(BatchOf(served_.options)) || samples == 0) {
      return {};
    }
    const LogNormalLength& length = lengths_[question];
    return {.tokens = static_cast<double>(samples) * length.Mean(),
            .longest = length.MeanLongest(std::vector<int64_t>{samples}).back(),
            .prefill = model_.PrefillCost(prompts_[question]).seconds};
  }

  const Served& HowServed() const override { return served_; }

 private:
  const CostModel& model_;
  Served served_;
  std::vector<LogNormalLength> lengths_;
  std::vector<double> prompts_;
  std::vector<ExpectedLawCost> expected_;
};

/// The adaptive allocations of an evaluation, which come last, for others to draw.
struct AdaptiveLaw {
  std::vector<QuestionSamples> numbers;
  std::vector<LawAllocation> allocations;  // refer to `numbers`
};

std::shared_ptr<const AdaptiveLaw> AdaptiveLawOf(const LawEvaluator& evaluator,
                                                 const Evaluation& evaluation,
                                                 std::vector<QuestionSamples> numbers) {
  auto law = std::make_shared<AdaptiveLaw>();
  law->numbers = std::move(numbers);
  const size_t first = evaluation.allocations.size() - law->numbers.size();
  for (size_t i = 0; i < law->numbers.size(); ++i) {
    const Allocation& allocation = evaluation.allocations[first + i];
    law->allocations.push_back({.position = evaluator.PositionOf(allocation),
                                .samples = allocation.samples,
                                .accuracy = allocation.accuracy,
                                .by_question = &law->numbers[i]});
  }
  return law;
}

void AddAdaptiveOfLaw(const LawEvaluator& evaluator, const std::vector<PlannedRun>& sites,
                      const PlanOptions& options, Evaluation& evaluation) {
  const size_t first = evaluation.allocations.size();
  const SampleCostsOf costs_of = [&evaluator](const Allocation& allocation) {
    return std::make_unique<LawSampleCosts>(evaluator, evaluator.PositionOf(allocation));
  };
  const std::shared_ptr<const AdaptiveLaw> law =
      AdaptiveLawOf(evaluator, evaluation, AddAdaptive(costs_of, sites, options, evaluation));
  evaluation.extrapolation = [&evaluator, others = std::move(evaluation.extrapolation), first,
                              law](size_t i) {
    if (i < first) {
      return others(i);
    }
    const LawAllocation& allocation = law->allocations[i - first];
    return evaluator.Extrapolation(allocation.position, allocation.samples);
  };
  evaluation.resample = JoinResamplings(
      std::move(evaluation.resample), first,
      [law, resampler = std::make_shared<const LawResampler>(evaluator)](
          const std::vector<size_t>& allocations, int64_t resamples, uint64_t seed) {
        std::vector<LawAllocation> drawn;
        drawn.reserve(allocations.size());
        for (const size_t i : allocations) {
          drawn.push_back(law->allocations[i]);
        }
        return resampler->Resample(drawn, resamples, seed);
      });
}

}  // namespace

bool IsOfLaws(Policy policy) { return policy == Policy::kCoverage || policy == Policy::kAdaptive; }

void ApplyLawPolicies(const LawEvaluator& evaluator, const std::vector<PlannedRun>& sites,
                      const std::vector<Policy>& policies, const PlanOptions& options,
                      Evaluation& evaluation) {
  const size_t coverage = evaluation.allocations.size();
  if (Includes(policies, Policy::kAdaptive)) {
    AddAdaptiveOfLaw(evaluator, sites, options, evaluation);
  }
  if (!Includes(policies, Policy::kCoverage)) {
    DropFirst(coverage, evaluation);
  }
}

}  // namespace kinetics
