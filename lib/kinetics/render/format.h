#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kinetics/plan/budget.h"

namespace kinetics {

/// How a report is written.
enum class Format { kTable, kJson, kCsv, kMarkdown };

/// What every JSON document says about its making.
struct MadeBy {
  std::string version;
  std::vector<std::string> arguments;  ///< Without the program's name.
  uint64_t seed = 1;
};

/// The shortest decimal form that reads back to the same double. `x` must be finite.
std::string Shortest(double x);

/// A number of tokens or samples: digits where it is whole (100000, not 1e+05), else Shortest.
std::string CountText(double count);

/// Two decimals; what rounds to zero has no sign: TwoDecimals(-0.001) is "0.00".
std::string TwoDecimals(double x);

/// Three or four significant digits with an SI prefix: Si(6.917e15, "FLOP") is "6.92 PFLOP".
std::string Si(double x, std::string_view unit);

/// Seconds as a person says them: "1.54 s", "23.1 ms", "2.5 min".
std::string HumanSeconds(double seconds);

/// A cost in its unit as a person reads it: "2.00 s", "5.00 PeFLOPs".
std::string HumanCost(double cost, CostUnit unit);

/// 7568405504 as "7,568,405,504".
std::string Grouped(int64_t count);

/// "1 run", "2 runs".
std::string Counted(size_t count, std::string_view what);

/// 0.8995 as "90.0"; in per cent, one decimal.
std::string Percent(double share);

/// Words broken into lines of at most `width` columns, each but the first indented by `indent`;
/// blanks at the start stay.
std::string Wrap(std::string_view text, size_t width, size_t indent);

/// The width that tables are made for.
inline constexpr size_t kTableWidth = 80;

}  // namespace kinetics
