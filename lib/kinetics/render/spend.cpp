#include "kinetics/render/spend.h"

#include <fmt/format.h>

#include "kinetics/core/text.h"

namespace kinetics {
namespace {

std::array<std::optional<double>, kSpendUnits.size()> Amounts(const Spend& spend) {
  return {spend.usd, spend.joules, spend.grams_co2};
}

std::string PriceText(double usd_per_hour) {
  return fmt::format("{} usd an hour", Shortest(usd_per_hour));
}
std::string PowerText(double watts) { return fmt::format("{} W", Shortest(watts)); }
std::string GridText(double grams) { return fmt::format("{} g a kWh", Shortest(grams)); }

std::string WithSource(const std::string& text, const std::string& source) {
  return fmt::format("{} ({})", text, source);
}

}  // namespace

void WriteSpend(JsonWriter& json, const Spend& spend) {
  const auto amounts = Amounts(spend);
  for (size_t i = 0; i < amounts.size(); ++i) {
    json.Key(kSpendColumns[i]).Value(amounts[i]);
  }
}

void WriteRates(JsonWriter& json, const Rates& rates) {
  json.Key("rates").BeginObject();
  json.Key("price_usd_per_hour").Value(rates.usd_per_hour);
  json.Key("power_watts").Value(rates.watts);
  json.Key("grid_grams_co2_per_kwh").Value(Figure<double>(rates.grams_co2_per_kwh));
  json.EndObject();
}

void WritePrices(JsonWriter& json, const std::vector<ModelPrice>& prices) {
  json.Key("prices").BeginList();
  for (const ModelPrice& price : prices) {
    json.BeginObject();
    json.Key("models").Value(price.models);
    json.Key("input_usd_per_million_tokens").Value(price.price.input_usd_per_million);
    json.Key("output_usd_per_million_tokens").Value(price.price.output_usd_per_million);
    json.EndObject();
  }
  json.EndList();
}

void AddCells(CsvWriter& csv, const Spend& spend) {
  for (const std::optional<double>& amount : Amounts(spend)) {
    csv.Cell(amount);
  }
}

std::vector<std::string> SpendCells(const Spend& spend) {
  std::vector<std::string> cells;
  for (const std::optional<double>& amount : Amounts(spend)) {
    cells.push_back(amount ? Si(*amount, "") : "-");
  }
  return cells;
}

std::string DescribeRates(const Rates& rates, CostUnit unit) {
  std::vector<std::string> parts;
  if (unit == CostUnit::kUsd && rates.usd_per_hour) {
    parts.push_back(WithSource(PriceText(rates.usd_per_hour->value), rates.usd_per_hour->source));
  }
  if (unit != CostUnit::kUsd && rates.watts) {
    parts.push_back(WithSource(PowerText(rates.watts->value), rates.watts->source));
  }
  if (unit == CostUnit::kGramsCo2) {
    parts.push_back(
        WithSource(GridText(rates.grams_co2_per_kwh.value), rates.grams_co2_per_kwh.source));
  }
  return rates.hardware + " " + Join(parts);
}

std::string DescribePrices(const std::vector<ModelPrice>& prices) {
  std::string text;
  for (const ModelPrice& price : prices) {
    text += fmt::format("{}{} {} usd a million tokens in and {} out", text.empty() ? "" : "; ",
                        price.models.value_or(prices.size() > 1 ? "all others" : "all"),
                        Shortest(price.price.input_usd_per_million),
                        Shortest(price.price.output_usd_per_million));
  }
  return text;
}

std::string DescribeSpend(const Spend& spend, const Rates& rates) {
  std::vector<std::string> parts;
  if (spend.usd) {
    parts.push_back(fmt::format("{} at {}", HumanCost(*spend.usd, CostUnit::kUsd),
                                PriceText(rates.usd_per_hour->value)));
  }
  if (spend.joules) {
    parts.push_back(fmt::format("{} at {}", HumanCost(*spend.joules, CostUnit::kJoules),
                                PowerText(rates.watts->value)));
    parts.push_back(fmt::format("{} at {}", HumanCost(*spend.grams_co2, CostUnit::kGramsCo2),
                                GridText(rates.grams_co2_per_kwh.value)));
  }
  return Join(parts);
}

}  // namespace kinetics
