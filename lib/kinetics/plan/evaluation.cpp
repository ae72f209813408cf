#include "kinetics/plan/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "kinetics/core/error.h"
#include "kinetics/core/text.h"
#include "kinetics/plan/columns.h"
#include "kinetics/plan/question_costs.h"
#include "kinetics/records/coverage.h"
#include "kinetics/records/limited.h"

namespace kinetics {
namespace {

using Limit = std::optional<int64_t>;

// Four doubles each: 1.6 GB.
constexpr size_t kMostCells = 50'000'000;

/// Whether a limit leaves the number solved uncertain in principle.
bool HasBounds(const Run& run) {
  return std::any_of(run.trials.begin(), run.trials.end(), [](const TrialList& list) {
    return (list.correct.empty() && !list.tokens.empty()) ||
           std::find(list.tokens.begin(), list.tokens.end(), 0) != list.tokens.end();
  });
}

/// Whether some question has trials but no length to cost them with.
bool LacksLengths(const Run& run) {
  return std::any_of(run.trials.begin(), run.trials.end(), [](const TrialList& list) {
    return !list.tokens.empty() && std::all_of(list.tokens.begin(), list.tokens.end(),
                                               [](int64_t tokens) { return tokens == 0; });
  });
}

int64_t LongestTokens(const std::vector<PlannedRun>& runs) {
  int64_t longest = 1;
  for (const PlannedRun& planned : runs) {
    for (const TrialList& list : planned.run->trials) {
      for (const int64_t tokens : list.tokens) {
        longest = std::max(longest, tokens);
      }
    }
  }
  return longest;
}

/// The limits to consider: none at all, or those of the list.
std::vector<Limit> Limits(const std::optional<CountList>& list,
                          const std::vector<PlannedRun>& runs) {
  if (!list) {
    return {std::nullopt};
  }
  const bool explicit_counts = !list->counts.empty();
  const std::vector<int64_t> counts =
      explicit_counts ? list->counts : UpTo(*list, LongestTokens(runs));
  return {counts.begin(), counts.end()};
}

/// A run under one limit, with the numbers of samples that it is evaluated at.
struct Block {
  size_t run = 0;
  Limit limit;
  const std::vector<int64_t>& samples;
  Served served;
};

/// What an evaluation is made from.
struct EvaluationInputs {
  const Records& records;
  const std::vector<PlannedRun>& runs;
  const AllocationGrid& grid;
  const Hardware& hardware;
  const CostOptions& options;
};

/// Enters accuracy and cost of one question.
void WriteQuestionCells(const TrialList& list, const Block& block, const QuestionCosts& costs,
                        size_t first, Evaluation& evaluation) {
  const size_t q = list.question;
  const LimitedTrials& trials = costs.Trials(q);
  const int64_t most = block.samples.back();
  const auto lower = CoverageCurve(costs.AttemptsAt(q), trials.solved_at_least, most);
  const bool bounded = evaluation.allocations[first].accuracy_upper.has_value();
  const auto upper = bounded ? CoverageCurve(costs.AttemptsAt(q), trials.solved_at_most, most)
                             : std::vector<double>();
  for (size_t i = 0; i < block.samples.size(); ++i) {
    const auto k = static_cast<size_t>(block.samples[i]) - 1;
    const Cost cost = costs.At(q, static_cast<double>(block.samples[i]));
    Allocation& allocation = evaluation.allocations[first + i];
    allocation.cost += cost;
    if (bounded) {
      *allocation.accuracy_upper += upper[k];
    }
    SetCell(q, first + i, lower[k], cost, evaluation);
  }
}

/// Fills the columns of one block; `first` is that of its first allocation.
void WriteBlock(const EvaluationInputs& inputs, const Block& block, size_t first,
                Evaluation& evaluation) {
  const PlannedRun& planned = inputs.runs[block.run];
  const bool bounded = block.limit && HasBounds(*planned.run);
  for (size_t i = 0; i < block.samples.size(); ++i) {
    Allocation& allocation = evaluation.allocations[first + i];
    allocation.run = block.run;
    allocation.samples = block.samples[i];
    allocation.generation_tokens = block.limit;
    if (bounded) {
      allocation.accuracy_upper = 0;
    }
  }
  const QuestionCosts costs(inputs.records, planned, block.limit, inputs.grid.errors,
                            inputs.hardware, block.served);
  const double weight = 1 / static_cast<double>(inputs.records.questions.size());
  std::vector<ServingSums> means(block.samples.size());
  for (const TrialList& list : planned.run->trials) {
    WriteQuestionCells(list, block, costs, first, evaluation);
    const std::vector<ServingSums> sums = costs.SumsAt(list.question, block.samples);
    for (size_t i = 0; i < sums.size(); ++i) {
      AddSums(weight, sums[i], means[i]);
    }
  }
  for (size_t i = 0; i < block.samples.size(); ++i) {
    Allocation& allocation = evaluation.allocations[first + i];
    allocation.cost = weight * allocation.cost;
    allocation.accuracy = evaluation.accuracy.col(static_cast<Eigen::Index>(first + i)).mean();
    if (bounded) {
      *allocation.accuracy_upper *= weight;
    }
    allocation.serving = ServingOf(block.served, allocation.cost, means[i]);
  }
}

/// Mean moments over questions, each the mean over its lengths.
DecodeMoments MeanMoments(const Records& records, const Run& run, Limit limit) {
  DecodeMoments sum;
  for (const TrialList& list : run.trials) {
    const LimitedTrials trials = ApplyLimit(list, limit);
    const auto prompt = static_cast<double>(records.questions[list.question].prompt_tokens);
    const double weight = 1 / static_cast<double>(std::max<size_t>(1, trials.lengths.size()));
    for (const double length : trials.lengths) {
      sum += weight * MomentsOf(prompt, length, std::nullopt, Convention::kExact);
    }
  }
  return sum;
}

/// The numbers of samples to evaluate for each run; none where the run is left out.
std::vector<std::vector<int64_t>> ServedGrid(const Records& records,
                                             const std::vector<PlannedRun>& runs,
                                             const AllocationGrid& grid,
                                             std::vector<std::string>& notes) {
  std::vector<std::vector<int64_t>> samples(runs.size());
  std::vector<std::string> partial;
  std::vector<std::string> unreported;
  std::vector<std::string> short_runs;
  for (size_t r = 0; r < runs.size(); ++r) {
    const Run& run = *runs[r].run;
    const int64_t served = ServedSamples(run, records.questions.size(), grid.errors);
    if (served == 0) {
      partial.push_back(Describe(run));
    } else if (LacksLengths(run)) {
      unreported.push_back(Describe(run));
    } else {
      samples[r] = UpTo(grid.samples, served);
      if (!grid.samples.counts.empty() && samples[r].size() < grid.samples.counts.size()) {
        short_runs.push_back(fmt::format("{} ({})", Describe(run), served));
      }
    }
  }
  const std::string left_out = grid.beside_law ? "by the law alone" : "left out";
  if (!partial.empty()) {
    notes.push_back(left_out + ", without trials for every question: " + Join(partial));
  }
  if (!unreported.empty()) {
    notes.push_back(left_out +
                    ", without reported lengths for every question: " + Join(unreported));
  }
  if (!short_runs.empty() && !grid.beside_law) {
    notes.push_back("left out where --samples is above the recorded trials: " + Join(short_runs));
  }
  return samples;
}

/// What is evaluated: runs under limits, where their sequences fit the memory. `samples`: of each
/// run.
std::vector<Block> MakeBlocks(const EvaluationInputs& inputs,
                              const std::vector<std::vector<int64_t>>& samples,
                              std::vector<std::string>& notes) {
  std::vector<Block> blocks;
  std::vector<std::string> too_large;
  const std::vector<Limit> limits = Limits(inputs.grid.generation_tokens, inputs.runs);
  const size_t allocations = std::accumulate(
      samples.begin(), samples.end(), size_t{0},
      [&limits](size_t sum, const auto& of_run) { return sum + of_run.size() * limits.size(); });
  ExpectCells(allocations, inputs.records.questions.size());
  for (size_t r = 0; r < inputs.runs.size(); ++r) {
    if (samples[r].empty()) {
      continue;
    }
    const PlannedRun& planned = inputs.runs[r];
    bool fits = true;
    for (const Limit& limit : limits) {
      if (planned.price) {
        blocks.push_back({r, limit, samples[r], {}});
        continue;
      }
      const DecodeMoments mean =
          planned.deployment ? MeanMoments(inputs.records, *planned.run, limit) : DecodeMoments();
      const auto served = Serve(planned.model, *planned.run->attention, inputs.hardware,
                                inputs.options, planned.deployment, mean);
      if (served) {
        blocks.push_back({r, limit, samples[r], *served});
      }
      fits = fits && served;
    }
    if (!fits) {
      too_large.push_back(Describe(planned));
    }
  }
  NoteTooLarge(inputs.hardware, too_large, notes);
  return blocks;
}

}  // namespace

std::string Describe(const PlannedRun& planned) {
  std::string text = Describe(*planned.run);
  if (planned.deployment) {
    const std::string how = Describe(*planned.deployment);
    text += how.empty() ? "" : fmt::format(" ({})", how);
  }
  return text;
}

void NoteTooLarge(const Hardware& hardware, const std::vector<std::string>& runs,
                  std::vector<std::string>& notes) {
  constexpr size_t kNamed = 8;
  if (runs.empty()) {
    return;
  }
  const std::vector<std::string> named(
      runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(std::min(runs.size(), kNamed)));
  notes.push_back(fmt::format(
      "left out where they do not fit the memory of {}: {}{}", hardware.name, Join(named),
      runs.size() > kNamed ? fmt::format(" and {} more", runs.size() - kNamed) : ""));
}

void FailWithoutAllocations(const Records& records, const std::vector<std::string>& notes) {
  std::string reasons;
  for (const std::string& note : notes) {
    reasons += "; " + note;
  }
  throw Error("no allocation of task " + records.task + " can be evaluated" + reasons);
}

void ExpectCells(size_t allocations, size_t questions) {
  if (allocations > kMostCells / questions) {
    throw Error(
        fmt::format("{} allocations of {} questions are more than can be held; consider fewer "
                    "numbers of samples or of generation tokens",
                    allocations, questions));
  }
}

Evaluation Evaluate(const Records& records, const std::vector<PlannedRun>& runs,
                    const AllocationGrid& grid, const Hardware& hardware,
                    const CostOptions& options) {
  Evaluation evaluation = {.hardware = hardware.name, .roofline = RooflineOf(hardware, options)};
  const auto samples = ServedGrid(records, runs, grid, evaluation.notes);
  const EvaluationInputs inputs = {records, runs, grid, hardware, options};
  const std::vector<Block> blocks = MakeBlocks(inputs, samples, evaluation.notes);
  size_t columns = 0;
  for (const Block& block : blocks) {
    columns += block.samples.size();
  }
  if (columns == 0 && !grid.beside_law) {
    FailWithoutAllocations(records, evaluation.notes);
  }
  const size_t questions = records.questions.size();
  evaluation.allocations.resize(columns);
  SetColumns(questions, columns, evaluation);
  size_t first = 0;
  for (const Block& block : blocks) {
    WriteBlock(inputs, block, first, evaluation);
    first += block.samples.size();
  }
  return evaluation;
}

}  // namespace kinetics
