#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kinetics/core/limits.h"

namespace kinetics {

class JsonDocument;

/// A value in a document: it knows where it stands, so that every error names file, line and JSON
/// pointer and says what was expected. Valid while its document and the value it was reached from
/// are. All reading functions throw Error where the value is not what they read.
class JsonValue {
 public:
  /// Throws Error "source:line: /pointer: expected <expected>, found <value>".
  [[noreturn]] void Fail(std::string_view expected) const;
  /// Likewise, with words for what was found.
  [[noreturn]] void Fail(std::string_view expected, std::string_view found) const;
  /// Throws Error for an object that has none of `keys`, which are spellings of one.
  [[noreturn]] void FailMissing(std::span<const std::string_view> keys) const;

  bool IsNull() const;
  bool Has(std::string_view key) const;
  bool IsString() const;
  bool IsList() const;

  /// A member of an object; fails on a missing one.
  JsonValue operator[](std::string_view key) const;
  /// An element of an array.
  JsonValue operator[](size_t index) const;
  /// The number of an array's elements.
  size_t Size() const;
  /// The names of an object's members, in the order of the alphabet.
  std::vector<std::string> Keys() const;

  /// Fails on anything but an object with members among `known`.
  void ExpectKeys(std::span<const std::string_view> known) const;
  void ExpectKeys(std::initializer_list<std::string_view> known) const {
    ExpectKeys(std::span(known.begin(), known.size()));
  }

  std::string String() const;
  /// A text that can stand in a line (see IsName); `expected` says of what.
  std::string Name(std::string_view expected) const;
  bool Bool() const;
  /// A whole number in [low, high]; `what` names it in errors ("generated tokens").
  int64_t Integer(std::string_view what, int64_t low, int64_t high) const;
  /// A number above 0; at least 1e-40 and at most 1e40, so that products and quotients stay finite.
  double Positive(std::string_view what) const;
  /// A number in [low, high].
  double Number(std::string_view what, double low, double high) const;
  /// The value as compact JSON.
  std::string Dump() const;

 private:
  friend class JsonDocument;
  JsonValue(const JsonDocument* document, const nlohmann::json* value, const JsonValue* parent)
      : document_(document), value_(value), parent_(parent) {}
  std::string Pointer() const;

  const JsonDocument* document_;
  const nlohmann::json* value_;
  const JsonValue* parent_;
  std::string_view key_;  // in the parent, if that is an object
  size_t index_ = 0;      // in the parent, if that is an array
};

/// A parsed JSON text. Refuses what is not JSON (NaN, Infinity, comments), repeated keys, and
/// nesting deeper than 64.
class JsonDocument {
 public:
  /// `source` names the text in errors. Throws Error.
  JsonDocument(std::string text, std::string source);
  ~JsonDocument();
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  const JsonValue& Root() const { return root_; }

 private:
  friend class JsonValue;
  std::string text_;
  std::string source_;
  std::unique_ptr<nlohmann::json> value_;
  JsonValue root_;
};

}  // namespace kinetics
