#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "kinetics/core/error.h"
#include "kinetics/core/text.h"

namespace kinetics::app {

/// A word and what it stands for.
template <typename T>
struct NamedValue {
  std::string name;
  T value;
};

/// The value of the choice that `text` names. Throws Error with the choices and "did you mean".
template <typename T>
T Choose(const std::string& text, const std::vector<NamedValue<T>>& choices) {
  std::vector<std::string> names;
  for (const NamedValue<T>& choice : choices) {
    if (choice.name == text) {
      return choice.value;
    }
    names.push_back(choice.name);
  }
  throw Error(fmt::format("expected {}, found '{}'{}", JoinAlternatives(names), Excerpt(text),
                          DidYouMean(text, names)));
}

/// A whole number from `low` to `high`. Throws Error.
int64_t ParseCount(const std::string& text, int64_t low, int64_t high);

}  // namespace kinetics::app
