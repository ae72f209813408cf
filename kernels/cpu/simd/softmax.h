#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/simd/score.h"

namespace kinetics::kernels {
namespace {

template <int64_t value>
struct Constant {
  static constexpr int64_t kValue = value;
};

/// Calls `function(heads, first)`, `heads` a Constant, for the heads of a group: `most`, a power of
/// two, at a time, then halves of that.
template <int64_t most, typename Function>
void ForHeads(int64_t group, const Function& function, int64_t first = 0) {
  for (; group - first >= most; first += most) {
    function(Constant<most>{}, first);
  }
  if constexpr (most > 1) {
    ForHeads<most / 2>(group, function, first);
  }
}

/// A softmax that goes along, of `heads` heads side by side: whatever there is for each token and
/// head is stored by token, then head, so that lane l is of head l % heads.
template <typename Simd>
struct Softmax {
  using Vec = typename Simd::Vec;
  static_assert(Simd::kWidth % Simd::kHeads == 0);

  /// AttendState in lanes, of the heads that ForHeads takes together from `first` on: each lane of
  /// most[first] has its head's, those of sum[first] add up to it.
  struct Lanes {
    alignas(64) float most[kMostGroup][Simd::kWidth];
    alignas(64) float sum[kMostGroup][Simd::kWidth];
  };

  static void Open(const AttendState& state, int64_t group, Lanes& lanes) {
    ForHeads<Simd::kHeads>(group, [&](auto heads, int64_t first) {
      for (int64_t l = 0; l < Simd::kWidth; ++l) {
        lanes.most[first][l] = state.most[first + l % heads.kValue];
        lanes.sum[first][l] = l < heads.kValue ? state.sum[first + l] : 0;
      }
    });
  }

  static void Close(const Lanes& lanes, int64_t group, const AttendState& state) {
    ForHeads<Simd::kHeads>(group, [&](auto heads, int64_t first) {
      for (int64_t h = 0; h < heads.kValue; ++h) {
        float sum = 0;
        for (int64_t l = h; l < Simd::kWidth; l += heads.kValue) {
          sum += lanes.sum[first][l];
        }
        state.most[first + h] = lanes.most[first][h];
        state.sum[first + h] = sum;
      }
    });
  }

  /// In each lane the largest of all lanes of its head.
  template <int64_t heads>
  static Vec LargestOf(Vec v) {
    if constexpr (heads == Simd::kWidth) {
      return v;
    } else {
      return LargestOf<2 * heads>(Simd::Max(v, Simd::template Swap<heads>(v)));
    }
  }

  /// Turns the scores of `count` tokens of a tile into weights, 0 beyond them, and says what the
  /// state so far is worth beside them.
  template <int64_t heads>
  static void Weigh(int64_t count, float* scores, float* most, float* sum, float* factors) {
    constexpr int64_t kAll = kTile * heads;
    constexpr float kNone = -__builtin_inff();
    for (int64_t s = count * heads; s < kAll; ++s) {
      scores[s] = kNone;
    }
    Vec peak = Simd::Load(scores);
    for (int64_t s = Simd::kWidth; s < kAll; s += Simd::kWidth) {
      peak = Simd::Max(peak, Simd::Load(scores + s));
    }
    const Vec before = Simd::Load(most);
    const Vec now = Simd::Max(LargestOf<heads>(peak), before);
    // Finite, so that where nothing has a score yet differences from it are not NaN but none.
    const Vec shift = Simd::Max(now, Simd::Set(-__FLT_MAX__));
    Vec total = Simd::Zero();
    for (int64_t s = 0; s < kAll; s += Simd::kWidth) {
      const Vec weight = Simd::Exp2(Simd::Sub(Simd::Load(scores + s), shift));
      Simd::Store(scores + s, weight);
      total = Simd::Add(total, weight);
    }
    const Vec factor = Simd::Exp2(Simd::Sub(before, shift));
    Simd::Store(factors, factor);
    Simd::Store(most, now);
    Simd::Store(sum, Simd::Fma(Simd::Load(sum), factor, total));
  }
};

}  // namespace
}  // namespace kinetics::kernels
