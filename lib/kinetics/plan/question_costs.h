#pragma once

#include <cstdint>
#include <optional>
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
};

/// What samples cost of one run under one limit as it is served, question by question.
class QuestionCosts {
 public:
  /// Of the run, limit and serving of an allocation. Throws Error as CostModel does. The run has
  /// trials or errors for every question.
  QuestionCosts(const PolicyInputs& inputs, const Allocation& allocation);
  QuestionCosts(const QuestionCosts&) = delete;
  QuestionCosts& operator=(const QuestionCosts&) = delete;

  const LimitedTrials& Trials(size_t question) const { return trials_[question]; }
  int64_t AttemptsAt(size_t question) const { return attempts_[question]; }
  /// Of `samples` samples at once, in the mean over trials (ExpectedCost).
  Cost At(size_t question, double samples) const { return expected_[question].At(samples); }
  /// Of decoding one sample of each of Trials(question).lengths.
  std::vector<Cost> SingleCosts(size_t question) const;
  /// Of the prompt, which all samples share; nothing for a question without trials.
  Cost PrefillCost(size_t question) const;

  /// What a latency follows from where so many samples run side by side; nothing with an infinite
  /// batch.
  ServingSums SumsAt(size_t question, int64_t samples) const;
  const Served& HowServed() const { return served_; }

 private:
  Served served_;
  CostModel model_;
  std::vector<double> prompts_;
  std::vector<int64_t> attempts_;
  std::vector<LimitedTrials> trials_;
  std::vector<ExpectedCost> expected_;  // refers to model_ and trials_
};

/// `weight` of them more.
void AddSums(double weight, const ServingSums& more, ServingSums& sums);

/// The serving of a policy whose mean cost and sums these are.
Serving ServingOf(const Served& served, const Cost& cost, const ServingSums& sums);

}  // namespace kinetics
