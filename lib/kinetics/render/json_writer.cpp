#include "kinetics/render/json_writer.h"

#include <cassert>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "kinetics/core/limits.h"
#include "kinetics/core/text.h"

namespace kinetics {
namespace {

/// Escapes what JSON asks for, and replaces bytes that are not UTF-8 (an argument may hold any).
std::string Quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

JsonWriter::JsonWriter(std::string_view schema, const MadeBy& made_by) {
  BeginObject();
  Key("schema").Value(schema);
  Key("made_by").BeginObject();
  Key("version").Value(made_by.version);
  Key("arguments").BeginList();
  for (const std::string& argument : made_by.arguments) {
    Value(argument);
  }
  EndList();
  Key("seed").Value(made_by.seed);
  EndObject();
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  Separate();
  text_ += Quoted(key) + ": ";
  after_key_ = true;
  return *this;
}

void JsonWriter::Value(double x) {
  assert(std::isfinite(x));
  Raw(Shortest(x));
}

void JsonWriter::Value(std::string_view text) { Raw(Quoted(text)); }

void JsonWriter::Value(const Attention& attention) {
  BeginObject();
  Key("kind").Value(Name(attention.kind));
  const auto tokens = [this](std::string_view key, int64_t value) {
    if (value > 0) {
      Key(key).Value(value);
    }
  };
  tokens("top_tokens", attention.top_tokens);
  tokens("block_tokens", attention.block_tokens);
  tokens("top_blocks", attention.top_blocks);
  tokens("local_tokens", attention.local_tokens);
  tokens("window_tokens", attention.window_tokens);
  EndObject();
}

void JsonWriter::Value(const Figure<double>& figure) {
  if (!figure) {
    Null();
    return;
  }
  BeginObject();
  Key("value").Value(figure->value);
  Key("source").Value(figure->source);
  EndObject();
}

void JsonWriter::Value(const Interval& interval) {
  BeginList();
  Value(interval.low);
  Value(interval.high);
  EndList();
}

void JsonWriter::Members(const Estimate& estimate) {
  Key("value").Value(estimate.value);
  Key("standard_error").Value(estimate.standard_error);
  Key("interval").Value(estimate.interval);
}

void JsonWriter::Id(std::string_view id) {
  const auto number = ParseInteger(id);
  if (number && std::abs(*number) <= kMostExactInteger && std::to_string(*number) == id) {
    Value(*number);
  } else {
    Value(id);
  }
}

void JsonWriter::Raw(std::string_view json) {
  Separate();
  text_ += json;
}

void JsonWriter::Begin(char bracket) {
  Separate();
  text_ += bracket;
  ++depth_;
  is_first_ = true;
}

void JsonWriter::End(char bracket) {
  const bool own_line = OnOwnLine() && !is_first_;
  --depth_;
  if (own_line) {
    text_ += '\n' + std::string(static_cast<size_t>(depth_), ' ');
  }
  text_ += bracket;
  is_first_ = false;
}

void JsonWriter::Separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (!is_first_) {
    text_ += OnOwnLine() ? "," : ", ";
  }
  if (depth_ > 0 && OnOwnLine()) {
    text_ += '\n' + std::string(static_cast<size_t>(depth_), ' ');
  }
  is_first_ = false;
}

std::string JsonWriter::Finish() {
  EndObject();
  return text_ + '\n';
}

}  // namespace kinetics
