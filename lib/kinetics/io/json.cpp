#include "kinetics/io/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "kinetics/core/error.h"
#include "kinetics/core/text.h"
#include "kinetics/io/json_place.h"

namespace kinetics {
namespace {

using nlohmann::json;

constexpr size_t kDeepestNesting = 64;

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

/// "source:line: /pointer: expected ...".
Error ErrorAt(std::string_view source, std::string_view text, const std::string& pointer,
              const std::string& message) {
  const auto line = LineOf(text, pointer);
  return Error(fmt::format("{}{}: {}{}{}", source, line ? fmt::format(":{}", *line) : "",
                           Excerpt(pointer, 120), pointer.empty() ? "" : ": ", message));
}

/// What the parser could not read, after looking at `read` bytes.
Error SyntaxError(std::string_view source, std::string_view text, size_t read) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return Error(fmt::format("{}: expected JSON, found an empty file", source));
  }
  const size_t offset = read == 0 ? 0 : read - 1;
  const size_t newline = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  const size_t column = newline == std::string_view::npos ? offset + 1 : offset - newline;
  const std::string found = offset >= text.size()
                                ? "the end of the file"
                                : "'" + Excerpt(text.substr(offset, 20), 12) + "'";
  return Error(fmt::format("{}:{}:{}: expected JSON, found {}", source, LineAtOffset(text, offset),
                           column, found));
}

/// Watches the parser's events for repeated keys and deep nesting, which it would let pass.
class StructureCheck {
 public:
  StructureCheck(std::string_view source, std::string_view text) : source_(source), text_(text) {}

  void Event(json::parse_event_t event, const json& parsed) {
    using Parsed = json::parse_event_t;
    if (event == Parsed::object_end || event == Parsed::array_end) {
      levels_.pop_back();
    } else if (event == Parsed::key) {
      Key(parsed.get_ref<const std::string&>());
    } else {
      if (!levels_.empty() && !levels_.back().is_object) {
        ++levels_.back().elements;
      }
      if (event != Parsed::value) {
        Open(event == Parsed::object_start);
      }
    }
  }

 private:
  struct Level {
    bool is_object;
    std::vector<std::string> keys;
    size_t elements = 0;
  };

  void Open(bool is_object) {
    if (levels_.size() == kDeepestNesting) {
      throw ErrorAt(source_, text_, "",
                    fmt::format("expected JSON nested at most {} deep", kDeepestNesting));
    }
    levels_.push_back({.is_object = is_object, .keys = {}});
  }

  void Key(const std::string& key) {
    std::vector<std::string>& keys = levels_.back().keys;
    const bool repeated = std::find(keys.begin(), keys.end(), key) != keys.end();
    keys.push_back(key);
    if (repeated) {
      std::string pointer;
      for (const Level& level : levels_) {
        pointer += "/" + (level.is_object ? EscapePointer(level.keys.back())
                                          : std::to_string(level.elements - 1));
      }
      throw ErrorAt(source_, text_, pointer, "expected a key once, found it again");
    }
  }

  std::string_view source_;
  std::string_view text_;
  std::vector<Level> levels_;
};

json ParseJson(const std::string& text, const std::string& source) {
  StructureCheck check(source, text);
  const auto watch = [&](int /*depth*/, json::parse_event_t event, const json& parsed) {
    check.Event(event, parsed);
    return true;
  };
  try {
    return json::parse(text, watch);
  } catch (const json::parse_error& e) {
    throw SyntaxError(source, text, e.byte);
  } catch (const json::out_of_range&) {
    throw Error(source + ": expected JSON with numbers that fit a double");
  }
}

}  // namespace

JsonDocument::JsonDocument(std::string text, std::string source)
    : text_(std::move(text)),
      source_(std::move(source)),
      value_(std::make_unique<json>(ParseJson(text_, source_))),
      root_(this, value_.get(), nullptr) {}

JsonDocument::~JsonDocument() = default;

std::string JsonValue::Pointer() const {
  if (parent_ == nullptr) {
    return "";
  }
  const std::string last =
      parent_->value_->is_object() ? EscapePointer(key_) : std::to_string(index_);
  return parent_->Pointer() + "/" + last;
}

void JsonValue::Fail(std::string_view expected) const {
  std::string found = value_->is_object()  ? "an object"
                      : value_->is_array() ? "a list"
                                           : Excerpt(Dump());
  throw ErrorAt(document_->source_, document_->text_, Pointer(),
                fmt::format("expected {}, found {}", expected, found));
}

bool JsonValue::IsNull() const { return value_->is_null(); }
bool JsonValue::IsString() const { return value_->is_string(); }
bool JsonValue::Has(std::string_view key) const { return value_->contains(key); }

JsonValue JsonValue::operator[](std::string_view key) const {
  if (!value_->is_object()) {
    Fail("an object");
  }
  const auto member = value_->find(key);
  if (member == value_->end()) {
    throw ErrorAt(document_->source_, document_->text_, Pointer(),
                  fmt::format("expected the key \"{}\", which is missing", key));
  }
  JsonValue value(document_, &*member, this);
  value.key_ = member.key();
  return value;
}

JsonValue JsonValue::operator[](size_t index) const {
  JsonValue value(document_, &(*value_)[index], this);
  value.index_ = index;
  return value;
}

size_t JsonValue::Size() const {
  if (!value_->is_array()) {
    Fail("a list");
  }
  return value_->size();
}

std::vector<std::string> JsonValue::Keys() const {
  if (!value_->is_object()) {
    Fail("an object");
  }
  std::vector<std::string> keys;
  for (const auto& [key, value] : value_->items()) {
    keys.push_back(key);
  }
  return keys;
}

void JsonValue::ExpectKeys(std::initializer_list<std::string_view> known) const {
  for (const std::string& key : Keys()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      const std::vector<std::string> names(known.begin(), known.end());
      throw ErrorAt(document_->source_, document_->text_, Pointer() + "/" + EscapePointer(key),
                    "unknown key; expected " + JoinAlternatives(names) + DidYouMean(key, names));
    }
  }
}

std::string JsonValue::String() const {
  if (!value_->is_string()) {
    Fail("a string");
  }
  return value_->get<std::string>();
}

bool JsonValue::Bool() const {
  if (!value_->is_boolean()) {
    Fail("true or false");
  }
  return value_->get<bool>();
}

int64_t JsonValue::Integer(std::string_view what, int64_t low, int64_t high) const {
  // 12.0 is a whole number too: other programs write counts so.
  const double value = value_->is_number() ? value_->get<double>() : std::nan("");
  if (!(value >= static_cast<double>(low) && value <= static_cast<double>(high)) ||
      value != std::floor(value)) {
    Fail(high == kMostExactInteger
             ? fmt::format("a whole number of {}, at least {}", what, low)
             : fmt::format("a whole number of {} from {} to {}", what, low, high));
  }
  return static_cast<int64_t>(value);
}

double JsonValue::Positive(std::string_view what) const {
  const double value = value_->is_number() ? value_->get<double>() : 0;
  if (!(value > 0)) {
    Fail(fmt::format("{} above 0", what));
  }
  return value;
}

std::string JsonValue::Dump() const {
  return value_->dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace kinetics
