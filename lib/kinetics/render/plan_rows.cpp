#include "kinetics/render/plan_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace kinetics {
namespace {

template <typename RowOrStage>
std::string ModelAndVariant(const RowOrStage& row) {
  return row.variant ? fmt::format("{} ({})", row.model, *row.variant) : row.model;
}

std::string PolicyCell(const PlanRow& row) {
  return std::string(Name(row.policy)) + (IsUpperBound(row) ? " (bound)" : "");
}

/// A line below that of the first stage.
std::vector<std::string> SecondStageCells(const PlanStage& stage,
                                          const std::vector<Table::Column>& columns) {
  const Serving& serving = stage.serving;
  const std::map<std::string, std::string> cells = {
      {"samples", fmt::format("+ {}", stage.samples)},
      {"model", HumanModel(stage)},
      {"attention", SpecText(stage.attention, "-")},
      {"tokens", stage.generation_tokens ? std::to_string(*stage.generation_tokens) : ""},
      {"GPUs", stage.is_served ? "-" : std::to_string(serving.gpus)},
      {"batch", std::isfinite(serving.batch) ? fmt::format("{:g}", serving.batch) : ""}};
  std::vector<std::string> line;
  for (const Table::Column& column : columns) {
    const auto cell = cells.find(column.title);
    line.push_back(cell == cells.end() ? "" : cell->second);
  }
  return line;
}

/// Columns that only some tables have.
struct ExtraColumns {
  bool tokens = false;
  bool gpus = false;
  bool latency = false;
  bool policy = false;
  bool origin = false;
  bool chance = false;
};

ExtraColumns ExtrasOf(const std::vector<ListedRow>& rows) {
  ExtraColumns extras;
  for (const ListedRow& listed : rows) {
    const PlanRow& row = *listed.row;
    extras.tokens = extras.tokens || row.generation_tokens;
    extras.gpus = extras.gpus || row.serving.gpus > 1;
    extras.latency = extras.latency || row.serving.latency;
    extras.policy = extras.policy || row.policy != Policy::kCoverage;
    extras.origin = extras.origin || row.from_law;
    extras.chance = extras.chance || row.chance_best;
  }
  return extras;
}

void AddExtraTitles(const ExtraColumns& extras, std::vector<Table::Column>& columns) {
  const auto add = [&columns](bool has, const std::vector<Table::Column>& more) {
    if (has) {
      columns.insert(columns.end(), more.begin(), more.end());
    }
  };
  add(extras.tokens, {{"tokens", true}});
  add(extras.gpus, {{"GPUs", true}});
  add(extras.latency, {{"batch", true}, {"latency", true}, {"tok/s", true}});
  add(extras.policy, {{"policy", false}, {"drawn", true}});
  add(extras.origin, {{"by", false}});
  add(extras.chance, {{"best %", true}});
}

void AddExtraCells(const PlanRow& row, const ExtraColumns& extras,
                   std::vector<std::string>& cells) {
  if (extras.tokens) {
    cells.push_back(row.generation_tokens ? std::to_string(*row.generation_tokens) : "");
  }
  if (extras.gpus) {
    cells.push_back(row.is_served ? "-" : std::to_string(row.serving.gpus));
  }
  if (extras.latency) {
    const Serving& serving = row.serving;
    const double rate = serving.tokens / row.cost.seconds.value;
    cells.push_back(serving.latency ? fmt::format("{:g}", serving.batch) : "");
    cells.push_back(serving.latency ? HumanSeconds(serving.latency->value) : "");
    cells.push_back(serving.latency ? Si(rate, "") : "");
  }
  if (extras.policy) {
    cells.push_back(PolicyCell(row));
    cells.push_back(fmt::format("{:.3g}", row.mean_samples));
  }
  if (extras.origin) {
    cells.push_back(!row.from_law ? "data" : row.extrapolation.empty() ? "law" : "law*");
  }
  if (extras.chance) {
    cells.push_back(row.chance_best ? Percent(*row.chance_best) : "");
  }
}

}  // namespace

std::vector<ListedRow> ListedRows(const Plan& plan, std::optional<Show> show) {
  std::vector<ListedRow> rows;
  if (show == Show::kBest) {
    for (const Choice& choice : plan.choices) {
      if (choice.best) {
        rows.push_back({.budget = choice.budget, .row = &*choice.best});
      }
    }
    return rows;
  }
  if (show == Show::kCandidates) {
    for (const Choice& choice : plan.choices) {
      for (const PlanRow& row : choice.candidates) {
        rows.push_back({.budget = choice.budget, .row = &row});
      }
    }
    return rows;
  }
  for (const PlanRow& row : show == Show::kAll ? plan.allocations : plan.frontier) {
    rows.push_back({.budget = std::nullopt, .row = &row});
  }
  return rows;
}

Table RowsTable(const std::vector<ListedRow>& rows, CostUnit unit) {
  const CostUnit other = unit == CostUnit::kSeconds ? CostUnit::kEflops : unit;
  const ExtraColumns extras = ExtrasOf(rows);
  Table table = {.columns = {{"seconds", true},
                             {std::string(Name(other)), true},
                             {"accuracy", true},
                             {"interval", false},
                             {"samples", true},
                             {"model", false},
                             {"attention", false}},
                 .rows = {}};
  AddExtraTitles(extras, table.columns);
  for (const ListedRow& listed : rows) {
    const PlanRow& row = *listed.row;
    std::vector<std::string> cells = {
        row.is_served ? "-" : fmt::format("{:.3g}", row.cost.seconds.value),
        Si(Measure(row, other), ""),
        Percent(row.accuracy),
        HumanInterval(row.accuracy_interval),
        std::to_string(row.samples),
        HumanModel(row),
        SpecText(row.attention, "-")};
    AddExtraCells(row, extras, cells);
    table.rows.push_back(std::move(cells));
    if (row.second) {
      table.rows.push_back(SecondStageCells(*row.second, table.columns));
    }
  }
  return table;
}

std::string_view OriginOf(const PlanRow& row) { return row.from_law ? "law" : "recorded"; }

Table OracleTable(const OraclePlan& plan) {
  Table table = {.columns = {{"budget", true},
                             {"spent", true},
                             {"accuracy", true},
                             {"interval", false},
                             {"model", false}},
                 .rows = {}};
  for (const OracleRow& row : plan.rows) {
    const CostUnit unit = row.budget.unit;
    table.rows.push_back({HumanCost(row.budget.value, unit),
                          row.model && IsSpend(unit) ? HumanCost(Measure(row.spend, unit), unit)
                                                     : HumanSeconds(row.seconds.value),
                          Percent(row.accuracy), HumanInterval(row.accuracy_interval),
                          row.model.value_or("(nothing fits)")});
  }
  return table;
}

std::string PlanMarkdown(const PlanReport& report) {
  std::string text;
  const auto heading = [&](const std::string& hardware, size_t devices) {
    return devices > 1 ? fmt::format("{}### {}\n\n", text.empty() ? "" : "\n", hardware) : "";
  };
  for (const Plan& plan : report.plans) {
    text += heading(plan.hardware, report.plans.size());
    text += TableMarkdown(RowsTable(ListedRows(plan, report.show), report.options.Unit()));
  }
  for (const OraclePlan& plan : report.oracles) {
    text += heading(plan.hardware, report.oracles.size()) + TableMarkdown(OracleTable(plan));
  }
  return text;
}

std::string HumanInterval(const std::optional<Interval>& interval) {
  return interval ? fmt::format("[{:.1f}, {:.1f}]", 100 * interval->low, 100 * interval->high) : "";
}

std::string SpecText(const std::optional<Attention>& attention, const char* unknown) {
  return attention ? FormatSpec(*attention) : unknown;
}

std::string HumanModel(const PlanRow& row) { return ModelAndVariant(row); }
std::string HumanModel(const PlanStage& stage) { return ModelAndVariant(stage); }

}  // namespace kinetics
