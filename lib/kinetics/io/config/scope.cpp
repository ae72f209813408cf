#include "kinetics/io/config/scope.h"

#include <fmt/format.h>

#include "kinetics/model/layer.h"

namespace kinetics {
namespace {}  // namespace

ConfigScope::ConfigScope(const JsonValue& root) {
  path_.push_back(root);
  for (const std::string_view key :
       {"thinker_config", "text_config", "llm_config", "language_config"}) {
    if (path_.back().Has(key) && !path_.back()[key].IsNull()) {
      path_.push_back(path_.back()[key]);
      path_.back().Keys();  // fails unless it is an object
    }
  }
}

std::optional<JsonValue> ConfigScope::Find(Keys keys) const {
  for (const std::string_view key : keys) {
    if (Text().Has(key) && !Text()[key].IsNull()) {
      return Text()[key];
    }
  }
  return std::nullopt;
}

std::optional<int64_t> ConfigScope::FindSize(Keys keys) const {
  const auto value = Find(keys);
  return value ? std::optional(value->Integer("units", 1, kMostWidth)) : std::nullopt;
}

int64_t ConfigScope::Size(Keys keys) const {
  const auto size = FindSize(keys);
  // Fails on the usual spelling where none is there.
  return size ? *size : Text()[*keys.begin()].Integer("units", 1, kMostWidth);
}

int64_t ConfigScope::SizeOr(Keys keys, int64_t fallback) const {
  return FindSize(keys).value_or(fallback);
}

int64_t ConfigScope::CountOr(Keys keys, int64_t fallback) const {
  const auto value = Find(keys);
  return value ? value->Integer("units", 0, kMostWidth) : fallback;
}

bool ConfigScope::Flag(std::string_view key, bool fallback) const {
  const auto value = Find({key});
  return value ? value->Bool() : fallback;
}

std::optional<JsonValue> ConfigScope::FindList(std::string_view key, int64_t layers) const {
  const auto value = Find({key});
  if (value && static_cast<int64_t>(value->Size()) < layers) {
    value->Fail(fmt::format("a list for {} layers", layers));
  }
  return value;
}

std::optional<std::vector<int64_t>> ConfigScope::Integers(std::string_view key,
                                                          int64_t layers) const {
  const auto list = FindList(key, layers);
  if (!list) {
    return std::nullopt;
  }
  std::vector<int64_t> values;
  for (size_t i = 0; i < static_cast<size_t>(layers); ++i) {
    values.push_back((*list)[i].Integer("units", 0, kMostWidth));
  }
  return values;
}

std::optional<std::vector<std::string>> ConfigScope::Strings(std::string_view key,
                                                             int64_t layers) const {
  const auto list = FindList(key, layers);
  if (!list) {
    return std::nullopt;
  }
  std::vector<std::string> values;
  for (size_t i = 0; i < static_cast<size_t>(layers); ++i) {
    values.push_back((*list)[i].String());
  }
  return values;
}

void ConfigScope::Refuse(std::string_view key, bool is_refused) const {
  if (is_refused) {
    Text()[key].Fail("a value that its parameter formula covers");
  }
}

}  // namespace kinetics
