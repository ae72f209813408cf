#include "kinetics/render/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "kinetics/core/text.h"

namespace kinetics {

std::string Shortest(double x) {
  std::array<char, 32> buffer{};
  const auto [end, status] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x);
  return {buffer.data(), end};
}

std::string CountText(double count) {
  constexpr double kMostDigits = 1e15;
  return count == std::floor(count) && std::abs(count) < kMostDigits ? fmt::format("{:.0f}", count)
                                                                     : Shortest(count);
}

std::string TwoDecimals(double x) {
  std::string text = fmt::format("{:.2f}", x);
  return text == "-0.00" ? "0.00" : text;
}

namespace {

/// Three significant digits, without a point where they are all before it.
std::string ThreeDigits(double x) {
  return std::abs(x) >= 99.95 ? fmt::format("{:.0f}", x) : fmt::format("{:#.3g}", x);
}

}  // namespace

std::string Si(double x, std::string_view unit) {
  constexpr std::string_view kPrefixes = " kMGTPEZY";
  size_t prefix = 0;
  // Compare with what rounds to 1000, so that 999.96 becomes 1 k and not 1000.
  while (std::abs(x) >= 999.5 && prefix + 1 < kPrefixes.size()) {
    x /= 1000;
    ++prefix;
  }
  std::string text = (x == 0 ? "0" : ThreeDigits(x)) + " ";
  if (prefix > 0) {
    text += kPrefixes[prefix];
  }
  text += unit;
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::string HumanSeconds(double seconds) {
  const auto scaled = [seconds](double unit, std::string_view name) {
    return fmt::format("{} {}", ThreeDigits(seconds / unit), name);
  };
  if (seconds == 0) {
    return "0 s";
  }
  if (seconds < 1e-3) {
    return scaled(1e-6, "us");
  }
  if (seconds < 0.1) {
    return scaled(1e-3, "ms");
  }
  if (seconds < 300) {
    return scaled(1, "s");
  }
  return seconds < 3.0 * 3600 ? scaled(60, "min") : scaled(3600, "h");
}

std::string HumanCost(double cost, CostUnit unit) {
  return unit == CostUnit::kSeconds ? HumanSeconds(cost) : Si(cost, Name(unit));
}

std::string Grouped(int64_t count) {
  std::string digits = std::to_string(count < 0 ? -count : count);
  for (size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return count < 0 ? "-" + digits : digits;
}

std::string Counted(size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string Percent(double share) { return fmt::format("{:.1f}", 100 * share); }

std::string Wrap(std::string_view text, size_t width, size_t indent) {
  const size_t blanks = std::min(text.find_first_not_of(' '), text.size());
  std::string wrapped(text.substr(0, blanks));
  size_t column = blanks;
  bool line_has_word = false;
  for (const std::string& word : Split(text.substr(blanks), ' ')) {
    if (line_has_word && column + 1 + word.size() > width) {
      wrapped += "\n" + std::string(indent, ' ') + word;
      column = indent + word.size();
      continue;
    }
    wrapped += (line_has_word ? " " : "") + word;
    column += (line_has_word ? 1 : 0) + word.size();
    line_has_word = true;
  }
  return wrapped;
}

}  // namespace kinetics
