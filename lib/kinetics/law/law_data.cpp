#include "kinetics/law/law_data.h"

#include <algorithm>
#include <cmath>

#include "kinetics/core/error.h"

namespace kinetics {
namespace {

LawCell ReduceTrials(const TrialList& list, size_t run, std::optional<int64_t> max_tokens,
                     ErrorPolicy errors) {
  LawCell cell = {.run = run, .attempts = Attempts(list, errors), .solved = list.solved};
  double sum = 0;
  double known = 0;
  std::vector<double> logs;
  logs.reserve(list.tokens.size());
  for (const int64_t tokens : list.tokens) {
    if (tokens == 0) {
      continue;
    }
    sum += static_cast<double>(tokens);
    known += 1;
    cell.longest = std::max(cell.longest, tokens);
    if (IsCutOff(tokens, max_tokens)) {
      ++cell.cut_off;
    } else {
      logs.push_back(std::log(static_cast<double>(tokens)));
    }
  }
  cell.mean_length = known > 0 ? sum / known : 0;
  cell.finished = static_cast<int64_t>(logs.size());
  for (const double x : logs) {
    cell.mean_log_length += x / static_cast<double>(logs.size());
  }
  for (const double x : logs) {
    const double deviation = x - cell.mean_log_length;
    cell.variance_log_length += deviation * deviation / static_cast<double>(logs.size());
  }
  return cell;
}

size_t AddLevel(const Run& run, bool has_parameters, std::vector<LawLevel>& levels) {
  for (size_t i = 0; i < levels.size(); ++i) {
    if (levels[i].model == run.model && levels[i].variant == run.variant) {
      return i;
    }
  }
  levels.push_back({.model = run.model, .variant = run.variant, .has_size = has_parameters});
  return levels.size() - 1;
}

}  // namespace

LawData ReduceRecords(const Records& records, const std::vector<std::optional<double>>& parameters,
                      ErrorPolicy errors) {
  LawData data = {.task = records.task, .questions = records.questions};
  data.cells.resize(records.questions.size());
  bool has_trials = false;
  for (size_t r = 0; r < records.runs.size(); ++r) {
    const Run& run = records.runs[r];
    const std::optional<int64_t> max_tokens = MaxTokens(records, run);
    data.runs.push_back({.model = run.model,
                         .variant = run.variant,
                         .attention = run.attention,
                         .parameters = parameters[r],
                         .max_tokens = max_tokens,
                         .level = AddLevel(run, parameters[r].has_value(), data.levels)});
    for (const TrialList& list : run.trials) {
      const LawCell cell = ReduceTrials(list, r, max_tokens, errors);
      if (cell.attempts > 0) {
        data.cells[list.question].push_back(cell);
        has_trials = true;
      }
    }
  }
  if (!has_trials) {
    throw Error("task " + records.task + " has no trials to fit a law to");
  }
  for (LawLevel& level : data.levels) {
    const auto same_model = [&level](const LawLevel& other) { return other.model == level.model; };
    if (std::count_if(data.levels.begin(), data.levels.end(), same_model) > 1) {
      level.has_size = false;
    }
  }
  return data;
}

}  // namespace kinetics
