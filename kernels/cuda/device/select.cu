#include "kernels/cuda/device/select.h"

#include <cuda_fp16.h>

#include <climits>
#include <stdexcept>
#include <string>

#include "kernels/cuda/device/device.h"
#include "kernels/cuda/device/warp.h"
#include "kernels/cuda/select.h"

namespace kinetics::kernels {
namespace {

constexpr int kBlocksPerMultiprocessor = 4;  // of threads: 128 KiB of pooled keys in flight

struct DeviceBlock {
  template <class Work>
  static __device__ __forceinline__ void ForEachThread(const Work& work) {
    work(static_cast<int>(threadIdx.x));
    __syncthreads();
  }
  static __device__ __forceinline__ void Add(uint32_t* to, uint32_t amount) {
    atomicAdd(to, amount);
  }
};

template <DataType type>
__device__ __forceinline__ float2 Unpack(uint32_t pair) {
  if constexpr (type == DataType::kBf16) {
    return {__uint_as_float(pair << 16), __uint_as_float(pair & 0xffff0000)};
  } else {
    return __half22float2(__builtin_bit_cast(__half2_raw, pair));
  }
}

template <DataType type>
__device__ __forceinline__ float Convert(uint16_t bits) {
  return Unpack<type>(bits).x;
}

// Pooled keys are read once: they need no place in the first cache.
__device__ __forceinline__ uint4 LoadOnce(const void* from) {
  uint4 chunk;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(chunk.x), "=r"(chunk.y), "=r"(chunk.z), "=r"(chunk.w)
               : "l"(from));
  return chunk;
}

template <DataType type>
__device__ __forceinline__ float Dot(const uint4& chunk, const float (&query)[8]) {
  const uint32_t pairs[] = {chunk.x, chunk.y, chunk.z, chunk.w};
  float sum = 0;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const float2 pair = Unpack<type>(pairs[i]);
    sum = fmaf(pair.x, query[2 * i], sum);
    sum = fmaf(pair.y, query[2 * i + 1], sum);
  }
  return sum;
}

/// The mean of a group's queries, in the order in which the CPU adds them up.
template <DataType type, int dim>
__device__ __forceinline__ void AverageQuery(const uint16_t* queries, int group, float* query) {
  const auto i = static_cast<int>(threadIdx.x);
  if (i < dim) {
    float sum = 0;
#pragma unroll 4
    for (int g = 0; g < group; ++g) {
      sum += Convert<type>(__ldg(queries + g * dim + i));
    }
    query[i] = 1.0F / static_cast<float>(group) * sum;
  }
}

/// Scores rows [first, end), of which `row_at(i)` is the i-th.
template <DataType type, int dim, class RowAt>
__device__ __forceinline__ void Score(const RowAt& row_at, int first, int end, const float* mean,
                                      float* scores) {
  using Layout = ScoreLayout<dim>;
  using Warp = DeviceWarp<type>;
  const int lane = Warp::Lane();
  const int warp = static_cast<int>(threadIdx.x) / kWarpLanes;
  float query[8];
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    query[i] = mean[Layout::Chunk(lane) * 8 + i];
  }
  for (int base = first + warp * Layout::kRows; base < end;
       base += kSelectThreads / kWarpLanes * Layout::kRows) {
    uint4 loaded[Layout::kLoads];
#pragma unroll
    for (int i = 0; i < Layout::kLoads; ++i) {
      const int row = min(base + Layout::Row(lane, i), end - 1);
      loaded[i] = LoadOnce(row_at(row) + Layout::Chunk(lane) * 8);
    }
    float shares[Layout::kLoads];
#pragma unroll
    for (int i = 0; i < Layout::kLoads; ++i) {
      shares[i] = Dot<type>(loaded[i], query);
    }
    const float score = Layout::template Sum<Warp>(shares);
    const int row = base + Layout::ScoredRow(lane);
    if (row < end && Layout::IsFirstCopy(lane)) {
      scores[row] = score;
    }
  }
}

extern __shared__ float shared_scores[];

template <DataType type, int dim>
__global__ void __launch_bounds__(kSelectThreads, kBlocksPerMultiprocessor)
    SelectKernel(const SelectLaunch launch) {
  __shared__ SelectState state;
  __shared__ float mean[dim];
  const auto row = static_cast<int64_t>(blockIdx.x);
  const int64_t request = row / launch.kv_heads;
  // A length that `pooled` does not reach to is cut.
  const int64_t length = min(launch.lengths[request], launch.pooled_stride * launch.block_tokens);
  const BlockTiles of_row = {
      .table = {.page_table = launch.page_table,
                .table_stride = launch.table_stride,
                .kv_heads = launch.kv_heads,
                .page_tiles = static_cast<int32_t>(launch.page_tokens / kTileTokens)},
      .request = request,
      .head = static_cast<int32_t>(row % launch.kv_heads),
      .block_tokens = static_cast<int32_t>(launch.block_tokens),
      .length = static_cast<int32_t>(length)};
  const int32_t blocks = of_row.Blocks();
  const auto* queries = static_cast<const uint16_t*>(launch.queries);
  const uint16_t* pooled =
      static_cast<const uint16_t*>(launch.pooled) + row * launch.pooled_stride * dim;
  AverageQuery<type, dim>(
      queries + request * launch.query_stride + int64_t{of_row.head} * launch.group * dim,
      launch.group, mean);
  __syncthreads();
  Score<type, dim>([&](int block) { return pooled + int64_t{block} * dim; }, 0, blocks, mean,
                   shared_scores);

  const SelectInput input = {.scores = shared_scores,
                             .count = blocks,
                             .top = static_cast<int32_t>(launch.top),
                             .with_first = launch.with_first,
                             .with_last = launch.with_last};
  int32_t* tiles = launch.tiles + row * launch.tiles_stride;
  const SelectResult result =
      SelectTop<DeviceBlock>(input, state, [&](int32_t position, int32_t block) {
        of_row.Write(position, block, tiles);
        if (launch.chosen != nullptr) {
          launch.chosen[row * launch.chosen_stride + position] = block;
        }
      });
  if (threadIdx.x == 0) {
    launch.row_tokens[row] = of_row.Tokens(result);
    if (launch.chosen_counts != nullptr) {
      launch.chosen_counts[row] = result.count;
    }
  }
}

__global__ void __launch_bounds__(kSelectThreads)
    SelectOnlyKernel(const float* scores, int blocks, int top, int32_t* chosen) {
  __shared__ SelectState state;
  const auto row = static_cast<int64_t>(blockIdx.x);
  for (int i = static_cast<int>(threadIdx.x); i < blocks; i += kSelectThreads) {
    shared_scores[i] = __ldg(scores + row * blocks + i);
  }
  int32_t* of_row = chosen + row * min(top, blocks);
  SelectTop<DeviceBlock>({.scores = shared_scores, .count = blocks, .top = top}, state,
                         [&](int32_t position, int32_t block) { of_row[position] = block; });
}

constexpr int kScoredTokens = 2048;  // by one block of threads

template <DataType type, int dim>
__global__ void __launch_bounds__(kSelectThreads, kBlocksPerMultiprocessor - 1)
    TokenScoreKernel(const TokenSelectLaunch launch) {
  __shared__ float mean[dim];
  const int64_t chunks = (launch.most_tokens + kScoredTokens - 1) / kScoredTokens;
  const int64_t row = blockIdx.x / chunks;
  const int64_t request = row / launch.table.kv_heads;
  const int64_t head = row % launch.table.kv_heads;
  const auto first = static_cast<int>(blockIdx.x % chunks * kScoredTokens);
  const auto end = static_cast<int>(
      min(int64_t{first} + kScoredTokens, min(launch.lengths[request], launch.most_tokens)));
  if (first >= end) {
    return;
  }
  AverageQuery<type, dim>(static_cast<const uint16_t*>(launch.queries) + row * launch.group * dim,
                          launch.group, mean);
  __syncthreads();
  const auto* keys = static_cast<const uint16_t*>(launch.keys);
  Score<type, dim>(
      [&](int token) {
        const int64_t tile = launch.table.TileAt(request, head, token / kTileTokens);
        return keys + (tile * kTileTokens + token % kTileTokens) * dim;
      },
      first, end, mean, launch.scores + row * launch.most_tokens);
}

__global__ void __launch_bounds__(kSelectThreads)
    TokenSelectKernel(const TokenSelectLaunch launch) {
  __shared__ SelectState state;
  const auto row_index = static_cast<int32_t>(blockIdx.x);
  const int32_t request = row_index / launch.table.kv_heads;
  const int32_t head = row_index % launch.table.kv_heads;
  const int64_t row = row_index;
  const SelectResult result = SelectTop<DeviceBlock>(
      {.scores = launch.scores + row * launch.most_tokens,
       .count = static_cast<int32_t>(min(launch.lengths[request], launch.most_tokens)),
       .top = static_cast<int32_t>(launch.top)},
      state, [&](int32_t position, int32_t token) {
        const int64_t tile = launch.table.TileAt(request, head, token / kTileTokens);
        const int64_t at = row * launch.tokens_stride + position;
        launch.tokens[at] = static_cast<int32_t>(tile * kTileTokens + token % kTileTokens);
        if (launch.chosen != nullptr) {
          launch.chosen[at] = token;
        }
      });
  if (threadIdx.x == 0) {
    launch.row_tokens[row] = result.count;
  }
}

void Require(bool is_met, const std::string& what) {
  if (!is_met) {
    throw std::invalid_argument("top-k on CUDA: expected " + what);
  }
}

void CheckBlocks(int64_t rows, int64_t blocks, int64_t top) {
  Require(rows >= 0 && rows <= INT_MAX, "fewer than 2^31 rows");
  Require(blocks >= 0 && blocks <= kMostSelectBlocks,
          "at most " + std::to_string(kMostSelectBlocks) + " blocks");
  Require(top >= 0 && top <= INT_MAX, "a top of 0 to 2^31 - 1");
}

void Check(const SelectLaunch& launch) {
  CheckBlocks(launch.requests * launch.kv_heads, launch.pooled_stride, launch.top);
  Require(launch.kv_heads >= 1, "1 KV head or more");
  Require(launch.group >= 1 && launch.group <= 16, "1 to 16 query heads to each KV head");
  for (const int64_t tokens : {launch.page_tokens, launch.block_tokens}) {
    Require(tokens >= kTileTokens && tokens % kTileTokens == 0 && tokens <= INT_MAX,
            "pages and blocks of a multiple of 16 tokens");
  }
  Require(launch.pooled_stride * launch.block_tokens <= INT_MAX, "fewer than 2^31 tokens");
  Require(launch.page_table != nullptr ||
              launch.requests * launch.kv_heads <= INT_MAX / (launch.page_tokens / kTileTokens),
          "fewer than 2^31 tiles");
  Require(launch.tiles_stride >= launch.MostTiles(), "room for the tiles of a row");
  Require(launch.chosen == nullptr || launch.chosen_stride >= launch.MostBlocks(),
          "room for the blocks of a row");
  Require(reinterpret_cast<uintptr_t>(launch.pooled) % kChunkBytes == 0,
          "pooled keys at a multiple of 16 bytes");
}

using SelectFunction = void (*)(SelectLaunch);

SelectFunction KernelFor(int head_dim, DataType type) {
  Require(head_dim == 64 || head_dim == 128, "heads of 64 or 128 elements");
  Require(type == DataType::kF16 || type == DataType::kBf16, "keys of type f16 or bf16");
  if (type == DataType::kF16) {
    return head_dim == 64 ? SelectKernel<DataType::kF16, 64> : SelectKernel<DataType::kF16, 128>;
  }
  return head_dim == 64 ? SelectKernel<DataType::kBf16, 64> : SelectKernel<DataType::kBf16, 128>;
}

}  // namespace

void LaunchSelect(const SelectLaunch& launch, DataType type, cudaStream_t stream) {
  Check(launch);
  const SelectFunction kernel = KernelFor(launch.head_dim, type);
  const auto rows = static_cast<unsigned>(launch.requests * launch.kv_heads);
  if (rows == 0) {
    return;
  }
  const size_t shared_bytes = static_cast<size_t>(launch.pooled_stride) * sizeof(float);
  SelectLaunch launched = launch;
  if (launched.query_stride == 0) {
    launched.query_stride = int64_t{launch.kv_heads} * launch.group * launch.head_dim;
  }
  kernel<<<rows, kSelectThreads, shared_bytes, stream>>>(launched);
  CheckLaunch("select blocks");
}

void LaunchTokenSelect(const TokenSelectLaunch& launch, DataType type, cudaStream_t stream) {
  constexpr int64_t kMostTokens = 65535;
  const int64_t rows = launch.requests * launch.table.kv_heads;
  const int64_t chunks = (launch.most_tokens + kScoredTokens - 1) / kScoredTokens;
  Require(launch.most_tokens >= 0 && launch.most_tokens <= kMostTokens, "at most 65,535 tokens");
  Require(launch.top >= 0 && launch.top <= INT_MAX, "a top of 0 to 2^31 - 1");
  Require(rows >= 0 && rows * std::max<int64_t>(1, chunks) <= INT_MAX, "fewer rows");
  Require(launch.group >= 1 && launch.group <= 16, "1 to 16 query heads to each KV head");
  Require(launch.tokens_stride >= std::min(launch.top, launch.most_tokens),
          "room for the tokens of a row");
  Require(launch.head_dim == 64 || launch.head_dim == 128, "heads of 64 or 128 elements");
  Require(type == DataType::kF16 || type == DataType::kBf16, "keys of type f16 or bf16");
  if (rows == 0) {
    return;
  }
  const bool is_small = launch.head_dim == 64;
  const auto score = type == DataType::kF16 ? is_small ? TokenScoreKernel<DataType::kF16, 64>
                                                       : TokenScoreKernel<DataType::kF16, 128>
                     : is_small ? TokenScoreKernel<DataType::kBf16, 64>
                                            : TokenScoreKernel<DataType::kBf16, 128>;
  if (chunks > 0) {
    score<<<static_cast<unsigned>(rows * chunks), kSelectThreads, 0, stream>>>(launch);
    CheckLaunch("score tokens");
  }
  TokenSelectKernel<<<static_cast<unsigned>(rows), kSelectThreads, 0, stream>>>(launch);
  CheckLaunch("select tokens");
}

void LaunchSelectOnly(const float* scores, int64_t rows, int blocks, int top, int32_t* chosen,
                      cudaStream_t stream) {
  CheckBlocks(rows, blocks, top);
  if (rows == 0) {
    return;
  }
  const size_t shared_bytes = static_cast<size_t>(blocks) * sizeof(float);
  SelectOnlyKernel<<<static_cast<unsigned>(rows), kSelectThreads, shared_bytes, stream>>>(
      scores, blocks, top, chosen);
  CheckLaunch("select");
}

}  // namespace kinetics::kernels
