#include "kinetics/plan/policy_majority.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "kinetics/core/error.h"
#include "kinetics/core/text.h"
#include "kinetics/plan/allocation_block.h"
#include "kinetics/plan/columns.h"
#include "kinetics/records/majority.h"

namespace kinetics {
namespace {

/// Why a run cannot vote under a limit; "" where it can.
std::string WhyNoVote(const Run& run, const Allocation& allocation, ErrorPolicy errors) {
  const auto any = [&run](const auto& lacks) {
    return std::any_of(run.trials.begin(), run.trials.end(), lacks);
  };
  if (any([](const TrialList& list) { return list.answers.size() != list.tokens.size(); })) {
    return "without recorded answers";
  }
  if (any([](const TrialList& list) { return list.correct.size() != list.tokens.size(); })) {
    return "without the trials that are correct";
  }
  if (allocation.generation_tokens && any([](const TrialList& list) {
        return std::find(list.tokens.begin(), list.tokens.end(), 0) != list.tokens.end();
      })) {
    return "with --generation-tokens but trials of unreported length";
  }
  if (any([errors](const TrialList& list) { return Attempts(list, errors) > kMostVoters; })) {
    return fmt::format("with more than {} trials of a question", kMostVoters);
  }
  return "";
}

AnswerVotes VotesOf(const Records& records, const Run& run, const TrialList& list,
                    std::optional<int64_t> limit, ErrorPolicy errors) {
  try {
    return CountVotes(list, limit, errors);
  } catch (const Error& error) {
    throw Error(fmt::format("{}, question {}: {}", Describe(run),
                            records.questions[list.question].id, error.what()));
  }
}

/// Enters the accuracies of a block's columns, which begin at `first`.
void FillMajority(const PolicyInputs& inputs, size_t first, size_t count, Evaluation& evaluation) {
  const Allocation& of_block = evaluation.allocations[first];
  const Run& run = *inputs.runs[of_block.run].run;
  const int64_t most = evaluation.allocations[first + count - 1].samples;
  for (const TrialList& list : run.trials) {
    const std::vector<double> curve = MajorityCurve(
        VotesOf(inputs.records, run, list, of_block.generation_tokens, inputs.errors), most);
    for (size_t i = first; i < first + count; ++i) {
      evaluation.accuracy(static_cast<Eigen::Index>(list.question), static_cast<Eigen::Index>(i)) =
          curve[static_cast<size_t>(evaluation.allocations[i].samples) - 1];
    }
  }
  for (size_t i = first; i < first + count; ++i) {
    Allocation& allocation = evaluation.allocations[i];
    allocation.policy = Policy::kMajority;
    allocation.accuracy_upper.reset();
    allocation.accuracy = evaluation.accuracy.col(static_cast<Eigen::Index>(i)).mean();
  }
}

}  // namespace

void AddMajority(const PolicyInputs& inputs, Evaluation& evaluation) {
  std::map<std::string, std::set<std::string>> left_out;  // by reason
  std::vector<AllocationBlock> blocks;
  for (const AllocationBlock& block : CoverageBlocks(evaluation)) {
    const Allocation& allocation = evaluation.allocations[block.first];
    const Run& run = *inputs.runs[allocation.run].run;
    const std::string reason = WhyNoVote(run, allocation, inputs.errors);
    if (reason.empty()) {
      blocks.push_back(block);
    } else {
      left_out[reason].insert(Describe(run));
    }
  }
  for (const auto& [reason, names] : left_out) {
    evaluation.notes.push_back("no majority vote, " + reason + ": " +
                               Join(std::vector<std::string>(names.begin(), names.end())));
  }
  std::vector<size_t> columns;
  for (const AllocationBlock& block : blocks) {
    for (size_t i = 0; i < block.count; ++i) {
      columns.push_back(block.first + i);
    }
  }
  // As many samples at once cost as much, whatever they are judged by.
  size_t first = CopyColumns(columns, evaluation);
  for (const AllocationBlock& block : blocks) {
    FillMajority(inputs, first, block.count, evaluation);
    first += block.count;
  }
}

}  // namespace kinetics
