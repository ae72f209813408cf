#include "kinetics/plan/policy_sequential.h"

#include <algorithm>

#include "kinetics/plan/allocation_block.h"
#include "kinetics/plan/columns.h"
#include "kinetics/records/sequential.h"

namespace kinetics {
namespace {

/// The prompt is processed once, and its KV cache read by each sample.
Cost SequenceCost(const DrawnAttempts& drawn, const AttemptMeans<Cost>& means,
                  const Cost& prefill) {
  Cost cost = ExpectedSum(drawn, means);
  cost += prefill;
  return cost;
}

/// Fills a block's columns, which begin at `first`; accuracies are there already.
void FillSequential(const PolicyInputs& inputs, const AllocationBlock& block, size_t first,
                    Evaluation& evaluation) {
  const Allocation& of_block = evaluation.allocations[block.first];
  const QuestionCosts costs(inputs, of_block);
  const size_t questions = inputs.records.questions.size();
  const double weight = 1 / static_cast<double>(questions);
  const int64_t most = evaluation.allocations[block.first + block.count - 1].samples;
  std::vector<ServingSums> sums(block.count);
  for (size_t q = 0; q < questions; ++q) {
    const LimitedTrials& trials = costs.Trials(q);
    const int64_t attempts = costs.AttemptsAt(q);
    const std::vector<Cost> singles = costs.SingleCosts(q);
    const auto means = MeansByOutcome<Cost>(trials, singles, attempts);
    const auto tokens = MeansByOutcome<double>(trials, trials.lengths, attempts);
    const Cost prefill = costs.PrefillCost(q);
    const auto drawn = SequentialDraws(attempts, trials.solved_at_least, most);
    for (size_t i = 0; i < block.count; ++i) {
      Allocation& allocation = evaluation.allocations[first + i];
      const DrawnAttempts& at = drawn[static_cast<size_t>(allocation.samples) - 1];
      const Cost cost = allocation.samples == 1 ? costs.At(q, 1) : SequenceCost(at, means, prefill);
      const double accuracy = evaluation.accuracy(static_cast<Eigen::Index>(q),
                                                  static_cast<Eigen::Index>(block.first + i));
      SetCell(q, first + i, accuracy, cost, evaluation);
      allocation.cost += weight * cost;
      *allocation.mean_samples += weight * at.Total();
      const double generated = ExpectedSum(at, tokens);
      AddSums(weight, {.tokens = generated, .longest = generated, .prefill = prefill.seconds},
              sums[i]);
    }
  }
  for (size_t i = 0; i < block.count; ++i) {
    Allocation& allocation = evaluation.allocations[first + i];
    allocation.serving = ServingOf(costs.HowServed(), allocation.cost, sums[i]);
    if (allocation.samples == 1) {
      // One sample is one sample, to the last place.
      allocation.cost = evaluation.allocations[block.first + i].cost;
      allocation.serving = evaluation.allocations[block.first + i].serving;
    }
  }
}

}  // namespace

void AddSequential(const PolicyInputs& inputs, Evaluation& evaluation) {
  const std::vector<AllocationBlock> blocks = CoverageBlocks(evaluation);
  std::vector<Allocation> allocations;
  for (const AllocationBlock& block : blocks) {
    for (size_t i = 0; i < block.count; ++i) {
      Allocation allocation = evaluation.allocations[block.first + i];
      allocation.policy = Policy::kSequential;
      allocation.cost = {};
      allocation.mean_samples = 0;
      allocations.push_back(allocation);
    }
  }
  size_t first = AddColumns(allocations, evaluation);
  for (const AllocationBlock& block : blocks) {
    FillSequential(inputs, block, first, evaluation);
    first += block.count;
  }
}

}  // namespace kinetics
