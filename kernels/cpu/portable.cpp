#include <cmath>
#include <cstring>

#include "kernels/cpu/exp2.h"
#include "kernels/cpu/simd/make_table.h"

namespace kinetics::kernels {
namespace {

/// Eight lanes in plain C++, for the compiler to place.
struct Portable {
  static constexpr int64_t kWidth = 8;
  static constexpr int64_t kAccumulators = 8;
  struct Vec {
    float lane[kWidth];
  };

  template <typename Function>
  static Vec Each(const Function& function) {
    Vec result;
    for (int64_t i = 0; i < kWidth; ++i) {
      result.lane[i] = function(i);
    }
    return result;
  }

  static Vec Zero() { return Set(0); }
  static Vec Set(float x) {
    return Each([=](int64_t) { return x; });
  }
  static Vec Load(const float* from) {
    return Each([=](int64_t i) { return from[i]; });
  }
  static Vec LoadF16(const uint16_t* from) {
    return Each([=](int64_t i) { return FromF16(from[i]); });
  }
  static Vec LoadBf16(const uint16_t* from) {
    return Each([=](int64_t i) { return FromBf16(from[i]); });
  }
  static void Store(float* to, const Vec& v) { std::memcpy(to, v.lane, sizeof(v.lane)); }
  static void Stream(float* to, const Vec& v) { Store(to, v); }
  static void Fence() {}
  static Vec Add(const Vec& a, const Vec& b) {
    return Each([&](int64_t i) { return a.lane[i] + b.lane[i]; });
  }
  static Vec Sub(const Vec& a, const Vec& b) {
    return Each([&](int64_t i) { return a.lane[i] - b.lane[i]; });
  }
  static Vec Mul(const Vec& a, const Vec& b) {
    return Each([&](int64_t i) { return a.lane[i] * b.lane[i]; });
  }
  static Vec Max(const Vec& a, const Vec& b) {
    return Each([&](int64_t i) { return a.lane[i] < b.lane[i] ? b.lane[i] : a.lane[i]; });
  }
  static Vec Fma(const Vec& a, const Vec& b, const Vec& c) {
    return Each([&](int64_t i) { return a.lane[i] * b.lane[i] + c.lane[i]; });
  }
  static Vec Exp2(const Vec& x) {
    return Each([&](int64_t i) { return x.lane[i] <= kLeastExponent ? 0 : std::exp2(x.lane[i]); });
  }
  static float Total(const Vec& v) {
    float sum = 0;
    for (const float lane : v.lane) {
      sum += lane;
    }
    return sum;
  }
  static float Largest(const Vec& v) {
    float largest = v.lane[0];
    for (const float lane : v.lane) {
      largest = lane > largest ? lane : largest;
    }
    return largest;
  }
  static uint32_t AtLeast(const int32_t* keys, int32_t least) {
    uint32_t mask = 0;
    for (int i = 0; i < kWidth; ++i) {
      mask |= (keys[i] >= least ? 1U : 0U) << i;
    }
    return mask;
  }
  static void Sums(const Vec* sums, float* totals) {
    for (int i = 0; i < kAccumulators; ++i) {
      totals[i] = Total(sums[i]);
    }
  }
};

}  // namespace

const KernelTable& PortableKernels() {
  static const KernelTable table = MakeTable<Portable>();
  return table;
}

}  // namespace kinetics::kernels
