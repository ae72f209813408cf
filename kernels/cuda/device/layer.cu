#include "kernels/cuda/device/layer.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cassert>

#include "kernels/cuda/device/device.h"

namespace kinetics::kernels {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;
constexpr int kLane = 8;  ///< Elements in 16 bytes.
constexpr int kRotaryDim = 128;
constexpr int kRotaryPairs = kRotaryDim / 2;
constexpr int kHeadLanes = kRotaryDim / kLane;
constexpr int kHeadsAtOnce = kThreads / kHeadLanes;

/// Eight elements in single precision.
struct Lane {
  float values[kLane];
};

__device__ float2 Widen(__half2 pair) { return __half22float2(pair); }
__device__ float2 Widen(__nv_bfloat162 pair) { return __bfloat1622float2(pair); }
__device__ void Narrow(float2 values, __half2* pair) { *pair = __float22half2_rn(values); }
__device__ void Narrow(float2 values, __nv_bfloat162* pair) {
  *pair = __float22bfloat162_rn(values);
}

/// 16 bytes as pairs of elements.
template <typename Pair>
struct alignas(16) Vector {
  Pair pairs[kLane / 2];
};

/// Elements kLane * vector on.
template <typename Pair>
__device__ Lane Load(const void* data, int64_t vector) {
  const Vector<Pair> stored = static_cast<const Vector<Pair>*>(data)[vector];
  Lane lane;
#pragma unroll
  for (int i = 0; i < kLane / 2; ++i) {
    const float2 values = Widen(stored.pairs[i]);
    lane.values[2 * i] = values.x;
    lane.values[2 * i + 1] = values.y;
  }
  return lane;
}

template <typename Pair>
__device__ void Store(void* data, int64_t vector, const Lane& lane) {
  Vector<Pair> stored;
#pragma unroll
  for (int i = 0; i < kLane / 2; ++i) {
    Narrow(make_float2(lane.values[2 * i], lane.values[2 * i + 1]), &stored.pairs[i]);
  }
  static_cast<Vector<Pair>*>(data)[vector] = stored;
}

__device__ float SumOfSquares(const Lane& lane) {
  float sum = 0;
#pragma unroll
  for (const float value : lane.values) {
    sum = fmaf(value, value, sum);
  }
  return sum;
}

/// The sum over the threads of the block, in each of them. To be called once.
__device__ float BlockSum(float value) {
  __shared__ float sums[kWarps];
  for (int step = 16; step > 0; step /= 2) {
    value += __shfl_xor_sync(0xffffffffU, value, step);
  }
  if (threadIdx.x % 32 == 0) {
    sums[threadIdx.x / 32] = value;
  }
  __syncthreads();
  float total = 0;
#pragma unroll
  for (int warp = 0; warp < kWarps; ++warp) {
    total += sums[warp];
  }
  return total;
}

template <typename Pair>
__global__ void __launch_bounds__(kThreads) RmsNormKernel(RmsNormArgs args) {
  const int vectors = args.hidden / kLane;
  const int64_t row = int64_t{blockIdx.x} * vectors;
  float squares = 0;
  for (int v = threadIdx.x; v < vectors; v += kThreads) {
    squares += SumOfSquares(Load<Pair>(args.inputs, row + v));
  }
  const float mean = BlockSum(squares) / static_cast<float>(args.hidden);
  const float scale = rsqrtf(mean + args.epsilon);
  for (int v = threadIdx.x; v < vectors; v += kThreads) {
    Lane lane = Load<Pair>(args.inputs, row + v);
    const Lane weights = Load<Pair>(args.weights, v);
#pragma unroll
    for (int i = 0; i < kLane; ++i) {
      lane.values[i] *= scale * weights.values[i];
    }
    Store<Pair>(args.outputs, row + v, lane);
  }
}

/// By how much of a turn each pair of elements is rotated a token.
struct RotaryTurns {
  double turns[kRotaryPairs];
};

/// A block for each row, 16 lanes for each of its heads.
template <typename Pair>
__global__ void __launch_bounds__(kThreads)
    QkRotaryKernel(const __grid_constant__ QkRotaryArgs args,
                   const __grid_constant__ RotaryTurns rotation) {
  __shared__ float cosines[kRotaryPairs];
  __shared__ float sines[kRotaryPairs];
  const int64_t request = blockIdx.x;
  if (threadIdx.x < kRotaryPairs) {
    const double turns = static_cast<double>(args.positions[request]) * rotation.turns[threadIdx.x];
    const auto part = static_cast<float>(turns - rint(turns));  // from -1/2 to 1/2
    sincospif(2 * part, &sines[threadIdx.x], &cosines[threadIdx.x]);
  }
  __syncthreads();
  const int place = threadIdx.x % kHeadLanes;
  const unsigned lanes = 0xffffU << (threadIdx.x % 32 / kHeadLanes * kHeadLanes);
  const bool is_low = place < kHeadLanes / 2;
  const int pair = place % (kHeadLanes / 2) * kLane;
  const int heads = args.row.q_heads + args.row.kv_heads;  // queries and keys lie side by side
  const int64_t row = request * (args.row.Size() / kLane) + place;
  for (int head = threadIdx.x / kHeadLanes; head < heads; head += kHeadsAtOnce) {
    const int64_t vector = row + int64_t{head} * kHeadLanes;
    Lane lane = Load<Pair>(args.qkv, vector);
    float squares = SumOfSquares(lane);
    for (int step = kHeadLanes / 2; step > 0; step /= 2) {
      squares += __shfl_xor_sync(lanes, squares, step);
    }
    const float scale = rsqrtf(squares / kRotaryDim + args.epsilon);
    const Lane weights =
        Load<Pair>(head < args.row.q_heads ? args.q_weights : args.k_weights, place);
#pragma unroll
    for (int i = 0; i < kLane; ++i) {
      const float value = lane.values[i] * scale * weights.values[i];
      const float other = __shfl_xor_sync(lanes, value, kHeadLanes / 2);
      const float sine = is_low ? -sines[pair + i] : sines[pair + i];
      lane.values[i] = fmaf(value, cosines[pair + i], other * sine);
    }
    Store<Pair>(args.qkv, vector, lane);
  }
}

__global__ void __launch_bounds__(kThreads) CacheAppendKernel(CacheAppendArgs args) {
  const int64_t request = blockIdx.x;
  const int64_t token = args.positions[request];
  const int64_t page =
      args.page_table == nullptr
          ? request
          : args.page_table[PageTableIndex(request, token, args.table_stride, args.page_tokens)];
  const int head_vectors = args.row.head_dim / kLane;
  const auto* from = static_cast<const uint4*>(args.qkv) + request * (args.row.Size() / kLane);
  for (int v = threadIdx.x; v < 2 * args.row.kv_heads * head_vectors; v += kThreads) {
    const int head = v / head_vectors;  // of keys, then of values
    const bool is_key = head < args.row.kv_heads;
    const int kv_head = is_key ? head : head - args.row.kv_heads;
    const int64_t start = is_key ? args.row.Key(kv_head) : args.row.Value(kv_head);
    const int64_t to = CacheElement(page, token, kv_head, args.row, args.page_tokens);
    const int i = v % head_vectors;
    static_cast<uint4*>(is_key ? args.keys : args.values)[to / kLane + i] = from[start / kLane + i];
  }
}

template <typename Pair>
__global__ void __launch_bounds__(kThreads) SiluKernel(SiluArgs args) {
  const int vectors = args.inner / kLane;
  const int64_t row = blockIdx.x;
  const int v = static_cast<int>(blockIdx.y) * kThreads + threadIdx.x;
  if (v >= vectors) {
    return;
  }
  Lane lane = Load<Pair>(args.inputs, 2 * row * vectors + v);
  const Lane up = Load<Pair>(args.inputs, (2 * row + 1) * vectors + v);
#pragma unroll
  for (int i = 0; i < kLane; ++i) {
    lane.values[i] *= up.values[i] / (1 + __expf(-lane.values[i]));
  }
  Store<Pair>(args.outputs, row * vectors + v, lane);
}

template <typename Pair>
__global__ void __launch_bounds__(kThreads) AddKernel(AddArgs args) {
  const int64_t v = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (v >= args.count / kLane) {
    return;
  }
  Lane lane = Load<Pair>(args.sums, v);
  const Lane terms = Load<Pair>(args.terms, v);
#pragma unroll
  for (int i = 0; i < kLane; ++i) {
    lane.values[i] += terms.values[i];
  }
  Store<Pair>(args.sums, v, lane);
}

/// Calls launch(pair) with a pair of elements of the type.
template <typename Launch>
void ForType(DataType type, const char* kernel, Launch launch) {
  assert(type != DataType::kF32);
  if (type == DataType::kF16) {
    launch(__half2{});
  } else {
    launch(__nv_bfloat162{});
  }
  CheckLaunch(kernel);
}

unsigned Blocks(int64_t count) { return static_cast<unsigned>(count); }

}  // namespace

void LaunchRmsNorm(const RmsNormArgs& args, cudaStream_t stream) {
  assert(args.hidden % kLane == 0);
  if (args.rows == 0) {
    return;
  }
  ForType(args.type, "RMSNorm", [&](auto pair) {
    RmsNormKernel<decltype(pair)><<<Blocks(args.rows), kThreads, 0, stream>>>(args);
  });
}

void LaunchQkRotary(const QkRotaryArgs& args, cudaStream_t stream) {
  assert(args.row.head_dim == kRotaryDim);
  if (args.rows == 0) {
    return;
  }
  RotaryTurns rotation;
  for (int i = 0; i < kRotaryPairs; ++i) {
    rotation.turns[i] = RotaryTurn(args.theta, i, kRotaryDim);
  }
  ForType(args.type, "rotary embedding", [&](auto pair) {
    QkRotaryKernel<decltype(pair)><<<Blocks(args.rows), kThreads, 0, stream>>>(args, rotation);
  });
}

void LaunchCacheAppend(const CacheAppendArgs& args, cudaStream_t stream) {
  assert(args.row.head_dim % kLane == 0);
  if (args.rows == 0) {
    return;
  }
  CacheAppendKernel<<<Blocks(args.rows), kThreads, 0, stream>>>(args);
  CheckLaunch("append to the cache");
}

void LaunchSilu(const SiluArgs& args, cudaStream_t stream) {
  assert(args.inner % kLane == 0);
  if (args.rows == 0) {
    return;
  }
  const int vectors = args.inner / kLane;
  const dim3 blocks(Blocks(args.rows), Blocks((vectors + kThreads - 1) / kThreads));
  ForType(args.type, "SiLU",
          [&](auto pair) { SiluKernel<decltype(pair)><<<blocks, kThreads, 0, stream>>>(args); });
}

void LaunchAdd(const AddArgs& args, cudaStream_t stream) {
  assert(args.count % kLane == 0);
  if (args.count == 0) {
    return;
  }
  const int64_t vectors = args.count / kLane;
  const unsigned blocks = Blocks((vectors + kThreads - 1) / kThreads);
  ForType(args.type, "add",
          [&](auto pair) { AddKernel<decltype(pair)><<<blocks, kThreads, 0, stream>>>(args); });
}

}  // namespace kinetics::kernels
