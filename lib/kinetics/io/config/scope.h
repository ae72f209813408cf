#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kinetics/io/json.h"

namespace kinetics {

/// The text model's part of a config.json. Keys have several spellings: the first that is there and
/// not null counts. All throw Error, naming line and JSON pointer, for a wrong type, a number out
/// of range, or a missing key without a default.
class ConfigScope {
 public:
  using Keys = std::initializer_list<std::string_view>;

  /// `root` must outlive this.
  explicit ConfigScope(const JsonValue& root);
  ConfigScope(const ConfigScope&) = delete;
  ConfigScope& operator=(const ConfigScope&) = delete;

  const JsonValue& Text() const { return path_.back(); }
  const JsonValue& Root() const { return path_.front(); }

  std::optional<JsonValue> Find(Keys keys) const;

  /// From 1 to ten million.
  int64_t Size(Keys keys) const;
  int64_t SizeOr(Keys keys, int64_t fallback) const;
  std::optional<int64_t> FindSize(Keys keys) const;
  /// The same, or 0.
  int64_t CountOr(Keys keys, int64_t fallback) const;
  bool Flag(std::string_view key, bool fallback) const;
  /// A list with an element for each of `layers` layers, or more.
  std::optional<std::vector<int64_t>> Integers(std::string_view key, int64_t layers) const;
  std::optional<std::vector<std::string>> Strings(std::string_view key, int64_t layers) const;

  /// Refuses a flag that is set, or a key that is there, where no formula covers it.
  void Refuse(std::string_view key, bool is_refused) const;

 private:
  std::optional<JsonValue> FindList(std::string_view key, int64_t layers) const;

  std::deque<JsonValue> path_;  // from the root down; each is the parent of the next
};

}  // namespace kinetics
