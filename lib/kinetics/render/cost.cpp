#include "kinetics/render/cost.h"

#include <fmt/format.h>

#include <algorithm>

#include <cmath>

#include "kinetics/render/cost_parts.h"
#include "kinetics/render/csv_writer.h"
#include "kinetics/render/json_writer.h"
#include "kinetics/render/spend.h"
#include "kinetics/render/table.h"

namespace kinetics {
namespace {

std::optional<double> FiniteBatch(const CostRow& row) {
  const double batch = BatchOf(row.options);
  return std::isfinite(batch) ? std::optional(batch) : std::nullopt;
}

bool IsCalibrated(const CostRow& row) { return row.options.rule == Rule::kCalibrated; }

double Ratio(const CostRow& row) {
  return IsCalibrated(row) ? AttentionToLinear(row.cost.time)
                           : AttentionToLinear(row.cost.terms, row.roofline);
}

void WriteStep(JsonWriter& json, const CostRow& row) {
  json.Key("step").BeginObject();
  json.Key("context").Value(row.step_context);
  json.Key("operations").BeginList();
  for (const StepOperation& operation : row.step) {
    json.BeginObject();
    json.Key("name").Value(operation.name);
    json.Key("count").Value(operation.count);
    json.Key("seconds").Value(operation.once.seconds.value);
    json.Key("provenance").Value(Name(operation.once.provenance));
    json.EndObject();
  }
  json.EndList();
  json.EndObject();
}

double UsedMemory(const CostRow& row) { return row.memory->UsedAt(row.serving.batch).value; }

bool Fits(const CostRow& row) { return UsedMemory(row) <= row.memory->usable.value; }

void WriteCostServing(JsonWriter& json, const CostRow& row) {
  const std::optional<Seconds>& latency = row.serving.latency;
  json.Key("gpus").Value(row.serving.gpus);
  json.Key("latency_seconds").Value(latency ? std::optional(latency->value) : std::nullopt);
  json.Key("tokens_per_second_per_gpu")
      .Value(latency ? std::optional(row.serving.tokens / row.cost.seconds.value) : std::nullopt);
  json.Key("memory");
  if (!row.memory) {
    json.Null();
    return;
  }
  json.BeginObject();
  json.Key("usable").Value(row.memory->usable.value);
  json.Key("weights").Value(row.memory->weights.value);
  json.Key("reserve").Value(row.memory->reserve.value);
  json.Key("sequence").Value(row.memory->sequence.value);
  json.Key("used").Value(UsedMemory(row));
  json.Key("fits").Value(Fits(row));
  json.EndObject();
}

/// How fast, and in how much memory of each device.
std::string CostServingText(const CostRow& row) {
  std::string text;
  if (const auto& latency = row.serving.latency) {
    text += fmt::format("  {} a question on {}, {} tokens/s a GPU\n", HumanSeconds(latency->value),
                        Counted(static_cast<size_t>(row.serving.gpus), "GPU"),
                        Si(row.serving.tokens / row.cost.seconds.value, ""));
  }
  if (row.memory) {
    const MemoryNeeds& needs = *row.memory;
    text += Wrap(fmt::format("  memory of each: weights {}, {} sequences {}, reserve {}",
                             Si(needs.weights.value, "B"), Shortest(row.serving.batch),
                             Si(row.serving.batch * needs.sequence.value, "B"),
                             Si(needs.reserve.value, "B")),
                 kTableWidth, 4);
    text += fmt::format("\n    {} of the {} that may be used{}\n", Si(UsedMemory(row), "B"),
                        Si(needs.usable.value, "B"), Fits(row) ? "" : ": DOES NOT FIT");
  }
  return text;
}

void WriteCostRow(JsonWriter& json, const CostRow& row) {
  json.Key("model").Value(row.model);
  json.Key("hardware").Value(row.hardware);
  json.Key("attention").Value(row.attention);
  json.Key("prompt_tokens").Value(row.prompt_tokens);
  json.Key("generation_tokens").Value(row.generation_tokens);
  json.Key("samples").Value(row.samples);
  json.Key("batch").Value(FiniteBatch(row));
  json.Key("rule").Value(Name(row.options.rule));
  json.Key("convention").Value(Name(row.options.convention));
  json.Key("dtype").Value(Name(row.roofline.dtype));
  WriteCostServing(json, row);
  WriteCost(json, row.cost);
  WriteSpend(json, row.spend);
  WriteRates(json, row.rates);
  json.Key("attention_to_linear").Value(Ratio(row));
  if (IsCalibrated(row)) {
    WriteStep(json, row);
  }
}

std::string CostJson(const std::vector<CostRow>& rows, const MadeBy& made_by) {
  JsonWriter json("kinetics.cost/1", made_by);
  if (rows.size() == 1) {
    WriteCostRow(json, rows.front());
    return json.Finish();
  }
  json.Key("rows").BeginList();
  for (const CostRow& row : rows) {
    json.BeginObject();
    WriteCostRow(json, row);
    json.EndObject();
  }
  json.EndList();
  return json.Finish();
}

bool ShowsSpend(const std::vector<CostRow>& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const CostRow& row) { return row.shows_spend; });
}

std::string CostCsv(const std::vector<CostRow>& rows) {
  const bool shows_spend = ShowsSpend(rows);
  std::vector<std::string> columns = {"model",
                                      "hardware",
                                      "attention",
                                      "prompt_tokens",
                                      "generation_tokens",
                                      "samples",
                                      "batch",
                                      "rule",
                                      "flops",
                                      "bytes",
                                      "eflops",
                                      "seconds",
                                      "attention_to_linear",
                                      "flops_linear",
                                      "flops_attention",
                                      "flops_search",
                                      "bytes_weights",
                                      "bytes_kv_shared",
                                      "bytes_kv",
                                      "bytes_search",
                                      "gpus",
                                      "bytes_prefill",
                                      "flops_prefill",
                                      "bytes_link",
                                      "memory_bytes",
                                      "latency_seconds"};
  if (shows_spend) {
    columns.insert(columns.end(), kSpendColumns.begin(), kSpendColumns.end());
  }
  CsvWriter csv(columns);
  for (const CostRow& row : rows) {
    const CostTerms& terms = row.cost.terms;
    csv.Cell(row.model).Cell(row.hardware).Cell(FormatSpec(row.attention));
    csv.Cell(row.prompt_tokens).Cell(row.generation_tokens).Cell(row.samples);
    csv.Cell(FiniteBatch(row)).Cell(Name(row.options.rule));
    csv.Cell(TotalFlops(terms).value).Cell(TotalBytes(terms).value);
    csv.Cell(row.cost.eflops.value).Cell(row.cost.seconds.value);
    csv.Cell(Ratio(row));
    csv.Cell(terms.flops.linear.value).Cell(terms.flops.attention.value);
    csv.Cell(terms.flops.search.value).Cell(terms.bytes.weights.value);
    csv.Cell(terms.bytes.kv_shared.value).Cell(terms.bytes.kv.value);
    csv.Cell(terms.bytes.search.value).Cell(row.serving.gpus);
    csv.Cell(terms.bytes.prefill.value).Cell(terms.flops.prefill.value).Cell(terms.link.value);
    csv.Cell(row.memory ? std::optional(UsedMemory(row)) : std::nullopt);
    csv.Cell(row.serving.latency ? std::optional(row.serving.latency->value) : std::nullopt);
    if (shows_spend) {
      AddCells(csv, row.spend);
    }
    csv.EndRow();
  }
  return csv.Text();
}

/// What may be left out where lines become too wide: also what is the same in all.
std::vector<std::string> DispensableColumns(const std::vector<CostRow>& rows) {
  std::vector<std::string> columns = {"eFLOPs", "prompt"};
  const auto is_same = [&rows](const auto& member_of) {
    return std::all_of(rows.begin(), rows.end(), [&](const CostRow& row) {
      return member_of(row) == member_of(rows.front());
    });
  };
  if (is_same([](const CostRow& row) { return row.hardware; })) {
    columns.emplace_back("hardware");
  }
  if (is_same([](const CostRow& row) { return row.samples; })) {
    columns.emplace_back("samples");
  }
  return columns;
}

/// One line a row.
Table CostTable(const std::vector<CostRow>& rows) {
  Table table = {.columns = {{"model", false},
                             {"hardware", false},
                             {"attention", false},
                             {"prompt", true},
                             {"tokens", true},
                             {"samples", true},
                             {"seconds", true},
                             {"eFLOPs", true}},
                 .rows = {}};
  const bool shows_spend = ShowsSpend(rows);
  if (shows_spend) {
    for (const CostUnit unit : kSpendUnits) {
      table.columns.push_back({std::string(Name(unit)), true});
    }
  }
  for (const CostRow& row : rows) {
    table.rows.push_back(
        {row.model, row.hardware, FormatSpec(row.attention), std::to_string(row.prompt_tokens),
         std::to_string(row.generation_tokens), std::to_string(row.samples),
         fmt::format("{:.4g}", row.cost.seconds.value), Si(row.cost.eflops.value, "")});
    if (shows_spend) {
      const auto cells = SpendCells(row.spend);
      table.rows.back().insert(table.rows.back().end(), cells.begin(), cells.end());
    }
  }
  return table;
}

/// One line an operation of a decode step.
Table StepTable(const CostRow& row) {
  Table table = {.columns = {{"operation", false},
                             {"times", true},
                             {"of", true},
                             {"seconds", true},
                             {"from", false}},
                 .rows = {}};
  for (const StepOperation& operation : row.step) {
    const double once = operation.once.seconds.value;
    table.rows.push_back({operation.name, std::to_string(operation.count), HumanSeconds(once),
                          HumanSeconds(static_cast<double>(operation.count) * once),
                          std::string(Name(operation.once.provenance))});
  }
  return table;
}

/// One line a term. Seconds of compute and of memory by the roofline; which of them counts is the
/// rule's.
Table TermsTable(const CostRow& row) {
  Table table = {.columns = {{"term", false},
                             {"FLOPs", true},
                             {"bytes", true},
                             {"compute", true},
                             {"memory", true}},
                 .rows = {}};
  const auto add = [&](const std::string& name, Flops flops, Bytes bytes) {
    const bool has_flops = flops.value > 0;
    const bool has_bytes = bytes.value > 0;
    if (has_flops || has_bytes) {
      table.rows.push_back({name, has_flops ? Si(flops.value, "FLOP") : "",
                            has_bytes ? Si(bytes.value, "B") : "",
                            has_flops ? HumanSeconds((flops / row.roofline.peak).value) : "",
                            has_bytes ? HumanSeconds((bytes / row.roofline.bandwidth).value) : ""});
    }
  };
  const CostTerms& terms = row.cost.terms;
  add("parameters", terms.flops.linear, terms.bytes.weights);
  add("attention compute", terms.flops.attention, {});
  add("KV cache, prompt, shared", {}, terms.bytes.kv_shared);
  add("KV cache, a sample each", {}, terms.bytes.kv);
  add(row.attention.kind == AttentionKind::kBlockTopk ? "block search" : "index search",
      terms.flops.search, terms.bytes.search);
  add("prefill", terms.flops.prefill, terms.bytes.prefill);
  add("total", TotalFlops(terms), TotalBytes(terms));
  return table;
}

std::string OneCost(const CostRow& row) {
  std::string text = Wrap(
      fmt::format("{} {} on {} ({}, {}/s, {}/s), {} prompt + {} generated tokens, {}{}", row.model,
                  FormatSpec(row.attention), row.hardware, Name(row.roofline.dtype),
                  Si(row.roofline.peak.value, "FLOP"), Si(row.roofline.bandwidth.value, "B"),
                  Grouped(row.prompt_tokens), Grouped(row.generation_tokens),
                  Counted(static_cast<size_t>(row.samples), "sample") +
                      (row.serving.gpus > 1 ? fmt::format(", {} devices", row.serving.gpus) : ""),
                  FiniteBatch(row) ? fmt::format(", batch {}", Shortest(*FiniteBatch(row)))
                                   : ", weights for free (the limit of a large batch)"),
      kTableWidth, 2);
  text += "\n\n" + TableText(TermsTable(row));
  if (IsCalibrated(row)) {
    text += "\n" + TableText(TimeTable(row.cost.time)) + "\n";
    text += fmt::format("  a decode step of {} sequences at a context of {} tokens\n",
                        Shortest(BatchOf(row.options)), Grouped(row.step_context));
    text += TableText(StepTable(row));
  }
  text += fmt::format("\n  cost by rule {}, convention {}: {} = {}\n", Name(row.options.rule),
                      Name(row.options.convention), HumanSeconds(row.cost.seconds.value),
                      Si(row.cost.eflops.value, "eFLOPs"));
  if (row.cost.terms.link.value > 0) {
    text += fmt::format("  {} sent between devices\n", Si(row.cost.terms.link.value, "B"));
  }
  text += CostServingText(row);
  const std::string spend = DescribeSpend(row.spend, row.rates);
  text += spend.empty() ? "" : Wrap("  " + spend, kTableWidth, 4) + "\n";
  return text +
         fmt::format("  attention and KV cache cost {:.3g} times the parameters\n", Ratio(row));
}

}  // namespace

std::string RenderCosts(const std::vector<CostRow>& rows, Format format, const MadeBy& made_by) {
  switch (format) {
    case Format::kTable:
      return rows.size() == 1 ? OneCost(rows.front())
                              : TableText(CostTable(rows), DispensableColumns(rows));
    case Format::kJson:
      return CostJson(rows, made_by);
    case Format::kCsv:
      return CostCsv(rows);
    case Format::kMarkdown:
      return TableMarkdown(rows.size() == 1 ? TermsTable(rows.front()) : CostTable(rows));
  }
  return "";
}

}  // namespace kinetics
