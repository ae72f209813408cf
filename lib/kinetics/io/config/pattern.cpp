#include "kinetics/io/config/pattern.h"

#include <algorithm>

#include "kinetics/core/text.h"

namespace kinetics {
namespace {

/// Whether all of `text` is what a pattern with '*' says.
bool MatchesWildcards(std::string_view pattern, std::string_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

/// Whether a path, or one that it is below, is what a pattern with '*' says.
bool MatchesAnyParent(std::string_view pattern, std::string_view path) {
  for (size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
    if (MatchesWildcards(pattern, path.substr(0, dot))) {
      return true;
    }
  }
  return MatchesWildcards(pattern, path);
}

/// Whether `part` is a run of whole names of a path.
bool IsPartOf(std::string_view part, std::string_view path) {
  for (size_t at = path.find(part); at != std::string_view::npos; at = path.find(part, at + 1)) {
    const size_t end = at + part.size();
    if ((at == 0 || path[at - 1] == '.') && (end == path.size() || path[end] == '.')) {
      return true;
    }
  }
  return false;
}

/// The number behind "layers.", or "layers\." in a regular expression, if it is the whole name.
std::optional<int64_t> LayerOf(std::string_view text) {
  constexpr std::string_view kLayers = "layers";
  const size_t at = text.find(kLayers);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  size_t begin = at + kLayers.size();
  begin += begin < text.size() && text[begin] == '\\' ? 1 : 0;
  if (begin >= text.size() || text[begin] != '.') {
    return std::nullopt;
  }
  ++begin;
  const size_t end = std::min(text.find_first_not_of("0123456789", begin), text.size());
  const bool is_whole = end == text.size() || text[end] == '.' || text.substr(end, 2) == "\\.";
  return is_whole ? ParseInteger(text.substr(begin, end - begin)) : std::nullopt;
}

}  // namespace

ModulePattern::ModulePattern(const JsonValue& entry) : text_(entry.String()) {
  constexpr std::string_view kRegex = "re:";
  if (text_.empty()) {
    entry.Fail("the name of a module");
  }
  layer_ = LayerOf(text_);
  if (text_.rfind(kRegex, 0) != 0) {
    has_wildcards_ = text_.find('*') != std::string::npos;
    return;
  }
  try {
    regex_.emplace(text_.substr(kRegex.size()));
  } catch (const std::regex_error&) {
    entry.Fail("a regular expression behind re:");
  }
}

bool ModulePattern::Matches(const std::string& path) const {
  if (regex_) {
    return std::regex_search(path, *regex_, std::regex_constants::match_continuous);
  }
  return has_wildcards_ ? MatchesAnyParent(text_, path) : IsPartOf(text_, path);
}

}  // namespace kinetics
