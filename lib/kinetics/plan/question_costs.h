#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kinetics/cost/expected.h"
#include "kinetics/plan/evaluation.h"
#include "kinetics/records/limited.h"

namespace kinetics {

/// What policies are evaluated on, beside an evaluation. All must outlive what is made of them.
struct PolicyInputs {
  const Records& records;
  const std::vector<PlannedRun>& runs;
  ErrorPolicy errors = ErrorPolicy::kWrong;
  const Hardware& hardware;
  const CostOptions& options;
  bool beside_law = false;  ///< Nothing at all may remain.
};

/// What samples cost of one run under one limit as it is served, question by question.
class SampleCosts {
 public:
  virtual ~SampleCosts() = default;
  /// Of `samples` samples at once, in the mean.
  virtual Cost At(size_t question, double samples) const = 0;
  /// What a latency follows from where so many samples run side by side; nothing with an infinite
  /// batch.
  virtual ServingSums SumsAt(size_t question, int64_t samples) const = 0;
  virtual const Served& HowServed() const = 0;
};

/// Of recorded trials: on the device, or of a run with a price what it bills, each sample with its
/// prompt.
class QuestionCosts final : public SampleCosts {
 public:
  /// Throws Error as CostModel does. The run has trials or errors for every question.
  QuestionCosts(const Records& records, const PlannedRun& planned, std::optional<int64_t> limit,
                ErrorPolicy errors, const Hardware& hardware, const Served& served);
  /// Of the run, limit and serving of an allocation.
  QuestionCosts(const PolicyInputs& inputs, const Allocation& allocation);
  QuestionCosts(const QuestionCosts&) = delete;
  QuestionCosts& operator=(const QuestionCosts&) = delete;

  const LimitedTrials& Trials(size_t question) const { return trials_[question]; }
  int64_t AttemptsAt(size_t question) const { return attempts_[question]; }
  /// ExpectedCost, or ExpectedBill.
  Cost At(size_t question, double samples) const override;
  /// Of decoding one sample of each of Trials(question).lengths.
  std::vector<Cost> SingleCosts(size_t question) const;
  /// Of the prompt, which all samples share: nothing for a question without trials, or where it is
  /// billed with each sample.
  Cost PrefillCost(size_t question) const;

  ServingSums SumsAt(size_t question, int64_t samples) const override;
  /// For each of these numbers of samples, which ascend.
  std::vector<ServingSums> SumsAt(size_t question, std::span<const int64_t> samples) const;
  const Served& HowServed() const override { return served_; }

 private:
  double ChargedShare(size_t question) const;

  std::optional<TokenPrice> price_;
  Served served_;
  std::optional<CostModel> model_;  // without a price
  std::vector<double> prompts_;
  std::vector<int64_t> attempts_;
  std::vector<LimitedTrials> trials_;
  std::vector<ExpectedCost> expected_;  // without a price; refers to model_ and trials_
};

/// `weight` of them more.
void AddSums(double weight, const ServingSums& more, ServingSums& sums);

/// The serving of a policy whose mean cost and sums these are.
Serving ServingOf(const Served& served, const Cost& cost, const ServingSums& sums);

}  // namespace kinetics
