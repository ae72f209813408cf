#include "kinetics/render/records.h"

#include <fmt/format.h>

#include "kinetics/render/csv_writer.h"
#include "kinetics/render/json_writer.h"
#include "kinetics/render/table.h"

namespace kinetics {
namespace {

template <typename T>
void WriteList(JsonWriter& json, std::string_view key, const std::vector<T>& values) {
  json.Key(key).BeginList();
  for (const T& value : values) {
    json.Value(value);
  }
  json.EndList();
}

void WriteTrialList(JsonWriter& json, const Records& records, const TrialList& list) {
  json.BeginObject();
  json.Key("question").Id(records.questions[list.question].id);
  WriteList(json, "tokens", list.tokens);
  if (list.correct.empty()) {
    json.Key("solved").Value(list.solved);
  } else {
    WriteList(json, "correct", list.correct);
  }
  if (!list.answers.empty()) {
    WriteList(json, "answers", list.answers);
  }
  if (list.errors > 0) {
    json.Key("errors").Value(list.errors);
  }
  json.EndObject();
}

void WriteRunHead(JsonWriter& json, const Run& run) {
  json.Key("model").Value(run.model);
  if (run.variant) {
    json.Key("variant").Value(run.variant);
  }
  if (run.attention) {
    json.Key("attention").Value(run.attention);
  }
  if (run.max_tokens) {
    json.Key("max_tokens").Value(run.max_tokens);
  }
}

std::string SummariesJson(const Records& records, const std::vector<RunSummary>& summaries,
                          const MadeBy& made_by) {
  JsonWriter json("kinetics.records-summary/1", made_by);
  json.Key("task").Value(records.task);
  json.Key("questions").Value(records.questions.size());
  json.Key("max_tokens").Value(records.max_tokens);
  json.Key("runs").BeginList();
  for (size_t i = 0; i < summaries.size(); ++i) {
    const RunSummary& summary = summaries[i];
    json.BeginObject();
    WriteRunHead(json, records.runs[i]);
    json.Key("questions").Value(summary.questions);
    json.Key("trials").Value(summary.trials);
    json.Key("errors").Value(summary.errors);
    json.Key("unreported").Value(summary.unreported);
    json.Key("samples").Value(summary.served_samples);
    json.Key("accuracy").Value(summary.accuracy);
    json.Key("max_coverage").Value(summary.max_coverage);
    json.Key("mean_tokens").Value(summary.mean_tokens);
    json.Key("longest_tokens").Value(summary.longest_tokens);
    json.Key("cut_off").Value(summary.cut_off);
    json.EndObject();
  }
  json.EndList();
  return json.Finish();
}

std::string SummariesCsv(const Records& records, const std::vector<RunSummary>& summaries) {
  CsvWriter csv({"model", "variant", "attention", "questions", "trials", "errors", "unreported",
                 "samples", "accuracy", "max_coverage", "mean_tokens", "longest_tokens",
                 "cut_off"});
  for (size_t i = 0; i < summaries.size(); ++i) {
    const Run& run = records.runs[i];
    const RunSummary& summary = summaries[i];
    csv.Cell(run.model).Cell(run.variant).Cell(run.attention ? FormatSpec(*run.attention) : "");
    csv.Cell(static_cast<int64_t>(summary.questions)).Cell(summary.trials).Cell(summary.errors);
    csv.Cell(summary.unreported).Cell(summary.served_samples).Cell(summary.accuracy);
    csv.Cell(summary.max_coverage).Cell(summary.mean_tokens).Cell(summary.longest_tokens);
    csv.Cell(summary.cut_off).EndRow();
  }
  return csv.Text();
}

Table SummariesTable(const Records& records, const std::vector<RunSummary>& summaries) {
  Table table = {.columns = {{"run", false},
                             {"trials", true},
                             {"@1", true},
                             {"@n", true},
                             {"tokens", true},
                             {"cut %", true}},
                 .rows = {}};
  const auto percent = [](const std::optional<double>& share) {
    return share ? Percent(*share) : std::string("-");
  };
  for (size_t i = 0; i < summaries.size(); ++i) {
    const RunSummary& summary = summaries[i];
    const std::string errors = summary.errors > 0 ? fmt::format("+{}", summary.errors) : "";
    table.rows.push_back({Describe(records.runs[i]), std::to_string(summary.trials) + errors,
                          percent(summary.accuracy), percent(summary.max_coverage),
                          summary.mean_tokens ? fmt::format("{:.0f}", *summary.mean_tokens) : "-",
                          percent(summary.cut_off)});
  }
  return table;
}

std::string SummariesText(const Records& records, const std::vector<RunSummary>& summaries) {
  std::string text =
      fmt::format("{}: {}, {}", records.task, Counted(records.questions.size(), "question"),
                  Counted(records.runs.size(), "run"));
  if (records.max_tokens) {
    text += fmt::format(", generations of at most {} tokens", Grouped(*records.max_tokens));
  }
  text += "\n\n" + TableText(SummariesTable(records, summaries));
  text += "\n  " +
          Wrap(
              "trials: recorded (+ errors); @1: accuracy of one sample, @n: coverage at the most "
              "samples that every question serves, in %; tokens: mean length; cut %: trials that "
              "ran into the limit",
              kTableWidth - 2, 2) +
          "\n";
  if (!records.source_json.empty()) {
    text += "  " + Wrap("source: " + records.source_json, kTableWidth - 2, 2) + "\n";
  }
  return text;
}

}  // namespace

std::string RecordsJson(const Records& records, const MadeBy& made_by) {
  JsonWriter json("kinetics.records/1", made_by);
  json.Key("task").Value(records.task);
  if (!records.source_json.empty()) {
    json.Key("source").Raw(records.source_json);
  }
  if (records.max_tokens) {
    json.Key("max_tokens").Value(records.max_tokens);
  }
  json.Key("questions").BeginList();
  for (const Question& question : records.questions) {
    json.BeginObject();
    json.Key("id").Id(question.id);
    json.Key("prompt_tokens").Value(question.prompt_tokens);
    json.EndObject();
  }
  json.EndList();
  json.Key("runs").BeginList();
  for (const Run& run : records.runs) {
    json.BeginObject();
    WriteRunHead(json, run);
    json.Key("trials").BeginList();
    for (const TrialList& list : run.trials) {
      WriteTrialList(json, records, list);
    }
    json.EndList();
    json.EndObject();
  }
  json.EndList();
  return json.Finish();
}

std::string RenderSummaries(const Records& records, const std::vector<RunSummary>& summaries,
                            Format format, const MadeBy& made_by) {
  switch (format) {
    case Format::kTable:
      return SummariesText(records, summaries);
    case Format::kJson:
      return SummariesJson(records, summaries, made_by);
    case Format::kCsv:
      return SummariesCsv(records, summaries);
    case Format::kMarkdown:
      return TableMarkdown(SummariesTable(records, summaries));
  }
  return "";
}

}  // namespace kinetics
