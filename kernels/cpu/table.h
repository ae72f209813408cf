#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/data_type.h"

namespace kinetics::kernels {

inline constexpr int kMostGroup = 16;  ///< Query heads to a KV head.

/// What one call of an attend kernel works on: the queries of one group, and rows of keys and
/// values that lie anywhere.
struct AttendRows {
  const char* const* keys = nullptr;    ///< `rows` pointers to head_dim elements.
  const char* const* values = nullptr;  ///< Likewise.
  int64_t rows = 0;
  int64_t together = 1;  ///< From so many pieces of memory rows come in turns, as a hint.
};

/// A softmax that is under way, for each query of a group: o = sum exp2(s_t - most) v_t, not
/// divided by sum = sum exp2(s_t - most).
struct AttendState {
  float* most = nullptr;    ///< group; -infinity before the first row.
  float* sum = nullptr;     ///< group
  float* output = nullptr;  ///< group x head_dim
};

/// Adds rows to the state. `queries`: group x head_dim, multiplied with scale / ln 2.
using AttendKernel = void (*)(const AttendRows& rows, const float* queries, int64_t group,
                              const AttendState& state);

inline constexpr int64_t kPrefillTokens = 64;
inline constexpr int64_t kPrefillQueries = 96;

/// What one call of a prefill kernel works on: a tile of keys and values, and a block of queries
/// that all use it. Everything that there is one of for each query lies side by side, so that a
/// vector holds as many queries as it has lanes.
struct PrefillTile {
  const char* const* keys = nullptr;    ///< `tokens` pointers to head_dim elements.
  const char* const* values = nullptr;  ///< Likewise.
  int64_t tokens = 0;                   ///< 1 to kPrefillTokens.
  const float* queries = nullptr;       ///< head_dim x kPrefillQueries, times scale / ln 2.
  int64_t count = 0;                    ///< Of queries, 1 to kPrefillQueries.
  /// By query, how many of the tile's tokens it may see; may be below 0. Null: all may see all.
  const int64_t* visible = nullptr;
};

/// A softmax that is under way, for a block of queries, as AttendState. Queries beyond `count`
/// have places too, whose contents mean nothing.
struct PrefillState {
  float* most = nullptr;    ///< kPrefillQueries; the lowest float before the first tile.
  float* sum = nullptr;     ///< kPrefillQueries
  float* output = nullptr;  ///< head_dim x kPrefillQueries
  float* rows = nullptr;    ///< kPrefillTokens x head_dim, for the kernel's own use.
};
using PrefillKernel = void (*)(const PrefillTile& tile, const PrefillState& state);

/// scores[i] = query . row i of `rows`, each of head_dim elements, one behind another.
using ScoreKernel = void (*)(const void* rows, int64_t count, const float* query, float* scores);

/// What one call of a multiply kernel works on: outputs[c * stride + r] = row r . input c.
struct LinearRows {
  const void* weights = nullptr;  ///< rows x k
  int64_t rows = 0;
  int64_t k = 0;
  const float* inputs = nullptr;  ///< columns x k
  int64_t columns = 0;
  float* outputs = nullptr;
  int64_t stride = 0;
};
using MultiplyKernel = void (*)(const LinearRows& rows);

/// Sum of `count` floats in memory, in many chains: what reading costs.
using ReadKernel = float (*)(const float* data, size_t count);
/// to[i] = from[i] past the caches; to[i] = from[i] + factor other[i].
using CopyKernel = void (*)(float* to, const float* from, size_t count);
using TriadKernel = void (*)(float* to, const float* from, const float* other, float factor,
                             size_t count);
/// Runs `iterations` rounds of independent multiply-adds in registers; returns their FLOPs.
using FlopsKernel = double (*)(int64_t iterations, float* sink);

/// The least and the largest of some keys.
struct KeyRange {
  int32_t least = 0;
  int32_t most = 0;
};
/// Keys that order as the scores do, both zeros alike, NaN below everything; `count` >= 1.
using KeysKernel = KeyRange (*)(const float* scores, int64_t count, int32_t* keys);
/// How many of `count` keys are at least `least`.
using CountKernel = int64_t (*)(const int32_t* keys, int64_t count, int32_t least);
/// Where the keys above `threshold` are, and the first `ties` that equal it, ascending; returns how
/// many.
using TakeKernel = int64_t (*)(const int32_t* keys, int64_t count, int32_t threshold, int64_t ties,
                               int32_t* taken);

inline constexpr int kDataTypes = 3;
inline constexpr int kHeadDims = 3;  // 64, 128, 256

/// The kernels of one instruction set.
struct KernelTable {
  AttendKernel attend[kDataTypes][kHeadDims];
  PrefillKernel prefill[kDataTypes][kHeadDims];
  ScoreKernel score[kDataTypes][kHeadDims];
  MultiplyKernel multiply[kDataTypes];
  ReadKernel read;
  CopyKernel copy;
  TriadKernel triad;
  FlopsKernel flops;
  KeysKernel keys;
  CountKernel count_at_least;
  TakeKernel take;
};

/// Index of a head size in these tables; -1 if there is no kernel for it.
constexpr int HeadDimIndex(int head_dim) {
  return head_dim == 64 ? 0 : head_dim == 128 ? 1 : head_dim == 256 ? 2 : -1;
}

const KernelTable& PortableKernels();
#ifdef KINETICS_X86
const KernelTable& Avx2Kernels();
const KernelTable& Avx512Kernels();
#endif

}  // namespace kinetics::kernels
