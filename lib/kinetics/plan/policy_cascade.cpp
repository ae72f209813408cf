#include "kinetics/plan/policy_cascade.h"

#include <fmt/format.h>

#include <map>
#include <memory>

#include "kinetics/core/error.h"
#include "kinetics/plan/allocation_block.h"
#include "kinetics/plan/cascade_search.h"
#include "kinetics/plan/columns.h"
#include "kinetics/records/coverage.h"

namespace kinetics {
namespace {

/// Some ten seconds of one core.
constexpr double kMostProducts = 1e10;

void ExpectSearchable(size_t stages, Eigen::Index questions) {
  const double products =
      static_cast<double>(stages) * static_cast<double>(stages) * static_cast<double>(questions);
  if (products > kMostProducts) {
    throw Error(fmt::format(
        "cascades of {} allocations are more pairs than can be searched; consider fewer "
        "numbers of samples or of generation tokens",
        stages));
  }
}

/// Which stages have the same trials, however they are served.
std::vector<size_t> RunsOf(const PolicyInputs& inputs, const Evaluation& evaluation,
                           size_t stages) {
  std::map<const Run*, size_t> numbers;
  std::vector<size_t> runs;
  for (size_t i = 0; i < stages; ++i) {
    const Run* run = inputs.runs[evaluation.allocations[i].run].run;
    runs.push_back(numbers.emplace(run, numbers.size()).first->second);
  }
  return runs;
}

std::vector<CascadePair> SearchStages(const std::vector<size_t>& runs, const PlanOptions& options,
                                      const Evaluation& evaluation) {
  CascadeSearchOptions search = {.min_accuracy = options.min_accuracy};
  for (const Budget& budget : options.budgets) {
    search.budgets.push_back(budget.value);
  }
  const auto columns = static_cast<Eigen::Index>(runs.size());
  return SearchCascades(evaluation.accuracy.leftCols(columns),
                        CostsIn(evaluation, options.Unit()).leftCols(columns), runs, search);
}

/// The number of pairs of stages of different runs.
size_t CountPairs(const std::vector<size_t>& runs) {
  std::map<size_t, size_t> of_run;
  for (const size_t run : runs) {
    ++of_run[run];
  }
  size_t pairs = runs.size() * (runs.size() - 1) / 2;
  for (const auto& [run, count] : of_run) {
    pairs -= count * (count - 1) / 2;
  }
  return pairs;
}

/// Fills in the columns of cascades; keeps what runs cost under a limit.
class CascadeWriter {
 public:
  CascadeWriter(const PolicyInputs& inputs, Evaluation& evaluation)
      : inputs_(inputs), evaluation_(evaluation) {}

  /// `column` is that of the cascade, the pair's are those of its stages.
  void Write(const CascadePair& pair, size_t column) {
    const Allocation first = evaluation_.allocations[pair.first];
    const Allocation second = evaluation_.allocations[pair.second];
    const QuestionCosts& first_costs = CostsOf(first);
    const QuestionCosts& second_costs = CostsOf(second);
    Allocation cascade = first;
    cascade.policy = Policy::kCascade;
    cascade.second = Stage{second.run, second.generation_tokens, second.samples, second.serving};
    cascade.cost = {};
    Cost second_cost;
    ServingSums second_sums;
    double missed = 0;
    double missed_at_best = 0;
    const Eigen::Index questions = evaluation_.accuracy.rows();
    const double weight = 1 / static_cast<double>(questions);
    for (Eigen::Index q = 0; q < questions; ++q) {
      const auto question = static_cast<size_t>(q);
      const double p1 = evaluation_.accuracy(q, static_cast<Eigen::Index>(pair.first));
      const double p2 = evaluation_.accuracy(q, static_cast<Eigen::Index>(pair.second));
      Cost cost = first_costs.At(question, static_cast<double>(first.samples));
      const Cost after = (1 - p1) * second_costs.At(question, static_cast<double>(second.samples));
      cost += after;
      second_cost += weight * after;
      AddSums(weight * (1 - p1), second_costs.SumsAt(question, second.samples), second_sums);
      SetCell(question, column, p1 + (1 - p1) * p2, cost, evaluation_);
      cascade.cost += weight * cost;
      missed += weight * (1 - p1);
      missed_at_best += weight * (1 - AtBest(first_costs, question, first)) *
                        (1 - AtBest(second_costs, question, second));
    }
    cascade.accuracy = evaluation_.accuracy.col(static_cast<Eigen::Index>(column)).mean();
    cascade.mean_samples =
        static_cast<double>(first.samples) + missed * static_cast<double>(second.samples);
    cascade.serving =
        InTurn(first.serving, ServingOf(second_costs.HowServed(), second_cost, second_sums));
    cascade.accuracy_upper.reset();
    if (first.accuracy_upper || second.accuracy_upper) {
      cascade.accuracy_upper = 1 - missed_at_best;
    }
    evaluation_.allocations[column] = cascade;
  }

 private:
  const QuestionCosts& CostsOf(const Allocation& allocation) {
    auto& costs = costs_[{allocation.run, allocation.generation_tokens}];
    if (!costs) {
      costs = std::make_unique<QuestionCosts>(inputs_, allocation);
    }
    return *costs;
  }

  /// The first stage's devices, and both stages' tokens and latencies.
  static Serving InTurn(Serving first, const Serving& second) {
    first.tokens += second.tokens;
    if (first.latency && second.latency) {
      *first.latency += *second.latency;
    } else {
      first.latency.reset();
    }
    return first;
  }

  /// Accuracy if every trial counts that may be right within the limit.
  static double AtBest(const QuestionCosts& costs, size_t question, const Allocation& allocation) {
    return Coverage(costs.AttemptsAt(question), costs.Trials(question).solved_at_most,
                    allocation.samples);
  }

  const PolicyInputs& inputs_;
  Evaluation& evaluation_;
  std::map<std::pair<size_t, std::optional<int64_t>>, std::unique_ptr<QuestionCosts>> costs_;
};

}  // namespace

void AddCascades(const PolicyInputs& inputs, const PlanOptions& options, Evaluation& evaluation) {
  const size_t stages = CountCoverage(evaluation);
  ExpectSearchable(stages, evaluation.accuracy.rows());
  const std::vector<size_t> runs = RunsOf(inputs, evaluation, stages);
  const std::vector<CascadePair> pairs = SearchStages(runs, options, evaluation);
  evaluation.dropped += CountPairs(runs) - pairs.size();
  size_t column =
      AddColumns(std::vector<Allocation>(pairs.size(), {.policy = Policy::kCascade}), evaluation);
  CascadeWriter writer(inputs, evaluation);
  for (const CascadePair& pair : pairs) {
    writer.Write(pair, column);
    ++column;
  }
}

}  // namespace kinetics
