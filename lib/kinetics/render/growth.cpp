#include "kinetics/render/growth.h"

#include <fmt/format.h>

#include <cmath>

#include "kinetics/render/coverage.h"
#include "kinetics/render/csv_writer.h"
#include "kinetics/render/json_writer.h"
#include "kinetics/render/plan_json_rows.h"
#include "kinetics/render/table.h"

namespace kinetics {
namespace {

std::string_view Title(GrowthQuantity quantity) {
  switch (quantity) {
    case GrowthQuantity::kKvBudget:
      return "KV budget: tokens attended to at a step, in the mean";
    case GrowthQuantity::kBalancedKvBudget:
      return "KV budget + P/((r+I)D), the budget whose attention costs what parameters do";
    case GrowthQuantity::kTokens:
      return "Generated tokens of all samples";
    case GrowthQuantity::kSamples:
      return "Samples";
    default:
      return "Active parameters";
  }
}

Table TableOf(const Growth& growth, GrowthQuantity quantity) {
  Table table = {.columns = {{"budget", true},
                             {"accuracy", true},
                             {"best", true},
                             {"elasticity", true},
                             {"95 % interval", false},
                             {"per doubling", true}},
                 .rows = {}};
  for (size_t i = 0; i < growth.rows.size(); ++i) {
    const GrowthRow& row = growth.rows[i];
    if (row.quantity != quantity) {
      continue;
    }
    const auto& interval = row.elasticity.interval;
    table.rows.push_back(
        {HumanCost(row.budget.value, row.budget.unit),
         Percent(growth.accuracies[i / kGrowthQuantities]), Si(row.value, ""),
         TwoDecimals(row.elasticity.value),
         interval ? TwoDecimals(interval->low) + " to " + TwoDecimals(interval->high) : "",
         fmt::format("{:.2f}x", std::exp2(row.elasticity.value))});
  }
  return table;
}

std::string GrowthText(const GrowthReport& report) {
  std::string text = Wrap(
      fmt::format("{}: how the best of {} grows with the budget, on {}, rule {}, by the law {}",
                  report.task, Counted(report.allocations, "allocation"), report.hardware,
                  Name(report.rule), report.law),
      kTableWidth, 2);
  text +=
      "\n" +
      Wrap(
          "elasticity: d ln value / d ln budget, the slope over 1.5 doublings to either "
          "side" +
              (report.draws > 0
                   ? fmt::format("; intervals from {} draws of the law's parameters", report.draws)
                   : std::string()),
          kTableWidth, 2);
  text += "\n";
  for (int k = 0; k < kGrowthQuantities && !report.growth.rows.empty(); ++k) {
    const auto quantity = static_cast<GrowthQuantity>(k);
    text += fmt::format("\n{}\n{}", Title(quantity), TableText(TableOf(report.growth, quantity)));
  }
  return text;
}

std::string GrowthMarkdown(const GrowthReport& report) {
  std::string text;
  for (int k = 0; k < kGrowthQuantities; ++k) {
    const auto quantity = static_cast<GrowthQuantity>(k);
    text += fmt::format("{}### {}\n\n{}", k > 0 ? "\n" : "", Title(quantity),
                        TableMarkdown(TableOf(report.growth, quantity)));
  }
  return text;
}

std::string GrowthCsv(const GrowthReport& report) {
  CsvWriter csv({"budget", "unit", "quantity", "value", "elasticity", "elasticity_low",
                 "elasticity_high", "per_doubling"});
  for (const GrowthRow& row : report.growth.rows) {
    const auto& interval = row.elasticity.interval;
    csv.Cell(row.budget.value).Cell(Name(row.budget.unit)).Cell(Name(row.quantity));
    csv.Cell(row.value).Cell(row.elasticity.value);
    csv.Cell(interval ? std::optional(interval->low) : std::nullopt);
    csv.Cell(interval ? std::optional(interval->high) : std::nullopt);
    csv.Cell(std::exp2(row.elasticity.value)).EndRow();
  }
  return csv.Text();
}

std::string GrowthJson(const GrowthReport& report, const MadeBy& made_by) {
  JsonWriter json("kinetics.growth/1", made_by);
  json.Key("task").Value(report.task);
  json.Key("law").Value(report.law);
  json.Key("hardware").Value(report.hardware);
  json.Key("rule").Value(Name(report.rule));
  json.Key("allocations").Value(report.allocations);
  json.Key("draws").Value(report.draws);
  json.Key("growth").BeginList();
  for (size_t i = 0; i < report.growth.rows.size(); ++i) {
    const GrowthRow& row = report.growth.rows[i];
    json.BeginObject();
    json.Key("budget");
    WriteBudget(json, row.budget);
    json.Key("accuracy").Value(report.growth.accuracies[i / kGrowthQuantities]);
    json.Key("quantity").Value(Name(row.quantity));
    json.Key("value").Value(row.value);
    json.Key("elasticity");
    WriteEstimate(json, row.elasticity);
    json.Key("per_doubling").Value(std::exp2(row.elasticity.value));
    json.EndObject();
  }
  json.EndList();
  return json.Finish();
}

}  // namespace

std::string RenderGrowth(const GrowthReport& report, Format format, const MadeBy& made_by) {
  switch (format) {
    case Format::kJson:
      return GrowthJson(report, made_by);
    case Format::kCsv:
      return GrowthCsv(report);
    case Format::kMarkdown:
      return GrowthMarkdown(report);
    default:
      return GrowthText(report);
  }
}

}  // namespace kinetics
