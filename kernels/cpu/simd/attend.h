#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/simd/score.h"

namespace kinetics::kernels {
namespace {

inline constexpr float kNone = -__builtin_inff();

/// Decode attention, a tile of tokens after another, with a softmax that goes along.
template <typename Simd, DataType type, int64_t dim>
struct Attention : Scoring<Simd, type, dim> {
  using typename Row<Simd, type, dim>::Vec;
  using Row<Simd, type, dim>::kVecs;
  using Row<Simd, type, dim>::kBytes;
  using Row<Simd, type, dim>::kLines;
  using Row<Simd, type, dim>::Load;

  /// At a time: each key and value is then converted once for a group of up to so many, though
  /// that leaves AVX2 registers for sums of one row only.
  static constexpr int64_t kMostHeads = 8;
  static_assert(kMostHeads <= Simd::kAccumulators);

  static float Exp2One(float x) {
    float lanes[Simd::kWidth];
    Simd::Store(lanes, Simd::Exp2(Simd::Set(x)));
    return lanes[0];
  }

  /// Turns scores into weights and returns what the state so far is worth beside them.
  static float Weigh(int64_t count, float* scores, float* most, float* sum) {
    for (int64_t t = count; t < kTile; ++t) {
      scores[t] = kNone;
    }
    Vec peak = Simd::Load(scores);
    for (int64_t t = Simd::kWidth; t < kTile; t += Simd::kWidth) {
      peak = Simd::Max(peak, Simd::Load(scores + t));
    }
    const float before = *most;
    const float top = Simd::Largest(peak);
    const float now = before < top ? top : before;
    if (now == kNone) {
      for (int64_t t = 0; t < kTile; ++t) {
        scores[t] = 0;
      }
      return 1;
    }
    const Vec shift = Simd::Set(now);
    Vec total = Simd::Zero();
    for (int64_t t = 0; t < kTile; t += Simd::kWidth) {
      const Vec weight = Simd::Exp2(Simd::Sub(Simd::Load(scores + t), shift));
      Simd::Store(scores + t, weight);
      total = Simd::Add(total, weight);
    }
    const float factor = before == now ? 1.0F : before == kNone ? 0.0F : Exp2One(before - now);
    *most = now;
    *sum = *sum * factor + Simd::Total(total);
    return factor;
  }

  /// output[h] = factors[h] output[h] + sum_t weights[h][t] value t, a chunk of columns at a time
  /// in registers; the keys of the next tile are fetched meanwhile, evenly.
  template <int64_t heads, bool prefetches>
  static void Accumulate(const Tile& tile, const Tile* next, const float (*weights)[kTile],
                         const float* factors, float* output) {
    constexpr int64_t kAll = Simd::kAccumulators / heads;
    constexpr int64_t kColumns = kAll < kVecs ? kAll : kVecs;
    constexpr int64_t kPasses = kVecs / kColumns;
    for (int64_t pass = 0; pass < kPasses; ++pass) {
      const int64_t column = pass * kColumns;
      Vec sums[heads][kColumns];
      for (int64_t h = 0; h < heads; ++h) {
        const Vec factor = Simd::Set(factors[h]);
        for (int64_t c = 0; c < kColumns; ++c) {
          sums[h][c] =
              Simd::Mul(factor, Simd::Load(output + h * dim + (column + c) * Simd::kWidth));
        }
      }
      for (int64_t t = 0; t < tile.count; ++t) {
        if constexpr (prefetches) {
          if (next != nullptr) {
            for (int64_t line = pass * kLines / kPasses; line < (pass + 1) * kLines / kPasses;
                 ++line) {
              Prefetch(next->keys[t] + line * kCacheLine);
            }
          }
        }
        Vec values[kColumns];
        for (int64_t c = 0; c < kColumns; ++c) {
          values[c] = Load(tile.values[t], column + c);
        }
        for (int64_t h = 0; h < heads; ++h) {
          const Vec weight = Simd::Set(weights[h][t]);
          for (int64_t c = 0; c < kColumns; ++c) {
            sums[h][c] = Simd::Fma(weight, values[c], sums[h][c]);
          }
        }
      }
      for (int64_t h = 0; h < heads; ++h) {
        for (int64_t c = 0; c < kColumns; ++c) {
          Simd::Store(output + h * dim + (column + c) * Simd::kWidth, sums[h][c]);
        }
      }
    }
  }

  template <int64_t heads, bool prefetches>
  static void AddTile(const Tile& tile, const Tile* next, const float* queries,
                      const AttendState& state, int64_t first) {
    alignas(64) float scores[heads][kTile];
    float factors[heads];
    Scoring<Simd, type, dim>::template Score<heads, prefetches>(tile, queries + first * dim,
                                                                scores);
    for (int64_t h = 0; h < heads; ++h) {
      factors[h] = Weigh(tile.count, scores[h], state.most + first + h, state.sum + first + h);
    }
    Accumulate<heads, prefetches>(tile, next, scores, factors, state.output + first * dim);
  }

  /// Heads go in by kMostHeads, then by halves of that. The first of them fetch.
  template <int64_t heads>
  static void AddHeads(const Tile& tile, const Tile* next, const float* queries, int64_t group,
                       const AttendState& state, int64_t first = 0) {
    for (; group - first >= heads; first += heads) {
      if (first == 0) {
        AddTile<heads, true>(tile, next, queries, state, first);
      } else {
        AddTile<heads, false>(tile, next, queries, state, first);
      }
    }
    if constexpr (heads > 1) {
      AddHeads<heads / 2>(tile, next, queries, group, state, first);
    }
  }

  /// Touches a tile that is still far: one line every 2 KiB, so that its addresses are translated,
  /// which for scattered pages takes longer than the memory does.
  static void Reach(const AttendRows& rows, int64_t first) {
    constexpr int64_t kStride = 2048 / kBytes;
    const int64_t end = first + kTile < rows.rows ? first + kTile : rows.rows;
    for (int64_t t = first; t < end; t += kStride) {
      Prefetch(rows.keys[t]);
      Prefetch(rows.values[t]);
    }
  }

  static void Attend(const AttendRows& rows, const float* queries, int64_t group,
                     const AttendState& state) {
    constexpr int64_t kFar = 3 * kTile;
    if (rows.rows <= 0) {
      return;
    }
    for (int64_t first = 0; first < kFar; first += kTile) {
      Reach(rows, first);
    }
    Tile tile(rows, 0);
    for (int64_t first = kTile; first < rows.rows; first += kTile) {
      const Tile next(rows, first);
      Reach(rows, first - kTile + kFar);
      AddHeads<kMostHeads>(tile, &next, queries, group, state);
      tile = next;
    }
    AddHeads<kMostHeads>(tile, nullptr, queries, group, state);
  }
};

}  // namespace
}  // namespace kinetics::kernels
