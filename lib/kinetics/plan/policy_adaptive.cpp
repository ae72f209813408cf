#include "kinetics/plan/policy_adaptive.h"

#include <algorithm>
#include <set>

#include "kinetics/core/text.h"
#include "kinetics/plan/adaptive_curve.h"
#include "kinetics/plan/allocation_block.h"
#include "kinetics/plan/columns.h"

namespace kinetics {
namespace {

struct AdaptiveBlock {
  AllocationBlock block;
  AdaptiveCurve curve;
  std::vector<AdaptiveChoice> choices;  // to report
};

/// The best choices of a curve for what is asked.
std::vector<AdaptiveChoice> ChoicesFor(const AdaptiveCurve& curve, const PlanOptions& options) {
  // The cost of a choice is summed again, in another order.
  constexpr double kBelow = 1 - 1e-12;
  std::vector<AdaptiveChoice> choices;
  if (options.min_accuracy) {
    if (auto choice = curve.Reaching(*options.min_accuracy)) {
      choices.push_back(std::move(*choice));
    }
    return choices;
  }
  for (const Budget& budget : options.budgets) {
    choices.push_back(curve.Within(kBelow * budget.value));
  }
  if (options.budgets.empty()) {
    choices.push_back(curve.At(curve.Vertices().size() - 1));
  }
  return choices;
}

/// A curve for each block whose accuracies are exact; notes the others.
std::vector<AdaptiveBlock> MakeCurves(const std::vector<PlannedRun>& runs,
                                      const PlanOptions& options, Evaluation& evaluation) {
  const Eigen::MatrixXd costs = CostsIn(evaluation, options.Unit());
  std::vector<AdaptiveBlock> blocks;
  std::set<std::string> bounded;
  for (const AllocationBlock& block : CoverageBlocks(evaluation)) {
    const Allocation& allocation = evaluation.allocations[block.first];
    if (allocation.accuracy_upper) {
      bounded.insert(Describe(*runs[allocation.run].run));
      continue;
    }
    const auto first = static_cast<Eigen::Index>(block.first);
    const auto count = static_cast<Eigen::Index>(block.count);
    AdaptiveCurve curve(evaluation.accuracy.middleCols(first, count),
                        costs.middleCols(first, count));
    std::vector<AdaptiveChoice> choices = ChoicesFor(curve, options);
    blocks.push_back({block, std::move(curve), std::move(choices)});
  }
  if (!bounded.empty()) {
    evaluation.notes.push_back(
        "not adaptive, with --generation-tokens but without the trials that are correct: " +
        Join(std::vector<std::string>(bounded.begin(), bounded.end())));
  }
  return blocks;
}

/// Adds the vertices that are Pareto-optimal among those of all blocks.
void AddParetoVertices(std::vector<AdaptiveBlock>& blocks, Evaluation& evaluation) {
  std::vector<Offer> offers;
  std::vector<std::pair<size_t, size_t>> places;  // block and steps
  for (size_t b = 0; b < blocks.size(); ++b) {
    const std::vector<Offer>& vertices = blocks[b].curve.Vertices();
    for (size_t steps = 1; steps < vertices.size(); ++steps) {
      offers.push_back(vertices[steps]);
      places.emplace_back(b, steps);
    }
  }
  const std::vector<size_t> kept = ParetoFrontier(offers, std::less<>());
  for (const size_t i : kept) {
    AdaptiveBlock& block = blocks[places[i].first];
    block.choices.push_back(block.curve.At(places[i].second));
  }
  evaluation.dropped += offers.size() - kept.size();
}

/// Writes the choices of one block; methods share its inputs.
class AdaptiveWriter {
 public:
  AdaptiveWriter(const SampleCostsOf& costs_of, const AllocationBlock& block,
                 Evaluation& evaluation)
      : block_(block),
        evaluation_(evaluation),
        costs_(costs_of(evaluation.allocations[block.first])) {}

  /// Into the column of a new allocation.
  QuestionSamples Write(const AdaptiveChoice& choice, size_t column) {
    QuestionSamples numbers;
    Allocation allocation = evaluation_.allocations[block_.first];
    allocation.policy = Policy::kAdaptive;
    allocation.samples = 0;
    allocation.cost = {};
    allocation.mean_samples = 0;
    const double weight = 1 / static_cast<double>(choice.columns.size());
    ServingSums sums;
    for (size_t q = 0; q < choice.columns.size(); ++q) {
      Part part = At(q, choice.columns[q]);
      numbers.samples.push_back(part.samples);
      allocation.samples = std::max(allocation.samples, part.samples);
      double mean_samples = static_cast<double>(part.samples);
      if (choice.lot && static_cast<size_t>(choice.lot->question) == q) {
        const Part other = At(q, choice.lot->column);
        const double share = choice.lot->share;
        numbers.lot = {q, other.samples, share};
        allocation.samples = std::max(allocation.samples, other.samples);
        mean_samples = (1 - share) * mean_samples + share * static_cast<double>(other.samples);
        part.accuracy = (1 - share) * part.accuracy + share * other.accuracy;
        part.cost = (1 - share) * part.cost;
        part.cost += share * other.cost;
        part.sums = Mixed(share, part.sums, other.sums);
      }
      AddSums(weight, part.sums, sums);
      SetCell(q, column, part.accuracy, part.cost, evaluation_);
      allocation.cost += weight * part.cost;
      *allocation.mean_samples += mean_samples;
    }
    *allocation.mean_samples /= static_cast<double>(choice.columns.size());
    allocation.accuracy = evaluation_.accuracy.col(static_cast<Eigen::Index>(column)).mean();
    allocation.serving = ServingOf(costs_->HowServed(), allocation.cost, sums);
    evaluation_.allocations[column] = allocation;
    return numbers;
  }

 private:
  struct Part {
    int64_t samples = 0;
    double accuracy = 0;
    Cost cost;
    ServingSums sums;
  };

  static ServingSums Mixed(double share, const ServingSums& a, const ServingSums& b) {
    ServingSums sums;
    AddSums(1 - share, a, sums);
    AddSums(share, b, sums);
    return sums;
  }

  Part At(size_t question, Eigen::Index choice) const {
    if (choice == AdaptiveChoice::kNone) {
      return {};
    }
    const size_t column = block_.first + static_cast<size_t>(choice);
    const int64_t samples = evaluation_.allocations[column].samples;
    return {samples,
            evaluation_.accuracy(static_cast<Eigen::Index>(question),
                                 static_cast<Eigen::Index>(column)),
            costs_->At(question, static_cast<double>(samples)), costs_->SumsAt(question, samples)};
  }

  AllocationBlock block_;
  Evaluation& evaluation_;
  std::unique_ptr<SampleCosts> costs_;
};

bool HasSamples(const AdaptiveChoice& choice) {
  return choice.lot || std::any_of(choice.columns.begin(), choice.columns.end(),
                                   [](Eigen::Index c) { return c != AdaptiveChoice::kNone; });
}

}  // namespace

std::vector<QuestionSamples> AddAdaptive(const SampleCostsOf& costs_of,
                                         const std::vector<PlannedRun>& runs,
                                         const PlanOptions& options, Evaluation& evaluation) {
  std::vector<AdaptiveBlock> blocks = MakeCurves(runs, options, evaluation);
  AddParetoVertices(blocks, evaluation);
  size_t added = 0;
  for (AdaptiveBlock& block : blocks) {
    std::erase_if(block.choices, [](const AdaptiveChoice& choice) { return !HasSamples(choice); });
    added += block.choices.size();
  }
  size_t column =
      AddColumns(std::vector<Allocation>(added, {.policy = Policy::kAdaptive}), evaluation);
  std::vector<QuestionSamples> numbers;
  for (const AdaptiveBlock& block : blocks) {
    if (block.choices.empty()) {
      continue;
    }
    AdaptiveWriter writer(costs_of, block.block, evaluation);
    for (const AdaptiveChoice& choice : block.choices) {
      numbers.push_back(writer.Write(choice, column));
      ++column;
    }
  }
  return numbers;
}

}  // namespace kinetics
