#include "kinetics/core/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace kinetics {

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (true) {
    const size_t end = text.find(separator, begin);
    if (end == std::string_view::npos) {
      parts.emplace_back(text.substr(begin));
      return parts;
    }
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
}

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return lower;
}

std::optional<LeadingNumber> ReadLeadingNumber(std::string_view text) {
  // std::from_chars also reads "inf" and "nan": a number here starts with a digit or a point.
  const size_t first = text.starts_with('-') ? 1 : 0;
  if (first >= text.size() || !(text[first] == '.' || (text[first] >= '0' && text[first] <= '9'))) {
    return std::nullopt;
  }
  LeadingNumber number;
  const char* const end = text.data() + text.size();
  const auto [rest, status] = std::from_chars(text.data(), end, number.value);
  if (status != std::errc() || !std::isfinite(number.value)) {
    return std::nullopt;
  }
  number.rest = std::string_view(rest, static_cast<size_t>(end - rest));
  return number;
}

std::optional<double> ParseNumber(std::string_view text) {
  const auto number = ReadLeadingNumber(text);
  if (!number || !number->rest.empty()) {
    return std::nullopt;
  }
  return number->value;
}

std::optional<int64_t> ParseInteger(std::string_view text) {
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc() || rest != end) {
    return std::nullopt;
  }
  return value;
}

int EditDistance(std::string_view a, std::string_view b) {
  const std::string s = ToLower(a);
  const std::string t = ToLower(b);
  const size_t width = t.size() + 1;
  std::vector<int> d((s.size() + 1) * width);
  for (size_t i = 0; i <= s.size(); ++i) {
    for (size_t j = 0; j <= t.size(); ++j) {
      int& best = d[i * width + j];
      if (i == 0 || j == 0) {
        best = static_cast<int>(i + j);
        continue;
      }
      const int substitution = s[i - 1] == t[j - 1] ? 0 : 1;
      best = std::min({d[(i - 1) * width + j] + 1, d[i * width + j - 1] + 1,
                       d[(i - 1) * width + j - 1] + substitution});
      if (i > 1 && j > 1 && s[i - 1] == t[j - 2] && s[i - 2] == t[j - 1]) {
        best = std::min(best, d[(i - 2) * width + j - 2] + 1);
      }
    }
  }
  return d.back();
}

std::string DidYouMean(std::string_view name, std::span<const std::string> names) {
  constexpr size_t kLongestName = 64;  // the distance is quadratic, and no name of ours is longer
  if (name.size() > kLongestName) {
    return "";
  }
  const std::string* nearest = nullptr;
  int distance = 0;
  for (const std::string& candidate : names) {
    const int d = EditDistance(name, candidate);
    if (nearest == nullptr || d < distance) {
      nearest = &candidate;
      distance = d;
    }
  }
  const auto allowed =
      nearest == nullptr ? 0 : std::max<size_t>(1, std::max(name.size(), nearest->size()) / 3);
  if (nearest == nullptr || static_cast<size_t>(distance) > allowed) {
    return "";
  }
  return "; did you mean " + *nearest + "?";
}

std::optional<size_t> FindInvalidUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const size_t size = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (size == 0 || lead > 0xF4 || at + size > text.size()) {
      return at;
    }
    for (size_t i = 1; i < size; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      // The second byte also rules out long forms, surrogates and what lies above U+10FFFF.
      const unsigned low = i > 1 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
      const unsigned high = i > 1 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
      if (next < low || next > high) {
        return at;
      }
    }
    at += size;
  }
  return std::nullopt;
}

bool IsName(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7F';
  });
}

std::string Join(std::span<const std::string> parts) {
  std::string joined;
  for (const std::string& part : parts) {
    joined += (joined.empty() ? "" : ", ") + part;
  }
  return joined;
}

std::string JoinAlternatives(std::span<const std::string> names) {
  std::string joined;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) {
      joined += i + 1 == names.size() ? " or " : ", ";
    }
    joined += names[i];
  }
  return joined;
}

std::string Excerpt(std::string_view text, size_t size) {
  const bool cut = text.size() > size;
  std::string excerpt(text.substr(0, cut ? size - 3 : size));
  for (char& c : excerpt) {
    if (c < ' ' || c > '~') {
      c = '?';
    }
  }
  return cut ? excerpt + "..." : excerpt;
}

}  // namespace kinetics
