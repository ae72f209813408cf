#pragma once

#include <optional>
#include <string>

namespace kinetics {

/// A figure and where it is from.
template <typename T>
struct Sourced {
  T value;
  std::string source;
};

/// A figure that may be unknown. Unknown is never replaced by a guess.
template <typename T>
using Figure = std::optional<Sourced<T>>;

}  // namespace kinetics
