#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdint>

#include "kernels/cuda/split.h"
#include "kernels/data_type.h"

namespace kinetics::kernels {

/// Block top-k of every KV head of every request, from queries to the tiles of 16 tokens that
/// attention is to read, in one launch: the blocks are those of BlockTopkProblem. All pointers are
/// to memory of the device; a row is request * kv_heads + head.
struct SelectLaunch {
  const void* queries = nullptr;        ///< requests x kv_heads x group x head_dim.
  int64_t query_stride = 0;             ///< As in DeviceDecode.
  const void* pooled = nullptr;         ///< requests x kv_heads x pooled_stride x head_dim.
  const int64_t* lengths = nullptr;     ///< Tokens of each request, pooled_stride blocks at most.
  const int32_t* page_table = nullptr;  ///< As in KvCache; null: contiguous.
  int64_t table_stride = 0;
  int64_t requests = 0;
  int kv_heads = 1;
  int group = 1;              ///< 1 to 16.
  int head_dim = 128;         ///< 64 or 128.
  int64_t page_tokens = 16;   ///< A multiple of 16.
  int64_t block_tokens = 16;  ///< A multiple of 16.
  int64_t pooled_stride = 0;  ///< At most kMostSelectBlocks.
  int64_t top = 64;
  bool with_first = false;
  bool with_last = false;

  /// rows x tiles_stride: of the chosen blocks, ascending, the tiles that hold a token,
  ///
  ///   (page * kv_heads + head) * page_tokens / 16 + token % page_tokens / 16,
  ///
  /// which must be below 2^31. What lies behind a row's tiles is left as it is.
  int32_t* tiles = nullptr;
  int64_t tiles_stride = 0;          ///< At least MostTiles().
  int64_t* row_tokens = nullptr;     ///< Tokens in a row's tiles; all tiles but the last are full.
  int32_t* chosen = nullptr;         ///< rows x chosen_stride: the blocks, if wanted.
  int64_t chosen_stride = 0;         ///< At least MostBlocks() if they are.
  int32_t* chosen_counts = nullptr;  ///< Blocks of each row, if wanted.

  /// What a row may have chosen at most.
  int64_t MostBlocks() const {
    return std::min(top + (with_first ? 1 : 0) + (with_last ? 1 : 0), pooled_stride);
  }
  int64_t MostTiles() const { return MostBlocks() * (block_tokens / 16); }
};

/// `type`: of queries and pooled keys. Reads each pooled key once. Throws std::invalid_argument for
/// what there is no kernel for, CudaError if the launch fails.
void LaunchSelect(const SelectLaunch& launch, DataType type, cudaStream_t stream);

/// Oracle top-k of every KV head of every request: scores all tokens by the mean over the group of
/// q . k and lists the `top` best, ties to the lowest token, for attention to read. Two launches.
struct TokenSelectLaunch {
  const void* queries = nullptr;  ///< requests x kv_heads x group x head_dim.
  const void* keys = nullptr;     ///< Of the cache.
  const int64_t* lengths = nullptr;
  TileTable table;  ///< Of the cache.
  int64_t requests = 0;
  int group = 1;            ///< 1 to 16.
  int head_dim = 128;       ///< 64 or 128.
  int64_t most_tokens = 0;  ///< The longest length, below 2^16.
  int64_t top = 1024;
  float* scores = nullptr;  ///< rows x most_tokens: room to work in.
  /// rows x tokens_stride: places of the chosen tokens among all of the cache, tile * 16 + token %
  /// 16, in the order of tokens; must be below 2^31.
  int32_t* tokens = nullptr;
  int64_t tokens_stride = 0;      ///< At least min(top, most_tokens).
  int64_t* row_tokens = nullptr;  ///< How many of them.
  int32_t* chosen = nullptr;      ///< rows x tokens_stride: the tokens, if wanted.
};
void LaunchTokenSelect(const TokenSelectLaunch& launch, DataType type, cudaStream_t stream);

/// Selects alone: of each row of rows x blocks scores the `top` largest, ties to the lowest index,
/// ascending. `chosen`: rows x min(top, blocks). Throws as LaunchSelect does.
void LaunchSelectOnly(const float* scores, int64_t rows, int blocks, int top, int32_t* chosen,
                      cudaStream_t stream);

}  // namespace kinetics::kernels
