#pragma once

#include <vector>

#include "kinetics/plan/law_evaluation.h"
#include "kinetics/plan/plan.h"

namespace kinetics {

/// Whether a law can tell what a policy brings.
bool IsOfLaws(Policy policy);

/// Replaces a law's allocations, as LawEvaluator::Evaluate gives them with its matrices, by those
/// of `policies`, which are IsOfLaws.
///
/// Adaptive: as many samples for each question, drawn at once, as bring the highest mean accuracy
/// under a mean budget (AdaptiveCurve), within one site and limit. How hard a question is, is the
/// law's estimate from the records of all its runs, so that nobody need have sampled the question
/// under this allocation: no bound with hindsight as of recorded trials. Accuracies are drawn as
/// those of other allocations (LawResampler), the numbers of samples kept.
///
/// `evaluator` and `sites`, which it was made of, must outlive the evaluation.
void ApplyLawPolicies(const LawEvaluator& evaluator, const std::vector<PlannedRun>& sites,
                      const std::vector<Policy>& policies, const PlanOptions& options,
                      Evaluation& evaluation);

}  // namespace kinetics
