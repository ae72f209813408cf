#include "kinetics/io/json_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kinetics/core/text.h"

namespace kinetics {
namespace {

using nlohmann::json;

/// Walks JSON text to find where a value stands. It only runs to word an error, so it is simple
/// rather than strict: on text that is not JSON it stops.
class Locator {
 public:
  explicit Locator(std::string_view text) : text_(text) {}

  /// Moves to the member `key` or the element of that number; false where there is none.
  bool Enter(const std::string& key) {
    SkipBlank();
    const char open = Peek();
    if (open != '{' && open != '[') {
      return false;
    }
    ++at_;
    size_t found = std::string_view::npos;
    for (size_t index = 0; SkipBlank(), Peek() != '\0' && Peek() != '}' && Peek() != ']'; ++index) {
      const size_t begin = at_;
      bool matches = open == '[' && key == std::to_string(index);
      if (open == '{') {
        SkipValue();
        matches = json::parse(text_.substr(begin, at_ - begin), nullptr, false) == json(key);
        SkipBlank();
        ++at_;  // the colon
        SkipBlank();
      }
      if (matches) {
        found = at_;
      }
      SkipValue();
      SkipBlank();
      if (Peek() == ',') {
        ++at_;
      } else if (at_ == begin) {
        break;
      }
    }
    at_ = found == std::string_view::npos ? at_ : found;
    return found != std::string_view::npos;
  }

  size_t Offset() {
    SkipBlank();
    return at_;
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void SkipBlank() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

  void SkipValue() {
    int depth = 0;
    do {
      const char c = Peek();
      if (c == '"') {
        SkipString();
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        --depth;
        ++at_;
      } else if (depth > 0) {
        ++at_;
      } else {
        at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
      }
    } while (depth > 0 && at_ < text_.size());
  }

  void SkipString() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      at_ += text_[at_] == '\\' ? 1 : 0;
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

size_t LineAtOffset(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  return 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
}

std::optional<size_t> LineOf(std::string_view text, std::string_view pointer) {
  Locator locator(text);
  if (!pointer.empty()) {
    const std::vector<std::string> escaped = Split(pointer.substr(1), '/');
    for (std::string key : escaped) {
      for (size_t at = 0; (at = key.find('~', at)) != std::string::npos; ++at) {
        key.replace(at, 2, key.substr(at, 2) == "~1" ? "/" : "~");
      }
      if (!locator.Enter(key)) {
        return std::nullopt;
      }
    }
  }
  return LineAtOffset(text, locator.Offset());
}

std::string EscapePointer(std::string_view key) {
  std::string escaped;
  for (const char c : key) {
    if (c == '~') {
      escaped += "~0";
    } else if (c == '/') {
      escaped += "~1";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

Error JsonErrorAt(std::string_view source, std::string_view text, const std::string& pointer,
                  const std::string& message) {
  const auto line = LineOf(text, pointer);
  return Error(fmt::format("{}{}: {}{}{}", source, line ? fmt::format(":{}", *line) : "",
                           Excerpt(pointer, 120), pointer.empty() ? "" : ": ", message));
}

}  // namespace kinetics
