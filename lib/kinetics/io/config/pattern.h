#pragma once

#include <cstdint>
#include <optional>
#include <regex>
#include <string>

#include "kinetics/io/json.h"

namespace kinetics {

/// An entry of a list of modules: a path of names with dots between them, which holds for what is
/// below it too; or a whole path with '*' for any letters; or "re:" and a regular expression for
/// the start of a path.
class ModulePattern {
 public:
  /// Throws Error for what is no text and no regular expression.
  explicit ModulePattern(const JsonValue& entry);

  bool Matches(const std::string& path) const;
  /// Whether its text contains a word.
  bool Contains(std::string_view word) const { return text_.find(word) != std::string::npos; }
  /// The one layer that it speaks of; nullopt where it may be any.
  std::optional<int64_t> Layer() const { return layer_; }

 private:
  std::string text_;
  bool has_wildcards_ = false;
  std::optional<std::regex> regex_;
  std::optional<int64_t> layer_;
};

}  // namespace kinetics
