#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kinetics/core/sourced.h"
#include "kinetics/core/statistics.h"
#include "kinetics/model/attention.h"
#include "kinetics/render/format.h"

namespace kinetics {

/// Writes one JSON document. Objects and lists down to a depth of two stand on lines of their own,
/// so that long lists have a row a line; what is deeper stays on its line. Numbers are written in
/// their shortest exact form.
///
///   JsonWriter json("kinetics.cost/1", made_by);
///   json.Key("seconds").Value(1.5);
///   out << json.Finish();
class JsonWriter {
 public:
  /// Opens the document with its "schema" and "made_by".
  JsonWriter(std::string_view schema, const MadeBy& made_by);

  /// The next value is the member `key` of the open object.
  JsonWriter& Key(std::string_view key);

  void Value(double x);
  void Value(std::string_view text);
  void Value(const char* text) { Value(std::string_view(text)); }
  template <std::same_as<bool> T>
  void Value(T x) {
    Raw(x ? "true" : "false");
  }
  template <std::integral T>
  requires(!std::same_as<T, bool>) void Value(T x) { Raw(std::to_string(x)); }
  template <typename T>
  void Value(const std::optional<T>& x) {
    x ? Value(*x) : Null();
  }
  /// As in records: {"kind":"topk","top_tokens":512}.
  void Value(const Attention& attention);
  /// {"value":..., "source":...}, or null.
  void Value(const Figure<double>& figure);
  /// [low, high].
  void Value(const Interval& interval);
  /// The members "value", "standard_error" and "interval" of the open object.
  void Members(const Estimate& estimate);
  /// A question's id: a whole number where it reads as one, else a string.
  void Id(std::string_view id);
  void Null() { Raw("null"); }
  /// A value that is JSON already.
  void Raw(std::string_view json);

  void BeginObject() { Begin('{'); }
  void EndObject() { End('}'); }
  void BeginList() { Begin('['); }
  void EndList() { End(']'); }

  /// Closes the document and returns its text, which ends with a line break.
  std::string Finish();

 private:
  void Begin(char bracket);
  void End(char bracket);
  void Separate();
  bool OnOwnLine() const { return depth_ <= kLineDepth; }

  static constexpr int kLineDepth = 2;
  std::string text_;
  int depth_ = 0;
  bool is_first_ = true;
  bool after_key_ = false;
};

}  // namespace kinetics
