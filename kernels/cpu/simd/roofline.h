#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/table.h"

namespace kinetics::kernels {
namespace {

template <typename Simd>
float ReadAll(const float* data, size_t count) {
  constexpr size_t kChains = 8;
  constexpr size_t kStep = kChains * Simd::kWidth;
  typename Simd::Vec sums[kChains];
  for (size_t c = 0; c < kChains; ++c) {
    sums[c] = Simd::Zero();
  }
  size_t i = 0;
  for (; i + kStep <= count; i += kStep) {
    for (size_t c = 0; c < kChains; ++c) {
      sums[c] = Simd::Add(sums[c], Simd::Load(data + i + c * Simd::kWidth));
    }
  }
  float total = 0;
  for (size_t c = 0; c < kChains; ++c) {
    total += Simd::Total(sums[c]);
  }
  for (; i < count; ++i) {
    total += data[i];
  }
  return total;
}

template <typename Simd>
void Copy(float* to, const float* from, size_t count) {
  size_t i = 0;
  for (; i + Simd::kWidth <= count; i += Simd::kWidth) {
    Simd::Stream(to + i, Simd::Load(from + i));
  }
  for (; i < count; ++i) {
    to[i] = from[i];
  }
  Simd::Fence();
}

template <typename Simd>
void Triad(float* to, const float* from, const float* other, float factor, size_t count) {
  const typename Simd::Vec wide = Simd::Set(factor);
  size_t i = 0;
  for (; i + Simd::kWidth <= count; i += Simd::kWidth) {
    Simd::Stream(to + i, Simd::Fma(wide, Simd::Load(other + i), Simd::Load(from + i)));
  }
  for (; i < count; ++i) {
    to[i] = from[i] + factor * other[i];
  }
  Simd::Fence();
}

/// Twelve chains: two a cycle of latency four to six.
template <typename Simd>
double Flops(int64_t iterations, float* sink) {
  constexpr int kChains = 12;
  typename Simd::Vec sums[kChains];
  const typename Simd::Vec factor = Simd::Set(0.999F);
  const typename Simd::Vec term = Simd::Set(0.001F);
  for (int c = 0; c < kChains; ++c) {
    sums[c] = Simd::Set(static_cast<float>(c));
  }
  for (int64_t i = 0; i < iterations; ++i) {
    for (int c = 0; c < kChains; ++c) {
      sums[c] = Simd::Fma(sums[c], factor, term);
    }
  }
  float total = 0;
  for (int c = 0; c < kChains; ++c) {
    total += Simd::Total(sums[c]);
  }
  *sink = total;
  return 2.0 * kChains * Simd::kWidth * static_cast<double>(iterations);
}

}  // namespace
}  // namespace kinetics::kernels
