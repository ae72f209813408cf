#pragma once

#include <vector>

#include "kinetics/plan/plan.h"
#include "kinetics/plan/question_costs.h"

namespace kinetics {

/// Replaces an evaluation's allocations, which are of Policy::kCoverage, by those of `policies`.
/// Notes what a policy leaves out.
///
/// Sequential: at most N samples one after another until one is right. Accuracy is the coverage at
/// N; expected cost that of the attempts that are drawn (SequentialDraws) at what right and wrong
/// ones cost on their own (MeansByOutcome). No prompt is shared: each sample reads its prompt's KV
/// cache again (prefill, where it is charged, comes once). Latency is that of all tokens drawn, one
/// after another. Where a limit leaves it open which trials are right, accuracy is the lower bound
/// and the cost that of the same case, in which most samples are drawn.
///
/// Cascade: a second stage for the questions that the first leaves unsolved, by a perfect verifier;
/// each stage draws its samples at once, the second (as fast as with these questions alone) after
/// the first. Accuracy and cost as SearchCascades says; pairs of
/// allocations of one run are left out (Policy::kSequential is for them), and so are pairs that are
/// neither Pareto-optimal nor near to the best under some budget. A cascade without samples in its
/// second stage is an allocation of Policy::kCoverage: they are always among the answers, named
/// cascades where coverage was not asked for.
///
/// Majority: the most frequent answer of N samples drawn at once is right (MajorityCurve); cost as
/// of coverage. For runs that record answers and which trials are correct; a trial cut at a limit
/// has no vote.
///
/// Adaptive: as many samples for each question, drawn at once, as bring the highest mean accuracy
/// under a mean budget (AdaptiveCurve), within one run. How hard a question is, is known with
/// hindsight from the trials that the accuracy comes from: an upper bound, not a policy that can be
/// deployed as it is.
///
/// Throws Error where nothing remains (but for `beside_law`), and as CostModel and CountVotes do.
void ApplyPolicies(const PolicyInputs& inputs, const std::vector<Policy>& policies,
                   const PlanOptions& options, Evaluation& evaluation);

}  // namespace kinetics
