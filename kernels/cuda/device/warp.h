#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

#include "kernels/data_type.h"

namespace kinetics::kernels {

/// The warp of TileAttention on the device: the values of this thread's lane.
template <DataType type>
struct DeviceWarp {
  using Float = float;
  using Int = int;
  using Bits = uint32_t;
  using Flag = bool;

  static __device__ __forceinline__ int Lane() { return static_cast<int>(threadIdx.x % 32); }
  static __device__ __forceinline__ float Select(bool condition, float a, float b) {
    return condition ? a : b;
  }
  static __device__ __forceinline__ float Max(float a, float b) { return fmaxf(a, b); }
  static __device__ __forceinline__ float Exp2(float a) {
    float result;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(a));
    return result;
  }
  static __device__ __forceinline__ float ShuffleXor(float a, int mask) {
    return __shfl_xor_sync(0xffffffffU, a, mask);
  }
  static __device__ __forceinline__ bool Any(bool a) { return __any_sync(0xffffffffU, a) != 0; }
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
    return condition ? __ldg(reinterpret_cast<const uint32_t*>(from + element)) : 0;
  }
  static __device__ __forceinline__ void StoreIf(float* to, int element, float value,
                                                 bool condition) {
    if (condition) {
      to[element] = value;
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
