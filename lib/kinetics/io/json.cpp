#include "kinetics/io/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "kinetics/core/error.h"
#include "kinetics/core/text.h"
#include "kinetics/io/json_parse.h"
#include "kinetics/io/json_place.h"

namespace kinetics {

using nlohmann::json;

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
  Fail(expected, value_->is_object()  ? "an object"
                 : value_->is_array() ? "a list"
                                      : Excerpt(Dump()));
}

void JsonValue::Fail(std::string_view expected, std::string_view found) const {
  throw JsonErrorAt(document_->source_, document_->text_, Pointer(),
                    fmt::format("expected {}, found {}", expected, found));
}

void JsonValue::FailMissing(std::span<const std::string_view> keys) const {
  std::vector<std::string> quoted;
  for (const std::string_view key : keys) {
    quoted.push_back(fmt::format("\"{}\"", key));
  }
  throw JsonErrorAt(document_->source_, document_->text_, Pointer(),
                    fmt::format("expected the key {}, which is missing", JoinAlternatives(quoted)));
}

bool JsonValue::IsNull() const { return value_->is_null(); }
bool JsonValue::IsString() const { return value_->is_string(); }
bool JsonValue::IsList() const { return value_->is_array(); }
bool JsonValue::Has(std::string_view key) const { return value_->contains(key); }

JsonValue JsonValue::operator[](std::string_view key) const {
  if (!value_->is_object()) {
    Fail("an object");
  }
  const auto member = value_->find(key);
  if (member == value_->end()) {
    FailMissing(std::span(&key, 1));
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

void JsonValue::ExpectKeys(std::span<const std::string_view> known) const {
  for (const std::string& key : Keys()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      const std::vector<std::string> names(known.begin(), known.end());
      throw JsonErrorAt(
          document_->source_, document_->text_, Pointer() + "/" + EscapePointer(key),
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
