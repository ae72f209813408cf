#include "kinetics/plan/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "kinetics/core/error.h"
#include "kinetics/core/text.h"

namespace kinetics {
namespace {

[[noreturn]] void FailBudget(std::string_view text, std::string_view reason) {
  throw Error(
      fmt::format("expected a budget like 2s, 500ms, 3min, 5PeFLOPs, 3e16eflops, 1e15flops, "
                  "0.002usd, 400J or 0.05gCO2; found '{}'{}",
                  Excerpt(text), reason));
}

/// A unit as a fraction of base units, both whole: 70ms is 70 / 1000, the double nearest to 0.07.
struct Scale {
  CostUnit unit;
  double factor = 1;
  double divisor = 1;
};

std::optional<Scale> TimeScale(std::string_view unit) {
  struct TimeUnit {
    std::string_view name;
    double factor, divisor;
  };
  for (const TimeUnit& known : {TimeUnit{"s", 1, 1}, TimeUnit{"ms", 1, 1e3}, TimeUnit{"us", 1, 1e6},
                                TimeUnit{"min", 60, 1}, TimeUnit{"h", 3600, 1}}) {
    if (known.name == unit) {
      return Scale{CostUnit::kSeconds, known.factor, known.divisor};
    }
  }
  return std::nullopt;
}

std::optional<Scale> FlopsScale(std::string_view unit) {
  // Only a small e means equivalent: a capital one would read as the prefix exa.
  const bool equivalent = unit.starts_with('e');
  const std::string name = ToLower(equivalent ? unit.substr(1) : unit);
  if (name != "flops" && name != "flop") {
    return std::nullopt;
  }
  return Scale{equivalent ? CostUnit::kEflops : CostUnit::kFlops};
}

std::optional<Scale> SpendScale(std::string_view unit) {
  for (const CostUnit known : {CostUnit::kUsd, CostUnit::kJoules, CostUnit::kGramsCo2}) {
    if (ToLower(Name(known)) == ToLower(unit)) {
      return Scale{known};
    }
  }
  return std::nullopt;
}

/// Units that take every prefix.
std::optional<Scale> PrefixedScale(std::string_view unit) {
  if (unit == "s") {
    return TimeScale(unit);
  }
  const auto flops = FlopsScale(unit);
  return flops ? flops : SpendScale(unit);
}

std::optional<Scale> UnitScale(std::string_view unit) {
  if (const auto time = TimeScale(unit)) {
    return time;
  }
  if (const auto scale = PrefixedScale(unit)) {
    return scale;
  }
  constexpr std::string_view kPrefixes = "kMGTP";
  const size_t prefix = unit.empty() ? std::string_view::npos : kPrefixes.find(unit.front());
  if (prefix == std::string_view::npos) {
    return std::nullopt;
  }
  const auto scale = PrefixedScale(unit.substr(1));
  if (!scale) {
    return std::nullopt;
  }
  return Scale{scale->unit, std::pow(1000.0, static_cast<double>(prefix + 1))};
}

std::string UnitHint(std::string_view unit) {
  if (unit.starts_with('E') || unit.starts_with("eE")) {
    return "; there is no prefix E (write 1000P), and equivalent is a small e";
  }
  return unit.empty() ? "; the unit is missing" : "";
}

constexpr int64_t kMostCount = 1'000'000'000;
constexpr int64_t kLongestRange = 1'000'000;

[[noreturn]] void FailCounts(std::string_view text) {
  throw Error(fmt::format(
      "expected whole numbers like 1,2,4, a range like 1-32, or pow2; found '{}'", Excerpt(text)));
}

int64_t ParseCount(std::string_view text, std::string_view list) {
  const auto count = ParseInteger(text);
  if (!count || *count < 1 || *count > kMostCount) {
    FailCounts(list);
  }
  return *count;
}

}  // namespace

std::string_view Name(CostUnit unit) {
  constexpr std::string_view kNames[] = {"s", "eFLOPs", "FLOPs", "usd", "J", "gCO2"};
  return kNames[static_cast<size_t>(unit)];
}

bool IsSpend(CostUnit unit) {
  return unit == CostUnit::kUsd || unit == CostUnit::kJoules || unit == CostUnit::kGramsCo2;
}

double Measure(const Cost& cost, CostUnit unit, const Rates& rates) {
  switch (unit) {
    case CostUnit::kSeconds:
      return cost.seconds.value;
    case CostUnit::kEflops:
      return cost.eflops.value;
    case CostUnit::kFlops:
      return TotalFlops(cost.terms).value;
    case CostUnit::kUsd:
      return cost.billed_usd +
             (cost.seconds.value > 0 ? cost.seconds.value * UsdPerSecond(rates) : 0);
    case CostUnit::kJoules:
      return cost.seconds.value * JoulesPerSecond(rates);
    case CostUnit::kGramsCo2:
      return cost.seconds.value * GramsCo2PerSecond(rates);
  }
  return 0;
}

double Measure(const Spend& spend, CostUnit unit) {
  return *(unit == CostUnit::kUsd      ? spend.usd
           : unit == CostUnit::kJoules ? spend.joules
                                       : spend.grams_co2);
}

Budget ParseBudget(std::string_view text) {
  const auto number = ReadLeadingNumber(text);
  if (!number) {
    FailBudget(text, "");
  }
  const auto scale = UnitScale(number->rest);
  if (!scale) {
    FailBudget(text, UnitHint(number->rest));
  }
  const double value = number->value * scale->factor / scale->divisor;
  constexpr double kMostCost = 1e40;  // so that nothing derived from it overflows
  if (!(value > 0) || value > kMostCost) {
    FailBudget(text, "; it must be above 0 and at most 1e40");
  }
  return {.value = value, .unit = scale->unit};
}

CountList CountList::All() { return {.all = true}; }

CountList ParseCountList(std::string_view text) {
  if (text == "pow2") {
    return {.powers_of_two = true};
  }
  CountList list;
  for (const std::string& part : Split(text, ',')) {
    const size_t dash = part.find('-');
    const int64_t first = ParseCount(part.substr(0, dash), text);
    const int64_t last =
        dash == std::string::npos ? first : ParseCount(part.substr(dash + 1), text);
    if (last < first) {
      FailCounts(text);
    }
    if (last - first >= kLongestRange) {
      throw Error(fmt::format("expected ranges of at most {} numbers, found '{}'", kLongestRange,
                              Excerpt(text)));
    }
    for (int64_t count = first; count <= last; ++count) {
      list.counts.push_back(count);
    }
  }
  std::sort(list.counts.begin(), list.counts.end());
  list.counts.erase(std::unique(list.counts.begin(), list.counts.end()), list.counts.end());
  return list;
}

std::vector<int64_t> UpTo(const CountList& list, int64_t last) {
  std::vector<int64_t> counts;
  if (list.all || list.powers_of_two) {
    for (int64_t count = 1; count <= last; count = list.all ? count + 1 : 2 * count) {
      counts.push_back(count);
    }
    return counts;
  }
  for (const int64_t count : list.counts) {
    if (count <= last) {
      counts.push_back(count);
    }
  }
  return counts;
}

}  // namespace kinetics
