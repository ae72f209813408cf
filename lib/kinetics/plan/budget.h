#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "kinetics/cost/cost.h"
#include "kinetics/cost/rates.h"

namespace kinetics {

/// What a budget or a frontier counts.
enum class CostUnit {
  kSeconds,   ///< Device-seconds.
  kEflops,    ///< The paper's equivalent FLOPs: seconds * peak.
  kFlops,     ///< FLOPs alone, memory access for free.
  kUsd,       ///< What the device's time is rented for, or a served model bills.
  kJoules,    ///< What the device draws in that time.
  kGramsCo2,  ///< CO2 equivalent of that energy.
};

/// "s", "eFLOPs", "FLOPs", "usd", "J" or "gCO2".
std::string_view Name(CostUnit unit);

/// Whether the unit counts what time is charged with: usd, J or gCO2.
bool IsSpend(CostUnit unit);

/// `cost` counted in `unit`. Throws Error where a device's time has no rate in that unit, see
/// UsdPerSecond. What is billed counts in usd alone.
double Measure(const Cost& cost, CostUnit unit, const Rates& rates);

/// The amount in `unit`, one that IsSpend and that is known.
double Measure(const Spend& spend, CostUnit unit);

/// What one question may cost.
struct Budget {
  double value = 0;  ///< Above 0, in base units.
  CostUnit unit = CostUnit::kSeconds;

  bool operator==(const Budget&) const = default;
};

/// A number above 0, an optional prefix k M G T P and a unit, without blanks: 2s, 500ms, 3min,
/// 5PeFLOPs, 3e16eflops, 1e15flops, 0.002usd, 400J, 0.05gCO2. A leading e always means equivalent,
/// and there is no prefix E.
/// Throws Error, which quotes `text` and says what was expected.
Budget ParseBudget(std::string_view text);

/// Numbers of samples or tokens to consider.
struct CountList {
  bool all = false;             ///< Every one from 1.
  bool powers_of_two = false;   ///< 1, 2, 4, ...
  std::vector<int64_t> counts;  ///< Otherwise these: ascending, at least 1, without repeats.

  /// The list of every number.
  static CountList All();
};

/// "1,2,4", "1-32", "pow2", or ranges and numbers mixed: "1,2,8-16". Throws Error.
CountList ParseCountList(std::string_view text);

/// The members of `list` up to `last`, ascending.
std::vector<int64_t> UpTo(const CountList& list, int64_t last);

}  // namespace kinetics
