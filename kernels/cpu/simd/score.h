#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/simd/row.h"

namespace kinetics::kernels {
namespace {

inline constexpr int64_t kTile =
    32;  // tokens: their scores stay in L1, one maximum serves them all

/// Rows of keys or values of one tile; beyond its end they repeat the last one, so that nothing
/// outside of a context is read, and count for nothing.
struct Tile {
  const char* keys[kTile];
  const char* values[kTile];
  int64_t count;

  Tile(const AttendRows& rows, int64_t first) {
    const int64_t left = rows.rows - first;
    count = left < kTile ? left : kTile;
    for (int64_t t = 0; t < kTile; ++t) {
      const int64_t row = first + (t < count ? t : count - 1);
      keys[t] = rows.keys[row];
      values[t] = rows.values[row];
    }
  }
};

/// Scores: products of queries with rows.
template <typename Simd, DataType type, int64_t dim>
struct Scoring : Row<Simd, type, dim> {
  using typename Row<Simd, type, dim>::Vec;
  using Row<Simd, type, dim>::kVecs;
  using Row<Simd, type, dim>::kBytes;
  using Row<Simd, type, dim>::kLines;
  using Row<Simd, type, dim>::Load;

  /// Vector i of all heads lies side by side: packed[i][h] = vector i of query h.
  static void Pack(const float* queries, int64_t heads, float* packed) {
    for (int64_t i = 0; i < kVecs; ++i) {
      for (int64_t h = 0; h < heads; ++h) {
        Simd::Store(packed + (i * heads + h) * Simd::kWidth,
                    Simd::Load(queries + h * dim + i * Simd::kWidth));
      }
    }
  }

  /// sums[r][h], over their lanes, = query h . keys[r]. Each vector of a key is converted once and
  /// each of a query loaded once for all products; the lines of values of the same tokens are
  /// fetched meanwhile, in the order of their addresses, which hardware follows.
  template <int64_t heads, int64_t rows, bool prefetches>
  [[gnu::always_inline]] static inline void AddProducts(const char* const* keys,
                                                        const char* const* values,
                                                        const float* packed, Vec* sums) {
    constexpr int64_t kOfLine = kVecs / kLines;
    Vec partial[rows * heads];
    KINETICS_UNROLL_ALL
    for (int64_t s = 0; s < rows * heads; ++s) {
      partial[s] = Simd::Zero();
    }
    for (int64_t line = 0; line < kLines; ++line) {
      KINETICS_UNROLL_ALL
      for (int64_t n = line * rows; prefetches && n < (line + 1) * rows; ++n) {
        Prefetch(values[n / kLines] + n % kLines * kCacheLine);
      }
      KINETICS_UNROLL_ALL
      for (int64_t i = line * kOfLine; i < (line + 1) * kOfLine; ++i) {
        Vec k[rows];
        KINETICS_UNROLL_ALL
        for (int64_t r = 0; r < rows; ++r) {
          k[r] = Load(keys[r], i);
        }
        KINETICS_UNROLL_ALL
        for (int64_t h = 0; h < heads; ++h) {
          const Vec q = Simd::Load(packed + (i * heads + h) * Simd::kWidth);
          KINETICS_UNROLL_ALL
          for (int64_t r = 0; r < rows; ++r) {
            partial[r * heads + h] = Simd::Fma(k[r], q, partial[r * heads + h]);
          }
        }
      }
    }
    KINETICS_UNROLL_ALL
    for (int64_t s = 0; s < rows * heads; ++s) {
      sums[s] = partial[s];
    }
  }

  /// scores[r][h] = query h . key r of some keys.
  template <int64_t heads, int64_t rows, bool prefetches>
  [[gnu::always_inline]] static inline void ScoreSome(const char* const* keys,
                                                      const char* const* values,
                                                      const float* packed, float* scores) {
    constexpr int64_t kTogether = Simd::Together(heads) < rows ? Simd::Together(heads) : rows;
    Vec sums[rows * heads];
    for (int64_t r = 0; r < rows; r += kTogether) {
      AddProducts<heads, kTogether, prefetches>(keys + r, values + r, packed, sums + r * heads);
    }
    Simd::template Sums<rows * heads>(sums, scores);
  }

  /// scores[t][h] = query h . key t, up to a few beyond the tile's count. Not inlined: registers
  /// are for its sums.
  template <int64_t heads, bool prefetches>
  [[gnu::noinline]] static void Score(const Tile& tile, const float* packed, float* scores) {
    constexpr int64_t kRows = Simd::Rows(heads);
    constexpr int64_t kRest = kTile % kRows;
    int64_t t = 0;
    for (; t < kTile - kRest && t < tile.count; t += kRows) {
      ScoreSome<heads, kRows, prefetches>(tile.keys + t, tile.values + t, packed,
                                          scores + t * heads);
    }
    if constexpr (kRest > 0) {
      if (t < tile.count) {
        ScoreSome<heads, kRest, prefetches>(tile.keys + t, tile.values + t, packed,
                                            scores + t * heads);
      }
    }
  }

  /// As many rows at a time as registers hold sums of: enough chains to hide the latency of their
  /// sums. One line of each page is touched two pages ahead, so that its address is translated when
  /// the page begins, where hardware's own fetching stops.
  static void ScoreRows(const void* rows, int64_t count, const float* query, float* scores) {
    constexpr int64_t kRows = Simd::kAccumulators;
    constexpr int64_t kAhead = 2048 / kBytes;  // rows; further ahead hinders the hardware's own
    constexpr int64_t kPageRows = 4096 / kBytes;
    constexpr int64_t kFar = 2 * kPageRows;
    constexpr int64_t kStep = kPageRows < kRows ? kPageRows : kRows;
    const char* data = static_cast<const char*>(rows);
    for (int64_t first = 0; first < count; first += kRows) {
      for (int64_t row = first; row < first + kRows; row += kStep) {
        if (row % kPageRows == 0 && row + kFar < count) {
          Prefetch(data + (row + kFar) * kBytes);
        }
      }
      Vec sums[kRows];
      for (int64_t row = 0; row < kRows; ++row) {
        const int64_t at = first + row < count ? first + row : count - 1;
        const char* of_row = data + at * kBytes;
        if (at + kAhead < count) {
          for (int64_t line = 0; line < kLines; ++line) {
            Prefetch(of_row + kAhead * kBytes + line * kCacheLine);
          }
        }
        Vec sum = Simd::Zero();
        for (int64_t i = 0; i < kVecs; ++i) {
          sum = Simd::Fma(Load(of_row, i), Simd::Load(query + i * Simd::kWidth), sum);
        }
        sums[row] = sum;
      }
      float totals[kRows];
      Simd::template Sums<kRows>(sums, totals);
      for (int64_t row = 0; row < kRows && first + row < count; ++row) {
        scores[first + row] = totals[row];
      }
    }
  }
};

}  // namespace
}  // namespace kinetics::kernels
