#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/simd/score.h"
#include "kernels/cpu/simd/softmax.h"

namespace kinetics::kernels {
namespace {

/// Decode attention, a tile of tokens after another, with a softmax that goes along.
template <typename Simd, DataType type, int64_t dim>
struct Attention : Scoring<Simd, type, dim> {
  using typename Row<Simd, type, dim>::Vec;
  using Row<Simd, type, dim>::kVecs;
  using Row<Simd, type, dim>::kBytes;
  using Row<Simd, type, dim>::kLines;
  using Row<Simd, type, dim>::Load;

  using Lanes = typename Softmax<Simd>::Lanes;

  /// output[h] = factors[h] output[h] + sum_t weights[t][h] value t, for some columns. Their share
  /// of the keys of the next tile is fetched meanwhile, in the order of addresses. Not inlined:
  /// registers are for its sums.
  template <int64_t heads, int64_t columns, bool prefetches>
  [[gnu::noinline]] static void AccumulateSome(const Tile& tile, const Tile& next,
                                               const float* weights, const float* factors,
                                               int64_t column, float* output) {
    constexpr int64_t kLinesAtOnce = (kLines * columns + kVecs - 1) / kVecs;
    const auto fetched = static_cast<uint64_t>(column * kTile / kVecs);
    Vec sums[heads * columns];
    KINETICS_UNROLL_ALL
    for (int64_t h = 0; h < heads; ++h) {
      const Vec factor = Simd::Set(factors[h]);
      KINETICS_UNROLL_ALL
      for (int64_t c = 0; c < columns; ++c) {
        sums[h * columns + c] =
            Simd::Mul(factor, Simd::Load(output + h * dim + (column + c) * Simd::kWidth));
      }
    }
    for (int64_t t = 0; t < tile.count; ++t) {
      KINETICS_UNROLL_ALL
      for (int64_t line = 0; prefetches && line < kLinesAtOnce; ++line) {
        const auto n = static_cast<uint64_t>(t * kLinesAtOnce + line);
        Prefetch(next.keys[(fetched + n / kLines) % kTile] + n % kLines * kCacheLine);
      }
      Vec values[columns];
      KINETICS_UNROLL_ALL
      for (int64_t c = 0; c < columns; ++c) {
        values[c] = Load(tile.values[t], column + c);
      }
      KINETICS_UNROLL_ALL
      for (int64_t h = 0; h < heads; ++h) {
        const Vec weight = Simd::Set(weights[t * heads + h]);
        KINETICS_UNROLL_ALL
        for (int64_t c = 0; c < columns; ++c) {
          sums[h * columns + c] = Simd::Fma(weight, values[c], sums[h * columns + c]);
        }
      }
    }
    KINETICS_UNROLL_ALL
    for (int64_t h = 0; h < heads; ++h) {
      KINETICS_UNROLL_ALL
      for (int64_t c = 0; c < columns; ++c) {
        Simd::Store(output + h * dim + (column + c) * Simd::kWidth, sums[h * columns + c]);
      }
    }
  }

  /// All columns. Of what three do not divide the last two or four go by two: one alone would wait
  /// for its own sums.
  template <int64_t heads, bool prefetches>
  static void Accumulate(const Tile& tile, const Tile& next, const float* weights,
                         const float* factors, float* output) {
    constexpr int64_t kColumns = Simd::Columns(heads) < kVecs ? Simd::Columns(heads) : kVecs;
    constexpr int64_t kByTwo = kColumns == 3 ? 2 * ((3 - kVecs % 3) % 3) : 0;
    static_assert((kVecs - kByTwo) % kColumns == 0);
    int64_t column = 0;
    for (; column < kVecs - kByTwo; column += kColumns) {
      AccumulateSome<heads, kColumns, prefetches>(tile, next, weights, factors, column, output);
    }
    if constexpr (kByTwo > 0) {
      for (; column < kVecs; column += 2) {
        AccumulateSome<heads, 2, prefetches>(tile, next, weights, factors, column, output);
      }
    }
  }

  template <int64_t heads, bool prefetches>
  static void AddTile(const Tile& tile, const Tile& next, const float* packed, int64_t first,
                      Lanes& lanes, float* output) {
    alignas(64) float weights[kTile * heads];
    alignas(64) float factors[Simd::kWidth];
    Scoring<Simd, type, dim>::template Score<heads, prefetches>(tile, packed + first * dim,
                                                                weights);
    Softmax<Simd>::template Weigh<heads>(tile.count, weights, lanes.most[first], lanes.sum[first],
                                         factors);
    Accumulate<heads, prefetches>(tile, next, weights, factors, output + first * dim);
  }

  /// The first heads of a group fetch.
  static void AddGroup(const Tile& tile, const Tile& next, const float* packed, int64_t group,
                       Lanes& lanes, float* output) {
    ForHeads<Simd::kHeads>(group, [&](auto heads, int64_t first) {
      if (first == 0) {
        AddTile<heads.kValue, true>(tile, next, packed, first, lanes, output);
      } else {
        AddTile<heads.kValue, false>(tile, next, packed, first, lanes, output);
      }
    });
  }

  /// Touches a tile that is still far: one line every 2 KiB of each piece, so that its addresses
  /// are translated, which for scattered pages takes longer than the memory does.
  static void Reach(const AttendRows& rows, int64_t first) {
    const int64_t stride = 2048 / kBytes * rows.together;
    const int64_t end = first + kTile < rows.rows ? first + kTile : rows.rows;
    for (int64_t t = first; t < end; t += stride) {
      for (int64_t piece = t; piece < t + rows.together && piece < end; ++piece) {
        Prefetch(rows.keys[piece]);
        Prefetch(rows.values[piece]);
      }
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
    alignas(64) float packed[kMostGroup * dim];
    ForHeads<Simd::kHeads>(group, [&](auto heads, int64_t first) {
      Scoring<Simd, type, dim>::Pack(queries + first * dim, heads.kValue, packed + first * dim);
    });
    Lanes lanes;
    Softmax<Simd>::Open(state, group, lanes);
    Tile tile(rows, 0);
    for (int64_t first = kTile; first < rows.rows; first += kTile) {
      const Tile next(rows, first);
      Reach(rows, first - kTile + kFar);
      AddGroup(tile, next, packed, group, lanes, state.output);
      tile = next;
    }
    AddGroup(tile, tile, packed, group, lanes, state.output);
    Softmax<Simd>::Close(lanes, group, state);
  }
};

}  // namespace
}  // namespace kinetics::kernels
