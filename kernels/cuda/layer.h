#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "kernels/cuda/target.h"

namespace kinetics::kernels {

/// Where the heads of a token lie in a row of q_heads + 2 kv_heads heads: queries, keys, values. In
/// elements.
struct QkvRow {
  int q_heads = 1;
  int kv_heads = 1;
  int head_dim = 128;

  KINETICS_SHARED int64_t Size() const { return int64_t{q_heads + 2 * kv_heads} * head_dim; }
  KINETICS_SHARED int64_t Key(int head) const { return int64_t{q_heads + head} * head_dim; }
  KINETICS_SHARED int64_t Value(int head) const {
    return int64_t{q_heads + kv_heads + head} * head_dim;
  }
};

/// Index into a page table of the page with `token` of `request`.
KINETICS_SHARED int64_t PageTableIndex(int64_t request, int64_t token, int64_t table_stride,
                                       int64_t page_tokens) {
  return request * table_stride + token / page_tokens;
}

/// Element 0 of `token`, which lies in `page`, in either array of a KvCache (kernels/attention.h).
KINETICS_SHARED int64_t CacheElement(int64_t page, int64_t token, int head, const QkvRow& row,
                                     int64_t page_tokens) {
  return ((page * row.kv_heads + head) * page_tokens + token % page_tokens) * row.head_dim;
}

/// By how much of a full turn a token's position rotates elements i and i + head_dim / 2 of a head,
/// i < head_dim / 2:
///
///   theta^(-2 i / head_dim) / (2 pi).
inline double RotaryTurn(double theta, int i, int head_dim) {
  return std::pow(theta, -2.0 * i / head_dim) / (2 * std::numbers::pi);
}

/// Random bits of a number (the finalizer of splitmix64).
KINETICS_SHARED uint64_t MixBits(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9U;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebU;
  return bits ^ (bits >> 31);
}

/// Word `index` of memory full of numbers, as in an Arena (kernels/bench/arena.h): the bits are
/// ordinary numbers in every format, as f16 from 1 to 2, as bf16 and f32 from 2^-7 to 2, with
/// either sign.
KINETICS_SHARED uint64_t FillWord(uint64_t seed, uint64_t index) {
  constexpr uint64_t kFree = 0x83ff83ff83ff83ffU;  // of each 16 bits: the sign and the last ten
  constexpr uint64_t kOnes = 0x3c003c003c003c00U;
  return (MixBits(MixBits(seed) + (index + 1) * 0x9e3779b97f4a7c15U) & kFree) | kOnes;
}

}  // namespace kinetics::kernels
