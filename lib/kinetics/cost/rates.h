#pragma once

#include <optional>
#include <string>

#include "kinetics/core/sourced.h"
#include "kinetics/core/units.h"
#include "kinetics/hardware/hardware.h"

namespace kinetics {

/// Grams of CO2 equivalent for each kWh of electricity, the world's average over 2024, life cycle
/// included (Ember, Global Electricity Review 2025, April 2025).
inline constexpr double kWorldGramsCo2PerKwh = 473;

/// Which power of a device its time is charged with.
enum class PowerModel {
  kBoard,     ///< The device's own at full load, its TDP: known of most, so that devices compare.
  kFacility,  ///< All of the data centre, a device's share: host, network, cooling.
};

/// One of a device's figures, or watts instead.
struct PowerOption {
  PowerModel model = PowerModel::kBoard;
  std::optional<double> watts;
};

/// What a device's time is charged with, where not with the device's own figures.
struct RateOptions {
  std::optional<double> usd_per_hour;
  std::optional<PowerOption> power;
  std::optional<double> grams_co2_per_kwh;

  /// Whether anything is asked for.
  bool IsAny() const { return usd_per_hour || power || grams_co2_per_kwh; }
};

/// What an hour of a device costs and draws, and what comes with a kWh; each with its source.
struct Rates {
  std::string hardware;  ///< The device's name.
  PowerModel power = PowerModel::kBoard;
  Figure<double> usd_per_hour;
  Figure<double> watts;
  Sourced<double> grams_co2_per_kwh = {.value = kWorldGramsCo2PerKwh, .source = ""};
};

/// The options' rates where given, else the device's, and the world's grid.
Rates RatesFor(const Hardware& hardware, const RateOptions& options);

/// Rates for each device-second. Each throws Error, which names the device and the option that
/// would help, where its figure is not known.
///
///   usd   = usd_per_hour / 3600
///   J     = watts
///   gCO2  = watts / 3.6e6 * grams_co2_per_kwh
double UsdPerSecond(const Rates& rates);
double JoulesPerSecond(const Rates& rates);
double GramsCo2PerSecond(const Rates& rates);

/// What a cost amounts to in money, energy and carbon; absent where it is not known.
struct Spend {
  std::optional<double> usd;
  std::optional<double> joules;
  std::optional<double> grams_co2;
};

/// Of so much time on the device.
Spend SpendOf(Seconds seconds, const Rates& rates);

}  // namespace kinetics
