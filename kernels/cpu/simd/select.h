#pragma once

#include <cstdint>

#include "kernels/cpu/table.h"

namespace kinetics::kernels {
namespace {

// The compiler turns the loops of the first two into vectors: that of keys only as long as it has
// no branch, no comparison of floats and no second result.

inline KeyRange Keys(const float* scores, int64_t count, int32_t* keys) {
  for (int64_t i = 0; i < count; ++i) {
    const auto bits = __builtin_bit_cast(int32_t, scores[i] + 0.0F);
    const int32_t ordered = bits ^ ((bits >> 31) & INT32_MAX);
    keys[i] = (bits & INT32_MAX) > 0x7f800000 ? INT32_MIN : ordered;
  }
  KeyRange range = {INT32_MAX, INT32_MIN};
  for (int64_t i = 0; i < count; ++i) {
    range.least = keys[i] < range.least ? keys[i] : range.least;
    range.most = keys[i] > range.most ? keys[i] : range.most;
  }
  return range;
}

inline int64_t CountAtLeast(const int32_t* keys, int64_t count, int32_t least) {
  constexpr int64_t kChains = 64;
  int32_t sums[kChains] = {};  // of the width of keys
  int64_t i = 0;
  for (; i + kChains <= count; i += kChains) {
    for (int64_t c = 0; c < kChains; ++c) {
      sums[c] += keys[i + c] >= least ? 1 : 0;
    }
  }
  int64_t total = 0;
  for (; i < count; ++i) {
    total += keys[i] >= least ? 1 : 0;
  }
  for (const int32_t sum : sums) {
    total += sum;
  }
  return total;
}

/// Few are taken: a bit for each key says which.
template <typename Simd>
int64_t Take(const int32_t* keys, int64_t count, int32_t threshold, int64_t ties, int32_t* taken) {
  int64_t end = 0;
  const auto take = [&](int64_t i) {
    const bool is_tie = keys[i] == threshold;
    if (!is_tie || ties > 0) {
      ties -= is_tie ? 1 : 0;
      taken[end++] = static_cast<int32_t>(i);
    }
  };
  int64_t first = 0;
  for (; first + Simd::kWidth <= count; first += Simd::kWidth) {
    for (uint32_t mask = Simd::AtLeast(keys + first, threshold); mask != 0; mask &= mask - 1) {
      take(first + __builtin_ctz(mask));
    }
  }
  for (; first < count; ++first) {
    if (keys[first] >= threshold) {
      take(first);
    }
  }
  return end;
}

}  // namespace
}  // namespace kinetics::kernels
