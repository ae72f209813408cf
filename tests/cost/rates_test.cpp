#include "kinetics/cost/rates.h"

#include "kinetics/plan/budget.h"
#include "tests/test.h"

namespace kinetics {
namespace {

/// 3.6 USD an hour, 1 kW of its own and 2 kW with all around it.
Hardware ChargedDevice() {
  Hardware hardware = {.name = "toy"};
  hardware.price_usd_per_hour = {{3.6, "a list"}};
  hardware.power_watts = {{1000, "a sheet"}};
  hardware.facility_power_watts = {{2000, "a table"}};
  return hardware;
}

TEST_CASE("an hour of a device costs its price, and draws its power", "[rates]") {
  const Rates rates = RatesFor(ChargedDevice(), {.grams_co2_per_kwh = 500});
  const Spend hour = SpendOf(Seconds{3600}, rates);
  CHECK(*hour.usd == Approx(3.6).epsilon(1e-15));
  CHECK(*hour.joules == 3.6e6);  // one kWh
  CHECK(*hour.grams_co2 == Approx(500).epsilon(1e-15));
  CHECK(UsdPerSecond(rates) == Approx(0.001).epsilon(1e-15));
  CHECK(JoulesPerSecond(rates) == 1000);
  CHECK(GramsCo2PerSecond(rates) == Approx(500 / 3600.0).epsilon(1e-15));
}

TEST_CASE("options replace a device's rates and are named as the source", "[rates]") {
  const Hardware device = ChargedDevice();
  const Rates given = RatesFor(
      device, {.usd_per_hour = 7.2, .power = PowerOption{.watts = 50}, .grams_co2_per_kwh = 1});
  CHECK(given.usd_per_hour->value == 7.2);
  CHECK(given.usd_per_hour->source == "--price-per-hour");
  CHECK(given.watts->value == 50);
  CHECK(given.watts->source == "--power");
  CHECK(given.grams_co2_per_kwh.source == "--grid");
  const Rates facility = RatesFor(device, {.power = PowerOption{.model = PowerModel::kFacility}});
  CHECK(facility.watts->value == 2000);
  CHECK(facility.watts->source == "a table");
}

TEST_CASE("without an option the grid is the world's average of 2024", "[rates]") {
  const Rates rates = RatesFor(ChargedDevice(), {});
  CHECK(rates.grams_co2_per_kwh.value == 473);  // Ember, Global Electricity Review 2025
  CHECK_THAT(rates.grams_co2_per_kwh.source, Catch::Contains("2024"));
  CHECK(*SpendOf(Seconds{3600}, rates).grams_co2 == Approx(473).epsilon(1e-15));
}

TEST_CASE("an unknown rate is unknown, and an error that names the option", "[rates]") {
  Hardware device = {.name = "bare"};
  const Rates rates = RatesFor(device, {});
  const Spend spend = SpendOf(Seconds{1}, rates);
  CHECK_FALSE(spend.usd);
  CHECK_FALSE(spend.joules);
  CHECK_FALSE(spend.grams_co2);
  CHECK(test::ErrorOf([&] { UsdPerSecond(rates); }) ==
        "hardware bare: no price per hour is known; give --price-per-hour USD");
  CHECK(test::ErrorOf([&] { GramsCo2PerSecond(rates); }) ==
        "hardware bare: no power is known; give --power WATTS");
  device.power_watts = {{100, "a sheet"}};
  const Rates facility = RatesFor(device, {.power = PowerOption{.model = PowerModel::kFacility}});
  CHECK(test::ErrorOf([&] { JoulesPerSecond(facility); }) ==
        "hardware bare: no facility power is known; give --power WATTS");
}

TEST_CASE("costs in usd, J and gCO2 are those of their seconds", "[rates]") {
  const Rates rates = RatesFor(ChargedDevice(), {.grams_co2_per_kwh = 360});
  const Cost cost = {.seconds = {5}};
  CHECK(Measure(cost, CostUnit::kUsd, rates) == Approx(0.005).epsilon(1e-15));
  CHECK(Measure(cost, CostUnit::kJoules, rates) == 5000);
  CHECK(Measure(cost, CostUnit::kGramsCo2, rates) == Approx(0.5).epsilon(1e-15));
  const Spend spend = SpendOf(cost.seconds, rates);
  for (const CostUnit unit : {CostUnit::kUsd, CostUnit::kJoules, CostUnit::kGramsCo2}) {
    CHECK(IsSpend(unit));
    CHECK(Measure(spend, unit) == Measure(cost, unit, rates));
  }
  CHECK_FALSE(IsSpend(CostUnit::kSeconds));
  CHECK(Measure(cost, CostUnit::kSeconds, {}) == 5);
}

}  // namespace
}  // namespace kinetics
