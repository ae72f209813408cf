#pragma once

#include <array>
#include <string>
#include <vector>

#include "kinetics/cost/rates.h"
#include "kinetics/cost/token_price.h"
#include "kinetics/plan/budget.h"
#include "kinetics/render/csv_writer.h"
#include "kinetics/render/json_writer.h"

namespace kinetics {

/// The units of Spend, and its columns in CSV and members in JSON, in its order.
inline constexpr std::array kSpendUnits = {CostUnit::kUsd, CostUnit::kJoules, CostUnit::kGramsCo2};
inline constexpr std::array kSpendColumns = {"usd", "joules", "grams_co2"};

/// Members of the open object, null where not known.
void WriteSpend(JsonWriter& json, const Spend& spend);

/// The member "rates" of the open object.
void WriteRates(JsonWriter& json, const Rates& rates);

/// The member "prices" of the open object.
void WritePrices(JsonWriter& json, const std::vector<ModelPrice>& prices);

/// Three cells of the line, empty where not known.
void AddCells(CsvWriter& csv, const Spend& spend);
/// Likewise of a table, a dash where not known.
std::vector<std::string> SpendCells(const Spend& spend);

/// What `unit` charges a device's time with, and the sources: "b200 2.9 usd an hour (...)".
std::string DescribeRates(const Rates& rates, CostUnit unit);

/// "gpt-5* 1.25 usd a million tokens in and 10 out; all others ...".
std::string DescribePrices(const std::vector<ModelPrice>& prices);

/// "0.00237 usd at 1.3 usd an hour, 4.59 kJ at 700 W, 0.603 gCO2 at 473 g a kWh"; what is not known
/// is left out.
std::string DescribeSpend(const Spend& spend, const Rates& rates);

}  // namespace kinetics
