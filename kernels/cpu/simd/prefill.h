#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/simd/row.h"

namespace kinetics::kernels {
namespace {

/// Causal attention of a block of queries, a tile of keys and values after another. Lanes are
/// queries: scores and outputs are products of matrices in which one element of a key or a value
/// meets vectors of queries, so that nothing is transposed or summed across lanes, and the softmax
/// goes down columns.
template <typename Simd, DataType type, int64_t dim>
struct Prefill : Row<Simd, type, dim> {
  using typename Row<Simd, type, dim>::Vec;
  using Row<Simd, type, dim>::kVecs;
  using Row<Simd, type, dim>::Load;

  // What registers hold of sums, beside three vectors of queries and one element.
  static constexpr int64_t kRows = Simd::kAccumulators / 2;
  static constexpr int64_t kWide = 3;
  static constexpr int64_t kStrip = kWide * Simd::kWidth;
  static_assert(kPrefillQueries % kStrip == 0 && kPrefillTokens % kRows == 0 && dim % kRows == 0);

  /// A matrix whose elements meet vectors: element (row, step) is at data[row * down + step *
  /// across].
  struct Elements {
    const float* data;
    int64_t down;
    int64_t across;
  };

  /// sums[r][w] += sum over steps of element (r, step) times row `step` of the strip.
  static void Multiply(const Elements& elements, const float* strip, int64_t steps,
                       Vec (&sums)[kRows][kWide]) {
    for (int64_t step = 0; step < steps; ++step) {
      Vec wide[kWide];
      for (int64_t w = 0; w < kWide; ++w) {
        wide[w] = Simd::Load(strip + step * kPrefillQueries + w * Simd::kWidth);
      }
      for (int64_t r = 0; r < kRows; ++r) {
        const Vec element = Simd::Set(elements.data[r * elements.down + step * elements.across]);
        for (int64_t w = 0; w < kWide; ++w) {
          sums[r][w] = Simd::Fma(element, wide[w], sums[r][w]);
        }
      }
    }
  }

  /// Rows as floats; up to a multiple of kRows the last one is repeated.
  static void Widen(const char* const* from, int64_t count, float* rows) {
    for (int64_t t = 0; t < (count + kRows - 1) / kRows * kRows; ++t) {
      for (int64_t i = 0; i < kVecs; ++i) {
        Simd::Store(rows + t * dim + i * Simd::kWidth, Load(from[t < count ? t : count - 1], i));
      }
    }
  }

  /// scores[t][q] = key t . query q.
  static void Score(const PrefillTile& tile, const float* rows, float* scores) {
    for (int64_t strip = 0; strip < tile.count; strip += kStrip) {
      for (int64_t t = 0; t < tile.tokens; t += kRows) {
        Vec sums[kRows][kWide];
        for (int64_t r = 0; r < kRows; ++r) {
          for (int64_t w = 0; w < kWide; ++w) {
            sums[r][w] = Simd::Zero();
          }
        }
        Multiply({rows + t * dim, dim, 1}, tile.queries + strip, dim, sums);
        for (int64_t r = 0; r < kRows; ++r) {
          for (int64_t w = 0; w < kWide; ++w) {
            Simd::Store(scores + (t + r) * kPrefillQueries + strip + w * Simd::kWidth, sums[r][w]);
          }
        }
      }
    }
  }

  static void Mask(const PrefillTile& tile, float* scores) {
    for (int64_t q = 0; q < tile.count; ++q) {
      const int64_t seen = tile.visible[q] < 0 ? 0 : tile.visible[q];
      for (int64_t t = seen; t < tile.tokens; ++t) {
        scores[t * kPrefillQueries + q] = -__builtin_inff();
      }
    }
  }

  /// Turns scores into weights; factors: what the state so far is worth beside them.
  static void Weigh(const PrefillTile& tile, const PrefillState& state, float* scores,
                    float* factors) {
    for (int64_t q = 0; q < tile.count; q += Simd::kWidth) {
      const Vec before = Simd::Load(state.most + q);
      Vec most = before;
      for (int64_t t = 0; t < tile.tokens; ++t) {
        most = Simd::Max(most, Simd::Load(scores + t * kPrefillQueries + q));
      }
      Vec total = Simd::Zero();
      for (int64_t t = 0; t < tile.tokens; ++t) {
        float* at = scores + t * kPrefillQueries + q;
        const Vec weight = Simd::Exp2(Simd::Sub(Simd::Load(at), most));
        Simd::Store(at, weight);
        total = Simd::Add(total, weight);
      }
      const Vec factor = Simd::Exp2(Simd::Sub(before, most));
      Simd::Store(factors + q, factor);
      Simd::Store(state.most + q, most);
      Simd::Store(state.sum + q, Simd::Fma(Simd::Load(state.sum + q), factor, total));
    }
  }

  /// output[i][q] = factors[q] output[i][q] + sum_t element i of value t * weights[t][q].
  static void Accumulate(const PrefillTile& tile, const float* weights, const float* factors,
                         const PrefillState& state) {
    for (int64_t strip = 0; strip < tile.count; strip += kStrip) {
      for (int64_t i = 0; i < dim; i += kRows) {
        float* output = state.output + i * kPrefillQueries + strip;
        Vec sums[kRows][kWide];
        for (int64_t w = 0; w < kWide; ++w) {
          const Vec factor = Simd::Load(factors + strip + w * Simd::kWidth);
          for (int64_t r = 0; r < kRows; ++r) {
            sums[r][w] =
                Simd::Mul(factor, Simd::Load(output + r * kPrefillQueries + w * Simd::kWidth));
          }
        }
        Multiply({state.rows + i, 1, dim}, weights + strip, tile.tokens, sums);
        for (int64_t r = 0; r < kRows; ++r) {
          for (int64_t w = 0; w < kWide; ++w) {
            Simd::Store(output + r * kPrefillQueries + w * Simd::kWidth, sums[r][w]);
          }
        }
      }
    }
  }

  static void AddTile(const PrefillTile& tile, const PrefillState& state) {
    alignas(64) float scores[kPrefillTokens * kPrefillQueries];
    alignas(64) float factors[kPrefillQueries] = {};
    Widen(tile.keys, tile.tokens, state.rows);
    Score(tile, state.rows, scores);
    if (tile.visible != nullptr) {
      Mask(tile, scores);
    }
    Weigh(tile, state, scores, factors);
    Widen(tile.values, tile.tokens, state.rows);
    Accumulate(tile, scores, factors, state);
  }
};

}  // namespace
}  // namespace kinetics::kernels
