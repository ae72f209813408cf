#include "kinetics/cost/rates.h"

#include <fmt/format.h>

#include "kinetics/core/error.h"

namespace kinetics {
namespace {

constexpr double kSecondsPerHour = 3600;
constexpr double kJoulesPerKwh = 3.6e6;
constexpr const char* kWorldGridSource =
    "world average of 2024 (Ember, Global Electricity Review 2025, April 2025)";

Figure<double> Given(const std::optional<double>& value, const char* option) {
  return value ? Figure<double>({*value, option}) : std::nullopt;
}

double ExpectFigure(const Figure<double>& figure, const Rates& rates, const char* what,
                    const char* option) {
  if (!figure) {
    throw Error(fmt::format("hardware {}: no {} is known; give {}", rates.hardware, what, option));
  }
  return figure->value;
}

}  // namespace

Rates RatesFor(const Hardware& hardware, const RateOptions& options) {
  const PowerOption power = options.power.value_or(PowerOption{});
  Rates rates = {.hardware = hardware.name,
                 .power = power.model,
                 .usd_per_hour = Given(options.usd_per_hour, "--price-per-hour"),
                 .watts = Given(power.watts, "--power"),
                 .grams_co2_per_kwh = {.value = kWorldGramsCo2PerKwh, .source = kWorldGridSource}};
  if (!rates.usd_per_hour) {
    rates.usd_per_hour = hardware.price_usd_per_hour;
  }
  if (!rates.watts) {
    rates.watts =
        power.model == PowerModel::kFacility ? hardware.facility_power_watts : hardware.power_watts;
  }
  if (options.grams_co2_per_kwh) {
    rates.grams_co2_per_kwh = {.value = *options.grams_co2_per_kwh, .source = "--grid"};
  }
  return rates;
}

double UsdPerSecond(const Rates& rates) {
  return ExpectFigure(rates.usd_per_hour, rates, "price per hour", "--price-per-hour USD") /
         kSecondsPerHour;
}

double JoulesPerSecond(const Rates& rates) {
  return ExpectFigure(rates.watts, rates,
                      rates.power == PowerModel::kFacility ? "facility power" : "power",
                      "--power WATTS");
}

double GramsCo2PerSecond(const Rates& rates) {
  return JoulesPerSecond(rates) / kJoulesPerKwh * rates.grams_co2_per_kwh.value;
}

Spend SpendOf(Seconds seconds, const Rates& rates) {
  Spend spend;
  if (rates.usd_per_hour) {
    spend.usd = seconds.value * UsdPerSecond(rates);
  }
  if (rates.watts) {
    spend.joules = seconds.value * JoulesPerSecond(rates);
    spend.grams_co2 = seconds.value * GramsCo2PerSecond(rates);
  }
  return spend;
}

}  // namespace kinetics
