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

  /// Adds those of the i-th vector of some keys.
  template <int64_t heads, int64_t rows>
  static void AddProducts(const char* const* keys, const float* queries, int64_t i,
                          Vec (&sums)[rows][heads]) {
    Vec k[rows];
    for (int64_t r = 0; r < rows; ++r) {
      k[r] = Load(keys[r], i);
    }
    for (int64_t h = 0; h < heads; ++h) {
      const Vec q = Simd::Load(queries + h * dim + i * Simd::kWidth);
      for (int64_t r = 0; r < rows; ++r) {
        sums[r][h] = Simd::Fma(k[r], q, sums[r][h]);
      }
    }
  }

  /// scores[h][t] = query h . key t. Rows are walked in the order of their addresses, which is what
  /// prefetching by hardware follows, as few at a time as keep loads of queries from being the
  /// limit; the values of the same tokens are fetched meanwhile.
  template <int64_t heads, bool prefetches>
  static void Score(const Tile& tile, const float* queries, float (*scores)[kTile]) {
    constexpr int64_t kSums = Simd::kAccumulators;
    constexpr int64_t kRows = kSums / heads;
    constexpr int64_t kTogether = heads >= 4 ? kRows : 1;
    for (int64_t first = 0; first < tile.count; first += kRows) {
      Vec sums[kSums];
      for (int64_t row = 0; row < kRows; row += kTogether) {
        const char* const* keys = tile.keys + first + row;
        Vec partial[kTogether][heads];
        for (int64_t r = 0; r < kTogether; ++r) {
          for (int64_t h = 0; h < heads; ++h) {
            partial[r][h] = Simd::Zero();
          }
        }
        for (int64_t line = 0; line < kLines; ++line) {
          for (int64_t r = 0; prefetches && r < kTogether; ++r) {
            Prefetch(tile.values[first + row + r] + line * kCacheLine);
          }
          for (int64_t i = line * kVecs / kLines; i < (line + 1) * kVecs / kLines; ++i) {
            AddProducts<heads, kTogether>(keys, queries, i, partial);
          }
        }
        for (int64_t r = 0; r < kTogether; ++r) {
          for (int64_t h = 0; h < heads; ++h) {
            sums[h * kRows + row + r] = partial[r][h];
          }
        }
      }
      float totals[kSums];
      Simd::Sums(sums, totals);
      for (int64_t h = 0; h < heads; ++h) {
        for (int64_t row = 0; row < kRows; ++row) {
          scores[h][first + row] = totals[h * kRows + row];
        }
      }
    }
  }

  /// As many rows at a time as registers hold sums of: enough chains to hide the latency of their
  /// sums.
  static void ScoreRows(const void* rows, int64_t count, const float* query, float* scores) {
    constexpr int64_t kRows = Simd::kAccumulators;
    constexpr int64_t kAhead = 2048 / kBytes;  // rows; further ahead hinders the hardware's own
    const char* data = static_cast<const char*>(rows);
    for (int64_t first = 0; first < count; first += kRows) {
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
      Simd::Sums(sums, totals);
      for (int64_t row = 0; row < kRows && first + row < count; ++row) {
        scores[first + row] = totals[row];
      }
    }
  }
};

}  // namespace
}  // namespace kinetics::kernels
