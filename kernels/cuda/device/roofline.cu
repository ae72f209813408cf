#include "kernels/cuda/device/roofline.h"

#include <algorithm>
#include <cassert>

#include "kernels/cuda/device/device.h"
#include "kernels/cuda/layer.h"

namespace kinetics::kernels {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;
constexpr int kResidentBlocks =
    4;  ///< Registers for no more, that all loads are on their way at once.
constexpr int kChains = 8;
constexpr int kMmaFlops = 2 * 16 * 8 * 16;
constexpr float kNever = 0x1.234568p-100F;  ///< What results are compared with to be needed.

__device__ uint4 LoadOnce(const void* data, int64_t vector) {
  uint4 value;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
               : "l"(static_cast<const uint4*>(data) + vector));
  return value;
}

/// use(v, load(v)) for each vector v of the grid's, with kLoads of a thread's loads before their
/// uses.
template <int kLoads, typename Load, typename Use>
__device__ __forceinline__ void ForVectors(int64_t vectors, Load load, Use use) {
  constexpr int64_t kTile = int64_t{kThreads} * kLoads;
  const int64_t tiles = vectors / kTile;
#pragma unroll 1
  for (int64_t tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
    const int64_t first = tile * kTile + threadIdx.x;
    decltype(load(first)) values[kLoads];
#pragma unroll
    for (int i = 0; i < kLoads; ++i) {
      values[i] = load(first + i * kThreads);
    }
#pragma unroll
    for (int i = 0; i < kLoads; ++i) {
      use(first + i * kThreads, values[i]);
    }
  }
  const int64_t rest = tiles * kTile + int64_t{blockIdx.x} * kThreads + threadIdx.x;
#pragma unroll 1
  for (int64_t v = rest; v < vectors; v += int64_t{gridDim.x} * kThreads) {
    use(v, load(v));
  }
}

__global__ void __launch_bounds__(kThreads, kResidentBlocks)
    ReadKernel(const void* data, int64_t vectors, float* sink) {
  uint32_t bits = 0;
  ForVectors<8>(
      vectors, [=](int64_t v) { return LoadOnce(data, v); },
      [&](int64_t, const uint4& value) { bits ^= value.x ^ value.y ^ value.z ^ value.w; });
  if (bits == 0x7fffffffU) {  // which no memory that LaunchFill filled comes to
    *sink = 1;
  }
}

__global__ void __launch_bounds__(kThreads, kResidentBlocks)
    CopyKernel(void* to, const void* from, int64_t vectors, unsigned rest) {
  ForVectors<8>(
      vectors, [=](int64_t v) { return LoadOnce(from, v); },
      [=](int64_t v, const uint4& value) { __stcs(static_cast<uint4*>(to) + v, value); });
  if (blockIdx.x == 0 && threadIdx.x < rest) {
    const int64_t i = vectors * static_cast<int64_t>(sizeof(uint4)) + threadIdx.x;
    static_cast<char*>(to)[i] = static_cast<const char*>(from)[i];
  }
}

struct TriadTerms {
  uint4 b;
  uint4 c;
};

__device__ float TriadOf(uint32_t b, uint32_t c, float factor) {
  return fmaf(factor, __uint_as_float(c), __uint_as_float(b));
}

__global__ void __launch_bounds__(kThreads, kResidentBlocks)
    TriadKernel(float* to, const float* b, const float* c, float factor, int64_t vectors,
                unsigned rest) {
  ForVectors<4>(
      vectors,
      [=](int64_t v) {
        return TriadTerms{LoadOnce(b, v), LoadOnce(c, v)};
      },
      [=](int64_t v, const TriadTerms& terms) {
        __stcs(reinterpret_cast<float4*>(to) + v,
               make_float4(
                   TriadOf(terms.b.x, terms.c.x, factor), TriadOf(terms.b.y, terms.c.y, factor),
                   TriadOf(terms.b.z, terms.c.z, factor), TriadOf(terms.b.w, terms.c.w, factor)));
      });
  if (blockIdx.x == 0 && threadIdx.x < rest) {
    const int64_t i = vectors * 4 + threadIdx.x;
    to[i] = fmaf(factor, c[i], b[i]);
  }
}

__global__ void __launch_bounds__(kThreads)
    FillKernel(void* data, uint64_t words, unsigned rest, uint64_t seed) {
  const uint64_t step = uint64_t{gridDim.x} * kThreads;
  const uint64_t thread = uint64_t{blockIdx.x} * kThreads + threadIdx.x;
  for (uint64_t i = thread; i < words; i += step) {
    static_cast<uint64_t*>(data)[i] = FillWord(seed, i);
  }
  if (thread < rest) {
    static_cast<uint8_t*>(data)[words * sizeof(uint64_t) + thread] =
        static_cast<uint8_t>(FillWord(seed, words) >> (8 * thread));
  }
}

template <DataType kType>
__device__ __forceinline__ void MultiplyAdd(float (&sum)[4], const uint32_t (&a)[4],
                                            const uint32_t (&b)[2]) {
  if constexpr (kType == DataType::kF16) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  } else {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
}

template <DataType kType>
__global__ void __launch_bounds__(kThreads) MmaKernel(int64_t iterations, float* sink) {
  // Numbers with all their bits: the clock that a device keeps depends on what it multiplies.
  uint32_t a[4];
  uint32_t b[2];
  for (int i = 0; i < 4; ++i) {
    a[i] = static_cast<uint32_t>(FillWord(threadIdx.x, i));
  }
  for (int i = 0; i < 2; ++i) {
    b[i] = static_cast<uint32_t>(FillWord(threadIdx.x, 4 + i));
  }
  float sums[kChains][4];
  for (int c = 0; c < kChains; ++c) {
    for (int i = 0; i < 4; ++i) {
      sums[c][i] = static_cast<float>(c + i);
    }
  }
#pragma unroll 8
  for (int64_t i = 0; i < iterations; ++i) {
#pragma unroll
    for (int c = 0; c < kChains; ++c) {
      MultiplyAdd<kType>(sums[c], a, b);
    }
  }
  float total = 0;
  for (int c = 0; c < kChains; ++c) {
    total += sums[c][0] + sums[c][1] + sums[c][2] + sums[c][3];
  }
  if (total == kNever) {
    *sink = total;
  }
}

__global__ void __launch_bounds__(kThreads)
    FmaKernel(int64_t iterations, float factor, float term, float* sink) {
  float sums[kChains];
  for (int c = 0; c < kChains; ++c) {
    sums[c] = static_cast<float>(threadIdx.x * kChains + c);
  }
#pragma unroll 16
  for (int64_t i = 0; i < iterations; ++i) {
#pragma unroll
    for (int c = 0; c < kChains; ++c) {
      sums[c] = fmaf(sums[c], factor, term);
    }
  }
  float total = 0;
  for (int c = 0; c < kChains; ++c) {
    total += sums[c];
  }
  if (total == kNever) {
    *sink = total;
  }
}

}  // namespace

void LaunchRead(const void* data, size_t bytes, float* sink, int blocks, cudaStream_t stream) {
  const auto vectors = static_cast<int64_t>(bytes / sizeof(uint4));
  ReadKernel<<<blocks, kThreads, 0, stream>>>(data, vectors, sink);
  CheckLaunch("read memory");
}

void LaunchCopy(void* to, const void* from, size_t bytes, int blocks, cudaStream_t stream) {
  const auto vectors = static_cast<int64_t>(bytes / sizeof(uint4));
  const auto rest = static_cast<unsigned>(bytes % sizeof(uint4));
  CopyKernel<<<blocks, kThreads, 0, stream>>>(to, from, vectors, rest);
  CheckLaunch("copy memory");
}

void LaunchTriad(float* to, const float* b, const float* c, float factor, size_t count, int blocks,
                 cudaStream_t stream) {
  const auto vectors = static_cast<int64_t>(count / 4);
  const auto rest = static_cast<unsigned>(count % 4);
  TriadKernel<<<blocks, kThreads, 0, stream>>>(to, b, c, factor, vectors, rest);
  CheckLaunch("triad");
}

void LaunchFill(void* data, size_t bytes, uint64_t seed, cudaStream_t stream) {
  const size_t words = bytes / sizeof(uint64_t);
  const auto rest = static_cast<unsigned>(bytes % sizeof(uint64_t));
  const auto blocks = static_cast<int>(std::clamp<size_t>(words / kThreads, 1, 1 << 16));
  FillKernel<<<blocks, kThreads, 0, stream>>>(data, words, rest, seed);
  CheckLaunch("fill memory");
}

double LaunchPeakFlops(DataType type, int64_t iterations, float* sink, int blocks,
                       cudaStream_t stream) {
  assert(type != DataType::kF32);
  if (type == DataType::kF16) {
    MmaKernel<DataType::kF16><<<blocks, kThreads, 0, stream>>>(iterations, sink);
  } else {
    MmaKernel<DataType::kBf16><<<blocks, kThreads, 0, stream>>>(iterations, sink);
  }
  CheckLaunch("multiply matrices in registers");
  return static_cast<double>(blocks) * kWarps * static_cast<double>(iterations) * kChains *
         kMmaFlops;
}

double LaunchPeakFma(int64_t iterations, float* sink, int blocks, cudaStream_t stream) {
  FmaKernel<<<blocks, kThreads, 0, stream>>>(iterations, 0.999F, 0.001F, sink);
  CheckLaunch("multiply and add in registers");
  return static_cast<double>(blocks) * kThreads * static_cast<double>(iterations) * kChains * 2;
}

}  // namespace kinetics::kernels
