#include "kinetics/io/config/scope.h"

#include <fmt/format.h>

#include <algorithm>

namespace kinetics {

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

std::optional<std::string_view> ConfigScope::FindKey(Keys keys) const {
  for (const std::string_view key : keys) {
    if (Text().Has(key) && !Text()[key].IsNull()) {
      return key;
    }
  }
  return std::nullopt;
}

std::optional<JsonValue> ConfigScope::Find(Keys keys) const {
  const auto key = FindKey(keys);
  return key ? std::optional(Text()[*key]) : std::nullopt;
}

bool ConfigScope::Has(Keys keys) const {
  return std::any_of(keys.begin(), keys.end(),
                     [this](std::string_view key) { return Text().Has(key); });
}

void ConfigScope::FailMissing(Keys keys) const {
  for (const std::string_view key : keys) {
    if (Text().Has(key)) {
      Text()[key].Fail("a value");
    }
  }
  Text().FailMissing(keys);
}

std::optional<int64_t> ConfigScope::FindSize(Keys keys, int64_t most) const {
  const auto value = Find(keys);
  return value ? std::optional(value->Integer("units", 1, most)) : std::nullopt;
}

int64_t ConfigScope::Size(Keys keys, int64_t most) const {
  if (const auto size = FindSize(keys, most)) {
    return *size;
  }
  for (const std::string_view key : keys) {
    if (Text().Has(key)) {
      Text()[key].Integer("units", 1, most);  // fails on null
    }
  }
  FailMissing(keys);
}

int64_t ConfigScope::SizeOr(Keys keys, int64_t fallback) const {
  return FindSize(keys).value_or(fallback);
}

int64_t ConfigScope::SizeUnlessAbsent(Keys keys, int64_t fallback) const {
  return Has(keys) ? Size(keys) : fallback;
}

int64_t ConfigScope::CountOr(Keys keys, int64_t fallback, int64_t most) const {
  const auto value = Find(keys);
  return value ? value->Integer("units", 0, most) : fallback;
}

bool ConfigScope::Flag(std::string_view key, bool fallback) const {
  const auto value = Find({key});
  return value ? value->Bool() : fallback;
}

std::optional<JsonValue> ConfigScope::FindList(std::string_view key, int64_t layers,
                                               ListLength length) const {
  const auto value = Find({key});
  if (!value) {
    return std::nullopt;
  }
  const auto size = static_cast<int64_t>(value->Size());
  if (size < layers || (length == ListLength::kExact && size > layers)) {
    value->Fail(fmt::format("a list for {} layers", layers), std::to_string(size));
  }
  return value;
}

std::optional<std::vector<int64_t>> ConfigScope::Integers(std::string_view key, int64_t layers,
                                                          ListLength length, int64_t most) const {
  const auto list = FindList(key, layers, length);
  if (!list) {
    return std::nullopt;
  }
  std::vector<int64_t> values;
  for (size_t i = 0; i < static_cast<size_t>(layers); ++i) {
    values.push_back((*list)[i].Integer("units", 0, most));
  }
  return values;
}

std::optional<std::vector<std::string>> ConfigScope::Strings(std::string_view key, int64_t layers,
                                                             ListLength length) const {
  const auto list = FindList(key, layers, length);
  if (!list) {
    return std::nullopt;
  }
  std::vector<std::string> values;
  for (size_t i = 0; i < static_cast<size_t>(layers); ++i) {
    values.push_back((*list)[i].String());
  }
  return values;
}

std::vector<bool> ConfigScope::Marked(std::string_view key, int64_t layers) const {
  std::vector<bool> marks(static_cast<size_t>(layers), false);
  const auto list = Find({key});
  for (size_t i = 0; list && i < list->Size(); ++i) {
    marks[static_cast<size_t>((*list)[i].Integer("layers", 0, layers - 1))] = true;
  }
  return marks;
}

void ConfigScope::Refuse(std::string_view key, bool is_refused) const {
  if (is_refused) {
    Text()[key].Fail("a value that its parameter formula covers");
  }
}

}  // namespace kinetics
