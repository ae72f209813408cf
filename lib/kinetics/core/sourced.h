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

/// Whether a figure was measured on the device itself: its source then begins with "measured".
template <typename T>
bool IsMeasured(const Sourced<T>& figure) {
  return figure.source.starts_with("measured");
}

/// A figure that may be unknown. Unknown is never replaced by a guess.
template <typename T>
using Figure = std::optional<Sourced<T>>;

}  // namespace kinetics
