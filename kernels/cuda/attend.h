#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/cuda/target.h"

/// Decode attention over tiles of 16 tokens, as one warp does it by matrix instructions, written
/// for any `Warp`: one lane of a GPU, or all 32 at once on the host, where tests run it.
///
/// A tile's scores are K Q^T: 16 tokens x 8 heads, tokens in the place of rows, since a group of
/// query heads is seldom as many as the 16 rows of the instruction m16n8k16; its output adds to
/// O^T += V^T P^T. Fragments below are those of PTX's mma.m16n8k16, ldmatrix and movmatrix.
namespace kinetics::kernels {

inline constexpr int kTileTokens = 16;
inline constexpr int kFragmentHeads = 8;
inline constexpr int kWarpLanes = 32;
inline constexpr int kChunkBytes = 16;  ///< What one lane copies at once: 8 elements.

/// Where 16-byte chunk `column` of a row stands in shared memory, in chunks: rows follow each
/// other, their chunks exchanged such that eight rows of one column lie in different banks.
template <int dim>
KINETICS_SHARED constexpr int SwizzledChunk(int row, int column) {
  return row * (dim / 8) + (column ^ (row & 7));
}

/// Tokens of a tile that count: [begin, end) of 0..16.
struct TileRange {
  int begin = 0;
  int end = kTileTokens;
};

/// Of the tokens [begin, end), those in a tile that starts at `first`.
KINETICS_SHARED TileRange RangeIn(int64_t begin, int64_t end, int64_t first) {
  const int64_t low = begin - first;
  const int64_t high = end - first;
  return {.begin = static_cast<int>(low < 0             ? 0
                                    : low > kTileTokens ? kTileTokens
                                                        : low),
          .end = static_cast<int>(high < 0             ? 0
                                  : high > kTileTokens ? kTileTokens
                                                       : high)};
}

/// What a part whose largest score is `most` counts for where the largest of all is `all`.
KINETICS_SHARED float PartFactor(float most, float all, float log2_scale) {
  return most == -__builtin_inff() ? 0.0F : exp2f((most - all) * log2_scale);
}

/// Attention of one warp: `head_tiles` times 8 heads of one KV head's group.
///
/// `Warp` has types Float, Int, Bits (two 16-bit elements) and Flag, a value for each lane, with
/// the usual operators; Lane(); Select, Max, Exp2, Pack (two floats to elements), ShuffleXor, Any;
/// LoadPair, StoreIf and StoreChunkIf (8 elements); LoadMatrices and LoadMatricesTransposed
/// (ldmatrix.x4), Transpose (movmatrix), Multiply (mma).
template <class Warp, int dim, int head_tiles>
class TileAttention {
 public:
  using Float = typename Warp::Float;
  using Int = typename Warp::Int;
  using Bits = typename Warp::Bits;
  static constexpr int kSteps = dim / 16;
  static constexpr float kNone = -__builtin_inff();

  /// `queries`: group x dim elements. `log2_scale`: of scores, times log2(e).
  KINETICS_WARP TileAttention(const uint16_t* queries, int group, float log2_scale)
      : log2_scale_(log2_scale) {
    const Int lane = Warp::Lane();
    KINETICS_UNROLL
    for (int h = 0; h < head_tiles; ++h) {
      const Int head = lane / 4 + h * kFragmentHeads;
      KINETICS_UNROLL
      for (int step = 0; step < kSteps; ++step) {
        KINETICS_UNROLL
        for (int half = 0; half < 2; ++half) {
          const Int element = head * dim + (lane % 4) * 2 + (step * 16 + half * 8);
          queries_[h][step][half] = Warp::LoadPair(queries, element, head < group);
        }
        KINETICS_UNROLL
        for (int i = 0; i < 4; ++i) {
          output_[h][step][i] = Float(0.0F);
        }
      }
      KINETICS_UNROLL
      for (int i = 0; i < 2; ++i) {
        most_[h][i] = Float(kNone);
        sum_[h][i] = Float(0.0F);
      }
    }
  }

  /// Adds a tile whose keys and values lie in shared memory, swizzled; rows outside `range` must be
  /// finite. All lanes must see them.
  KINETICS_WARP void Add(const char* keys, const char* values, TileRange range) {
    Float scores[head_tiles][4];
    Score(keys, scores);
    Mask(range, scores);
    Bits weights[head_tiles][2];
    Weigh(scores, weights);
    Accumulate(values, weights);
  }

  /// Of the group, in the order of heads: the largest score so far, what weights add up to, and
  /// outputs that are not divided by it: `most` and `sum` group, `output` group x dim.
  KINETICS_WARP void Store(int group, float* most, float* sum, float* output) const {
    const Int lane = Warp::Lane();
    KINETICS_UNROLL
    for (int h = 0; h < head_tiles; ++h) {
      KINETICS_UNROLL
      for (int i = 0; i < 2; ++i) {
        const Float total = Total(sum_[h][i]);
        const Int head = (lane % 4) * 2 + (h * kFragmentHeads + i);
        // Eight lanes have the same heads: the first of them stores what they have in common.
        const Int own = head + lane / 4 * (head_tiles * kFragmentHeads);
        Warp::StoreIf(most, head, most_[h][i], own < group);
        Warp::StoreIf(sum, head, total, own < group);
        KINETICS_UNROLL
        for (int step = 0; step < kSteps; ++step) {
          const Int element = head * dim + lane / 4 + step * 16;
          Warp::StoreIf(output, element, output_[h][step][i], head < group);
          Warp::StoreIf(output, element + 8, output_[h][step][i + 2], head < group);
        }
      }
    }
  }

  /// The group's outputs, group x dim elements, of a row that no other warp has attended to.
  KINETICS_WARP void StoreOutputs(int group, uint16_t* outputs) const {
    const Int lane = Warp::Lane();
    KINETICS_UNROLL
    for (int h = 0; h < head_tiles; ++h) {
      Float inverse[2];
      KINETICS_UNROLL
      for (int i = 0; i < 2; ++i) {
        const Float total = Total(sum_[h][i]);
        inverse[i] = Warp::Select(total > 0.0F, Float(1.0F) / total, Float(0.0F));
      }
      const Int head = lane / 4 + h * kFragmentHeads;
      KINETICS_UNROLL
      for (int step = 0; step < kSteps; step += 2) {
        // Pairs of heads become pairs of elements; then the four lanes of a head exchange theirs
        // until each has eight that lie side by side: memory takes whole sectors best.
        Bits chunk[4];
        KINETICS_UNROLL
        for (int i = 0; i < 4; ++i) {
          const Float(&sums)[4] = output_[h][step + i / 2];
          chunk[i] = Warp::Transpose(
              Warp::Pack(sums[i % 2 * 2] * inverse[0], sums[i % 2 * 2 + 1] * inverse[1]));
        }
        Exchange(lane, 1, chunk[0], chunk[1]);
        Exchange(lane, 1, chunk[2], chunk[3]);
        Exchange(lane, 2, chunk[0], chunk[2]);
        Exchange(lane, 2, chunk[1], chunk[3]);
        Warp::StoreChunkIf(outputs, head * dim + (step * 16) + (lane % 4) * 8, chunk, head < group);
      }
    }
  }

 private:
  /// Tokens lane / 4 and 8 more, heads 2 (lane % 4) and 1 more.
  KINETICS_WARP void Score(const char* keys, Float (&scores)[head_tiles][4]) const {
    const Int lane = Warp::Lane();
    const Int row = (lane / 8 % 2) * 8 + lane % 8;
    // Two sums in turns: a product waits for the one before it in the same sum.
    Float sums[2][head_tiles][4];
    KINETICS_UNROLL
    for (int h = 0; h < head_tiles; ++h) {
      KINETICS_UNROLL
      for (int i = 0; i < 4; ++i) {
        sums[0][h][i] = Float(0.0F);
        sums[1][h][i] = Float(0.0F);
      }
    }
    KINETICS_UNROLL
    for (int step = 0; step < kSteps; ++step) {
      Bits fragment[4];
      const Int column = lane / 16 + 2 * step;
      Warp::LoadMatrices(keys, Chunk(row, column), fragment);
      KINETICS_UNROLL
      for (int h = 0; h < head_tiles; ++h) {
        Warp::Multiply(fragment, queries_[h][step], sums[step % 2][h]);
      }
    }
    KINETICS_UNROLL
    for (int h = 0; h < head_tiles; ++h) {
      KINETICS_UNROLL
      for (int i = 0; i < 4; ++i) {
        scores[h][i] = sums[0][h][i] + sums[1][h][i];
      }
    }
  }

  static KINETICS_WARP void Mask(TileRange range, Float (&scores)[head_tiles][4]) {
    if (range.begin == 0 && range.end == kTileTokens) {
      return;
    }
    const Int token = Warp::Lane() / 4;
    KINETICS_UNROLL
    for (int i = 0; i < 4; ++i) {
      const Int at = token + i / 2 * 8;
      KINETICS_UNROLL
      for (int h = 0; h < head_tiles; ++h) {
        scores[h][i] =
            Warp::Select(at >= range.begin,
                         Warp::Select(at < range.end, scores[h][i], Float(kNone)), Float(kNone));
      }
    }
  }

  /// Turns scores into weights, as the right factor's fragment of the second product.
  KINETICS_WARP void Weigh(const Float (&scores)[head_tiles][4], Bits (&weights)[head_tiles][2]) {
    KINETICS_UNROLL
    for (int h = 0; h < head_tiles; ++h) {
      Float factors[2];
      Float shift[2];
      KINETICS_UNROLL
      for (int i = 0; i < 2; ++i) {
        Float top = Warp::Max(scores[h][i], scores[h][i + 2]);
        KINETICS_UNROLL
        for (int mask = 4; mask < kWarpLanes; mask *= 2) {
          top = Warp::Max(top, Warp::ShuffleXor(top, mask));
        }
        const Float now = Warp::Max(most_[h][i], top);
        // Without a score yet all weights are exp2(-inf) = 0, whatever they are shifted by. What is
        // subtracted is not scaled first: the largest must come out as exactly 1.
        shift[i] = Warp::Select(now > kNone, now, Float(0.0F));
        factors[i] = Warp::Exp2((most_[h][i] - shift[i]) * log2_scale_);
        most_[h][i] = now;
      }
      Float terms[4];
      KINETICS_UNROLL
      for (int i = 0; i < 4; ++i) {
        terms[i] = Warp::Exp2((scores[h][i] - shift[i % 2]) * log2_scale_);
      }
      if (Warp::Any(factors[0] != 1.0F) || Warp::Any(factors[1] != 1.0F)) {
        Rescale(h, factors);
      }
      KINETICS_UNROLL
      for (int i = 0; i < 2; ++i) {
        sum_[h][i] = sum_[h][i] + (terms[i] + terms[i + 2]);
        weights[h][i] = Warp::Transpose(Warp::Pack(terms[2 * i], terms[2 * i + 1]));
      }
    }
  }

  KINETICS_WARP void Rescale(int h, const Float (&factors)[2]) {
    KINETICS_UNROLL
    for (int i = 0; i < 2; ++i) {
      sum_[h][i] = sum_[h][i] * factors[i];
    }
    KINETICS_UNROLL
    for (int step = 0; step < kSteps; ++step) {
      KINETICS_UNROLL
      for (int i = 0; i < 4; ++i) {
        output_[h][step][i] = output_[h][step][i] * factors[i % 2];
      }
    }
  }

  KINETICS_WARP void Accumulate(const char* values, const Bits (&weights)[head_tiles][2]) {
    const Int lane = Warp::Lane();
    const Int row = lane / 16 * 8 + lane % 8;
    KINETICS_UNROLL
    for (int step = 0; step < kSteps; ++step) {
      Bits fragment[4];
      const Int column = lane / 8 % 2 + 2 * step;
      Warp::LoadMatricesTransposed(values, Chunk(row, column), fragment);
      KINETICS_UNROLL
      for (int h = 0; h < head_tiles; ++h) {
        Warp::Multiply(fragment, weights[h], output_[h][step]);
      }
    }
  }

  /// Of two lanes `mask` apart: the first one's `b` for the second one's `a`.
  static KINETICS_WARP void Exchange(const Int& lane, int mask, Bits& a, Bits& b) {
    const auto is_second = (lane & mask) != 0;
    const Bits given = Warp::Select(is_second, a, b);
    const Bits taken = Warp::ShuffleXor(given, mask);
    a = Warp::Select(is_second, taken, a);
    b = Warp::Select(is_second, b, taken);
  }

  /// Over the lanes that have the same heads.
  static KINETICS_WARP Float Total(Float sum) {
    KINETICS_UNROLL
    for (int mask = 4; mask < kWarpLanes; mask *= 2) {
      sum = sum + Warp::ShuffleXor(sum, mask);
    }
    return sum;
  }

  /// SwizzledChunk of every lane, in bytes.
  static KINETICS_WARP Int Chunk(Int row, Int column) {
    return (row * (dim / 8) + (column ^ (row & 7))) * kChunkBytes;
  }

  Bits queries_[head_tiles][kSteps][2];
  Float most_[head_tiles][2];
  Float sum_[head_tiles][2];
  Float output_[head_tiles][kSteps][4];
  float log2_scale_;
};

}  // namespace kinetics::kernels
