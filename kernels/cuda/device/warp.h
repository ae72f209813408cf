#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

#include "kernels/data_type.h"

namespace kinetics::kernels {

inline constexpr unsigned kAllLanes = 0xffffffffU;

/// Of loads from global memory: what they read is the first to leave the second-level cache.
__device__ __forceinline__ uint64_t ReadOncePolicy() {
  uint64_t policy;
  asm("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy));
  return policy;
}

/// The warp of TileAttention on the device: the values of this thread's lane.
template <DataType type>
struct DeviceWarp {
  using Float = float;
  using Int = int;
  using Bits = uint32_t;
  using Flag = bool;

  static __device__ __forceinline__ int Lane() { return static_cast<int>(threadIdx.x % 32); }
  template <typename T>
  static __device__ __forceinline__ T Select(bool condition, T a, T b) {
    return condition ? a : b;
  }
  static __device__ __forceinline__ float Max(float a, float b) { return fmaxf(a, b); }
  static __device__ __forceinline__ float Exp2(float a) {
    float result;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(a));
    return result;
  }
  template <typename T>
  static __device__ __forceinline__ T ShuffleXor(T a, int mask) {
    return __shfl_xor_sync(kAllLanes, a, mask);
  }
  static __device__ __forceinline__ bool Any(bool a) { return __any_sync(kAllLanes, a) != 0; }
  static __device__ __forceinline__ uint32_t Pack(float low, float high) {
    uint32_t bits;
    if constexpr (type == DataType::kF16) {
      asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
    } else {
      asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
    }
    return bits;
  }
  static __device__ __forceinline__ uint32_t LoadPair(const uint16_t* from, int element,
                                                      bool condition) {
    uint32_t pair = 0;
    if (condition) {
      // Volatile, so that it stays behind the wait for the launch before.
      asm volatile("ld.global.nc.L2::cache_hint.b32 %0, [%1], %2;"
                   : "=r"(pair)
                   : "l"(from + element), "l"(ReadOncePolicy()));
    }
    return pair;
  }
  static __device__ __forceinline__ void StoreIf(float* to, int element, float value,
                                                 bool condition) {
    if (condition) {
      to[element] = value;
    }
  }
  static __device__ __forceinline__ void StoreChunkIf(uint16_t* to, int element,
                                                      const uint32_t (&chunk)[4], bool condition) {
    if (condition) {
      *reinterpret_cast<uint4*>(to + element) = make_uint4(chunk[0], chunk[1], chunk[2], chunk[3]);
    }
  }
  static __device__ __forceinline__ void LoadMatrices(const char* from, int offset,
                                                      uint32_t (&matrices)[4]) {
    const auto address = static_cast<uint32_t>(__cvta_generic_to_shared(from)) + offset;
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(matrices[0]), "=r"(matrices[1]), "=r"(matrices[2]), "=r"(matrices[3])
                 : "r"(address)
                 : "memory");
  }
  static __device__ __forceinline__ void LoadMatricesTransposed(const char* from, int offset,
                                                                uint32_t (&matrices)[4]) {
    const auto address = static_cast<uint32_t>(__cvta_generic_to_shared(from)) + offset;
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(matrices[0]), "=r"(matrices[1]), "=r"(matrices[2]), "=r"(matrices[3])
                 : "r"(address)
                 : "memory");
  }
  static __device__ __forceinline__ uint32_t Transpose(uint32_t matrix) {
    uint32_t result;
    asm("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(result) : "r"(matrix));
    return result;
  }
  static __device__ __forceinline__ void Multiply(const uint32_t (&a)[4], const uint32_t (&b)[2],
                                                  float (&sum)[4]) {
    if constexpr (type == DataType::kF16) {
      asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
          "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
          : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
          : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    } else {
      asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
          "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
          : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
          : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    }
  }
};

}  // namespace kinetics::kernels
