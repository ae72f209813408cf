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

/// Builds the document from the parser's events, and refuses repeated keys and deep nesting, which
/// the library's own builder would let pass.
class DocumentBuilder {
 public:
  DocumentBuilder(std::string_view source, std::string_view text) : source_(source), text_(text) {}

  json Take() { return std::move(root_); }

  // The events, as json::sax_parse calls them.  NOLINTBEGIN(readability-identifier-naming)
  bool null() { return Add(nullptr); }
  bool boolean(bool x) { return Add(x); }
  bool number_integer(json::number_integer_t x) { return Add(x); }
  bool number_unsigned(json::number_unsigned_t x) { return Add(x); }
  bool number_float(json::number_float_t x, const std::string& /*text*/) { return Add(x); }
  bool string(std::string& x) { return Add(std::move(x)); }
  bool binary(json::binary_t& /*x*/) { return false; }
  bool start_object(size_t /*size*/) { return Open(json::object()); }
  bool start_array(size_t /*size*/) { return Open(json::array()); }
  bool end_object() { return Close(); }
  bool end_array() { return Close(); }

  bool key(std::string& key) {
    Level& level = levels_.back();
    const auto [member, is_new] = level.value->emplace(key, nullptr);
    level.key = key;
    if (!is_new) {
      throw ErrorAt(source_, text_, Pointer(), "expected a key once, found it again");
    }
    level.member = &*member;
    return true;
  }

  bool parse_error(size_t read, const std::string& last, const json::exception& error) {
    if (dynamic_cast<const json::out_of_range*>(&error) != nullptr) {
      throw Error(fmt::format("{}:{}: expected numbers that fit a double, found {}", source_,
                              LineAtOffset(text_, read), Excerpt(last)));
    }
    throw SyntaxError(source_, text_, read);
  }
  // NOLINTEND(readability-identifier-naming)

 private:
  struct Level {
    json* value;             // an object or a list, open
    json* member = nullptr;  // of an object: where the next value goes
    std::string key;         // of that member
  };

  template <typename T>
  bool Add(T&& x) {
    Place(json(std::forward<T>(x)));
    return true;
  }

  bool Open(json&& empty) {
    if (levels_.size() == kDeepestNesting) {
      throw ErrorAt(source_, text_, "",
                    fmt::format("expected JSON nested at most {} deep", kDeepestNesting));
    }
    levels_.push_back({.value = Place(std::move(empty)), .key = {}});
    return true;
  }

  bool Close() {
    levels_.pop_back();
    return true;
  }

  json* Place(json&& value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Level& level = levels_.back();
    if (level.member != nullptr) {
      *level.member = std::move(value);
      return level.member;
    }
    // Growing moves the list's elements, but only levels above hold pointers, to the list itself.
    level.value->push_back(std::move(value));
    return &level.value->back();
  }

  std::string Pointer() const {
    std::string pointer;
    for (const Level& level : levels_) {
      pointer += "/" + (level.value->is_object() ? EscapePointer(level.key)
                                                 : std::to_string(level.value->size() - 1));
    }
    return pointer;
  }

  std::string_view source_;
  std::string_view text_;
  json root_;
  std::vector<Level> levels_;
};

json ParseJson(const std::string& text, const std::string& source) {
  DocumentBuilder builder(source, text);
  json::sax_parse(text, &builder);
  return builder.Take();
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

std::string JsonValue::Name(std::string_view expected) const {
  if (!value_->is_string() || !IsName(value_->get_ref<const std::string&>())) {
    Fail(expected);
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

double JsonValue::Number(std::string_view what, double low, double high) const {
  const bool is_number = value_->is_number();
  const double value = is_number ? value_->get<double>() : 0;
  if (!is_number || !(low <= value && value <= high)) {
    Fail(fmt::format("{} from {} to {}", what, low, high));
  }
  return value;
}

double JsonValue::Positive(std::string_view what) const {
  const double value = value_->is_number() ? value_->get<double>() : 0;
  if (!(value > 0) || value < 1e-40 || value > 1e40) {
    Fail(fmt::format("{} above 0{}", what, value > 0 ? ", from 1e-40 to 1e40" : ""));
  }
  return value;
}

std::string JsonValue::Dump() const {
  return value_->dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace kinetics
