#pragma once

#include <cstdint>

namespace kinetics {

/// The largest whole number that every reader of JSON agrees on: 2^53.
inline constexpr int64_t kMostExactInteger = int64_t{1} << 53U;

/// More tokens than any context has; products of two still fit 64 bits.
inline constexpr int64_t kMostTokens = 1'000'000'000;

}  // namespace kinetics
