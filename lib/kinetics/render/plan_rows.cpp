#include "kinetics/render/plan_rows.h"

#include <fmt/format.h>

#include <algorithm>

namespace kinetics {
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
  Table table = {.columns = {{"seconds", true},
                             {std::string(Name(other)), true},
                             {"accuracy", true},
                             {"interval", false},
                             {"samples", true},
                             {"model", false},
                             {"attention", false}},
                 .rows = {}};
  const bool limited = std::any_of(rows.begin(), rows.end(), [](const ListedRow& listed) {
    return listed.row->generation_tokens.has_value();
  });
  if (limited) {
    table.columns.push_back({"tokens", true});
  }
  const auto any = [&rows](auto member) {
    return std::any_of(rows.begin(), rows.end(), [member](const ListedRow& listed) {
      return static_cast<bool>(listed.row->*member);
    });
  };
  const auto serves = [&rows](const auto& shows) {
    return std::any_of(rows.begin(), rows.end(),
                       [&](const ListedRow& listed) { return shows(listed.row->serving); });
  };
  const bool has_gpus = serves([](const Serving& serving) { return serving.gpus > 1; });
  const bool has_latency =
      serves([](const Serving& serving) { return serving.latency.has_value(); });
  if (has_gpus) {
    table.columns.push_back({"GPUs", true});
  }
  if (has_latency) {
    table.columns.push_back({"batch", true});
    table.columns.push_back({"latency", true});
    table.columns.push_back({"tok/s", true});
  }
  const bool predicted = any(&PlanRow::from_law);
  const bool has_chances = any(&PlanRow::chance_best);
  if (predicted) {
    table.columns.push_back({"by", false});
  }
  if (has_chances) {
    table.columns.push_back({"best %", true});
  }
  for (const ListedRow& listed : rows) {
    const PlanRow& row = *listed.row;
    std::vector<std::string> cells = {fmt::format("{:.3g}", row.cost.seconds.value),
                                      Si(Measure(row.cost, other), ""),
                                      Percent(row.accuracy),
                                      HumanInterval(row.accuracy_interval),
                                      std::to_string(row.samples),
                                      HumanModel(row),
                                      FormatSpec(row.attention)};
    if (limited) {
      cells.push_back(row.generation_tokens ? std::to_string(*row.generation_tokens) : "");
    }
    if (has_gpus) {
      cells.push_back(std::to_string(row.serving.gpus));
    }
    if (has_latency) {
      const Serving& serving = row.serving;
      const double rate = serving.tokens / row.cost.seconds.value;
      cells.push_back(serving.latency ? fmt::format("{:g}", serving.batch) : "");
      cells.push_back(serving.latency ? HumanSeconds(serving.latency->value) : "");
      cells.push_back(serving.latency ? Si(rate, "") : "");
    }
    if (predicted) {
      cells.push_back(!row.from_law ? "data" : row.extrapolation.empty() ? "law" : "law*");
    }
    if (has_chances) {
      cells.push_back(row.chance_best ? Percent(*row.chance_best) : "");
    }
    table.rows.push_back(std::move(cells));
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
    table.rows.push_back({HumanCost(row.budget.value, row.budget.unit),
                          HumanSeconds(row.seconds.value), Percent(row.accuracy),
                          HumanInterval(row.accuracy_interval),
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

std::string HumanModel(const PlanRow& row) {
  return row.variant ? fmt::format("{} ({})", row.model, *row.variant) : row.model;
}

}  // namespace kinetics
