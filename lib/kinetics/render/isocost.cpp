#include "kinetics/render/isocost.h"

#include <fmt/format.h>

#include <cmath>

#include "kinetics/render/csv_writer.h"
#include "kinetics/render/json_writer.h"
#include "kinetics/render/table.h"

namespace kinetics {
namespace {

std::string IsocostJson(const IsocostReport& report, const MadeBy& made_by) {
  JsonWriter json("kinetics.isocost/1", made_by);
  json.Key("hardware").Value(report.hardware);
  json.Key("dtype").Value(Name(report.roofline.dtype));
  json.Key("convention").Value(Name(report.convention));
  json.Key("attention").Value(report.attention);
  json.Key("prompt_tokens").Value(report.prompt_tokens);
  json.Key("batch");
  std::isfinite(report.batch) ? json.Value(report.batch) : json.Null();
  json.Key("gpus").Value(report.gpus);
  json.Key("cost_of");
  report.target.empty() ? json.Null() : json.Value(report.target);
  json.Key("rows").BeginList();
  for (const IsocostRow& row : report.rows) {
    json.BeginObject();
    json.Key("model").Value(row.model);
    json.Key("samples");
    row.samples ? json.Raw(CountText(*row.samples)) : json.Null();
    json.Key("rule").Value(Name(row.rule));
    json.Key("eflops").Value(row.eflops.value);
    json.Key("seconds").Value(row.seconds.value);
    json.Key("generation_tokens");
    row.generation_tokens ? json.Raw(CountText(*row.generation_tokens)) : json.Null();
    json.EndObject();
  }
  json.EndList();
  return json.Finish();
}

std::string IsocostCsv(const IsocostReport& report) {
  CsvWriter csv({"model", "samples", "rule", "eflops", "seconds", "generation_tokens"});
  const auto cell = [](const std::optional<double>& count) {
    return count ? CountText(*count) : std::string();
  };
  for (const IsocostRow& row : report.rows) {
    csv.Cell(row.model).Cell(cell(row.samples)).Cell(Name(row.rule)).Cell(row.eflops.value);
    csv.Cell(row.seconds.value).Cell(cell(row.generation_tokens)).EndRow();
  }
  return csv.Text();
}

/// What stands in a cell: the quantity that was solved for.
std::string CellOf(const IsocostReport& report, const IsocostRow& row) {
  if (report.solve == IsocostSolve::kCost) {
    return fmt::format("{:.4g}", row.seconds.value);
  }
  if (report.solve == IsocostSolve::kSamples) {
    return row.samples ? fmt::format("{:.2f}", *row.samples) : "none";
  }
  return row.generation_tokens ? Grouped(std::llround(*row.generation_tokens)) : "none";
}

/// The column of a row: its rule, or its tokens in a matrix.
std::string ColumnTitle(const IsocostReport& report, const IsocostRow& row) {
  if (report.solve == IsocostSolve::kCost) {
    return Grouped(std::llround(*row.generation_tokens));
  }
  return std::string(Name(row.rule));
}

Table IsocostTable(const IsocostReport& report) {
  Table table = {.columns = {{"model", false}}, .rows = {}};
  for (const IsocostRow& row : report.rows) {
    if (row.model == report.rows.front().model) {
      table.columns.push_back({ColumnTitle(report, row), true});
    }
    if (table.rows.empty() || table.rows.back().front() != row.model) {
      table.rows.push_back({row.model});
    }
    table.rows.back().push_back(CellOf(report, row));
  }
  return table;
}

std::string IsocostHead(const IsocostReport& report) {
  const std::string setting =
      fmt::format("{} attention, {} prompt tokens, on {}{} ({}, {}/s, {}/s), convention {}{}",
                  FormatSpec(report.attention), report.prompt_tokens,
                  report.gpus > 1 ? fmt::format("{} x ", report.gpus) : "", report.hardware,
                  Name(report.roofline.dtype), Si(report.roofline.peak.value, "FLOP"),
                  Si(report.roofline.bandwidth.value, "B"), Name(report.convention),
                  std::isfinite(report.batch) ? ", batch " + Shortest(report.batch) : "");
  const IsocostRow& first = report.rows.front();
  switch (report.solve) {
    case IsocostSolve::kCost:
      return fmt::format("Seconds by model and generation tokens, {}, rule {}, {}",
                         Counted(static_cast<size_t>(*first.samples), "sample"), Name(first.rule),
                         setting);
    case IsocostSolve::kSamples:
      return fmt::format("Samples of {} generated tokens that cost as much as {}, by rule; {}",
                         Grouped(std::llround(*first.generation_tokens)), report.target, setting);
    case IsocostSolve::kGenerationTokens:
      return fmt::format("Generation tokens that cost as much as {}, by rule; {}, {}",
                         report.target, Counted(static_cast<size_t>(*first.samples), "sample"),
                         setting);
  }
  return "";
}

}  // namespace

std::string RenderIsocost(const IsocostReport& report, Format format, const MadeBy& made_by) {
  switch (format) {
    case Format::kTable:
      return Wrap(IsocostHead(report), kTableWidth, 2) + "\n\n" + TableText(IsocostTable(report));
    case Format::kJson:
      return IsocostJson(report, made_by);
    case Format::kCsv:
      return IsocostCsv(report);
    case Format::kMarkdown:
      return TableMarkdown(IsocostTable(report));
  }
  return "";
}

}  // namespace kinetics
