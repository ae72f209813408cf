#include "kinetics/io/law.h"

#include <fmt/format.h>

#include "kinetics/io/json.h"
#include "kinetics/io/records.h"

namespace kinetics {
namespace {

// Of parameters and effects: the priors are of order 1, and exponentials must stay finite.
constexpr double kLargestParameter = 100;

/// A list of exactly `size` numbers.
Eigen::VectorXd ReadNumbers(const JsonValue& list, Eigen::Index size) {
  if (list.Size() != static_cast<size_t>(size)) {
    list.Fail(fmt::format("{} numbers", size));
  }
  Eigen::VectorXd numbers(size);
  for (Eigen::Index i = 0; i < size; ++i) {
    numbers[i] =
        list[static_cast<size_t>(i)].Number("a number", -kLargestParameter, kLargestParameter);
  }
  return numbers;
}

std::optional<std::string> ReadVariant(const JsonValue& parent) {
  const JsonValue variant = parent["variant"];
  return variant.IsNull() ? std::nullopt : std::optional(variant.Name("a variant's name"));
}

LawRun ReadLawRun(const JsonValue& value, const std::vector<LawLevel>& levels) {
  value.ExpectKeys({"model", "variant", "attention", "parameters", "max_tokens", "level"});
  LawRun run = {.model = value["model"].Name("a model's name"), .variant = ReadVariant(value)};
  if (const JsonValue attention = value["attention"]; !attention.IsNull()) {
    run.attention = ReadAttention(attention);
  }
  if (const JsonValue parameters = value["parameters"]; !parameters.IsNull()) {
    run.parameters = parameters.Positive("parameters");
  }
  if (const JsonValue limit = value["max_tokens"]; !limit.IsNull()) {
    run.max_tokens = limit.Integer("tokens", 1, kMostExactInteger);
  }
  run.level = static_cast<size_t>(
      value["level"].Integer("levels before its own", 0, static_cast<int64_t>(levels.size()) - 1));
  if (levels[run.level].model != run.model || levels[run.level].variant != run.variant) {
    value["level"].Fail("the level of the run's model and variant");
  }
  return run;
}

LawCell ReadCell(const JsonValue& value, size_t runs) {
  value.ExpectKeys({"run", "attempts", "solved", "finished", "cut_off", "mean_log_length",
                    "variance_log_length", "mean_length"});
  LawCell cell;
  cell.run = static_cast<size_t>(
      value["run"].Integer("runs before its own", 0, static_cast<int64_t>(runs) - 1));
  cell.attempts = value["attempts"].Integer("attempts", 1, kMostExactInteger);
  cell.solved = value["solved"].Integer("solved trials", 0, cell.attempts);
  cell.finished = value["finished"].Integer("finished trials", 0, cell.attempts);
  cell.cut_off =
      value["cut_off"].Integer("trials that were cut off", 0, cell.attempts - cell.finished);
  cell.mean_log_length = value["mean_log_length"].Number("a mean of log lengths", 0, 100);
  cell.variance_log_length = value["variance_log_length"].Number("a variance", 0, 10'000);
  cell.mean_length = value["mean_length"].Number("a mean length", 0, 1e16);
  return cell;
}

void ReadLevels(const JsonValue& list, Law& law) {
  const size_t size = list.Size();
  if (size == 0) {
    list.Fail("at least one level");
  }
  law.state.shared.conservativeResize(LevelIndex(size, kLevelAbility));
  for (size_t i = 0; i < size; ++i) {
    const JsonValue item = list[i];
    item.ExpectKeys({"model", "variant", "has_size", "effects"});
    law.data.levels.push_back({.model = item["model"].Name("a model's name"),
                               .variant = ReadVariant(item),
                               .has_size = item["has_size"].Bool()});
    law.state.shared.segment(LevelIndex(i, kLevelAbility), kLevelEffects) =
        ReadNumbers(item["effects"], kLevelEffects);
  }
}

void ReadLawQuestions(const JsonValue& list, Law& law) {
  const size_t size = list.Size();
  if (size == 0) {
    list.Fail("at least one question");
  }
  for (size_t i = 0; i < size; ++i) {
    const JsonValue item = list[i];
    item.ExpectKeys({"id", "prompt_tokens", "effects", "cells"});
    law.data.questions.push_back(
        {.id = ReadQuestionId(item["id"]),
         .prompt_tokens = item["prompt_tokens"].Integer("prompt tokens", 0, kMostExactInteger)});
    law.state.questions.push_back(ReadNumbers(item["effects"], LogitIndex(law.data.levels.size())));
    const JsonValue cells = item["cells"];
    std::vector<LawCell> of_question;
    const size_t count = cells.Size();
    of_question.reserve(count);
    for (size_t c = 0; c < count; ++c) {
      of_question.push_back(ReadCell(cells[c], law.data.runs.size()));
      if (c > 0 && of_question[c].run <= of_question[c - 1].run) {
        cells[c].Fail("cells in ascending order of their runs");
      }
    }
    law.data.cells.push_back(std::move(of_question));
  }
}

LengthCorrelation ReadCorrelation(const JsonValue& value) {
  value.ExpectKeys({"value", "standard_error", "trials"});
  LengthCorrelation correlation = {
      .value = value["value"].Number("a correlation", -1, 1),
      .trials = value["trials"].Integer("trials", 0, kMostExactInteger)};
  if (const JsonValue error = value["standard_error"]; !error.IsNull()) {
    correlation.standard_error = error.Number("a standard error", 0, kLargestParameter);
  }
  return correlation;
}

}  // namespace

Law ReadLaw(std::string text, const std::string& source) {
  const JsonDocument document(std::move(text), source);
  const JsonValue& root = document.Root();
  if (root["schema"].String() != "kinetics.law/1") {
    root["schema"].Fail("\"kinetics.law/1\"");
  }
  root.ExpectKeys({"schema", "made_by", "task", "objective", "converged", "iterations",
                   "parameters", "length_correlation", "levels", "runs", "questions", "warnings"});
  Law law;
  law.data.task = root["task"].Name("a task's name");
  law.summary.objective = root["objective"].Number("an objective", -1e300, 1e300);
  law.summary.converged = root["converged"].Bool();
  law.summary.iterations = static_cast<int>(root["iterations"].Integer("iterations", 0, 1'000'000));
  const JsonValue parameters = root["parameters"];
  law.state.shared.resize(kLawParameters);
  if (parameters.Keys().size() != static_cast<size_t>(kLawParameters)) {
    parameters.Fail(fmt::format("{} parameters", static_cast<int>(kLawParameters)));
  }
  for (Eigen::Index p = 0; p < kLawParameters; ++p) {
    law.state.shared[p] = parameters[LawPriors()[static_cast<size_t>(p)].name].Number(
        "a number", -kLargestParameter, kLargestParameter);
  }
  law.correlation = ReadCorrelation(root["length_correlation"]);
  ReadLevels(root["levels"], law);
  const JsonValue runs = root["runs"];
  const size_t size = runs.Size();
  for (size_t i = 0; i < size; ++i) {
    law.data.runs.push_back(ReadLawRun(runs[i], law.data.levels));
  }
  ReadLawQuestions(root["questions"], law);
  const JsonValue warnings = root["warnings"];
  for (size_t i = 0; i < warnings.Size(); ++i) {
    law.warnings.push_back(warnings[i].Name("a warning"));
  }
  return law;
}

}  // namespace kinetics
