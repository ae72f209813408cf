#pragma once

// Kernels are written once over the vectors of an instruction set, Simd, and included by one source
// for each set, which is compiled for it. Everything is in an anonymous namespace, and nothing of
// the standard library is used that is not a macro or constexpr, so that no function of a larger
// instruction set gets into the rest of the program.
//
// Simd has Vec, kWidth lanes of it, operations (Sums adds up the lanes of each of `count` vectors;
// Swap exchanges lanes that are `distance` apart), and how work is cut so that registers hold it:
// kAccumulators sums, and in decode attention kHeads heads at a time, whose sums are of Rows(heads)
// keys, Together(heads) of them at once, or of Columns(heads) vectors of outputs.

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/table.h"

namespace kinetics::kernels {
namespace {

inline constexpr int64_t kCacheLine = 64;

/// Before a loop over registers: of some the compiler would leave a loop, over an array in memory.
/// Where each operation is checked that array does not matter, and the code of all the checks would
/// take minutes to compile.
#ifdef __has_feature
#if __has_feature(undefined_behavior_sanitizer)
#define KINETICS_UNROLL_ALL
#endif
#endif
#ifndef KINETICS_UNROLL_ALL
#define KINETICS_UNROLL_ALL _Pragma("GCC unroll 16")
#endif

inline void Prefetch(const char* address) { __builtin_prefetch(address, 0, 3); }

/// Rows of `dim` stored elements, read as vectors of floats.
template <typename Simd, DataType type, int64_t dim>
struct Row {
  using Vec = typename Simd::Vec;
  static constexpr int64_t kVecs = dim / Simd::kWidth;
  static constexpr int64_t kBytes = dim * (type == DataType::kF32 ? 4 : 2);
  static constexpr int64_t kLines = kBytes / kCacheLine;

  static Vec Load(const char* row, int64_t vec) {
    if constexpr (type == DataType::kF32) {
      return Simd::Load(reinterpret_cast<const float*>(row) + vec * Simd::kWidth);
    } else if constexpr (type == DataType::kF16) {
      return Simd::LoadF16(reinterpret_cast<const uint16_t*>(row) + vec * Simd::kWidth);
    } else {
      return Simd::LoadBf16(reinterpret_cast<const uint16_t*>(row) + vec * Simd::kWidth);
    }
  }
};

}  // namespace
}  // namespace kinetics::kernels
