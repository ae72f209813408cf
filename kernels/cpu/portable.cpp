#include <cmath>
#include <cstring>

#include "kernels/cpu/exp2.h"
#include "kernels/cpu/simd/make_table.h"

namespace kinetics::kernels {
namespace {

/// Four lanes of plain C++ and what GCC and Clang add to it: vectors of any machine that has some.
struct Portable {
  static constexpr int64_t kWidth = 4;
  static constexpr int64_t kAccumulators = 8;
  static constexpr int64_t kHeads = 4;
  static constexpr int64_t Rows(int64_t heads) { return 8 / heads; }
  static constexpr int64_t Together(int64_t heads) { return 8 / heads; }
  static constexpr int64_t Columns(int64_t heads) { return 8 / heads; }
  using Vec [[gnu::vector_size(16)]] = float;
  using Bits [[gnu::vector_size(16)]] = int32_t;

  template <typename Function>
  static Vec Each(const Function& function) {
    return Vec{function(0), function(1), function(2), function(3)};
  }

  static Bits LoadBits(const uint16_t* from) { return Bits{from[0], from[1], from[2], from[3]}; }
  static Vec AsFloats(Bits bits) { return reinterpret_cast<Vec>(bits); }
  static Bits AsBits(Vec v) { return reinterpret_cast<Bits>(v); }

  static Vec Zero() { return Set(0); }
  static Vec Set(float x) { return Vec{x, x, x, x}; }
  static Vec Load(const float* from) {
    Vec v;
    std::memcpy(&v, from, sizeof(v));
    return v;
  }
  /// A half's exponent and fraction, as those of a float, are 2^-112 of its value, subnormals too.
  static Vec LoadF16(const uint16_t* from) {
    const Bits bits = LoadBits(from);
    const Bits magnitude = (bits & 0x7fff) << 13;
    const Bits finite = AsBits(AsFloats(magnitude) * Set(0x1p112F));
    const Bits positive = magnitude < 0x7c00 << 13 ? finite : magnitude | 0x7f800000;
    return AsFloats(positive | (bits & 0x8000) << 16);
  }
  static Vec LoadBf16(const uint16_t* from) { return AsFloats(LoadBits(from) << 16); }
  static void Store(float* to, Vec v) { std::memcpy(to, &v, sizeof(v)); }
  static void Stream(float* to, Vec v) { Store(to, v); }
  static void Fence() {}
  static Vec Add(Vec a, Vec b) { return a + b; }
  static Vec Sub(Vec a, Vec b) { return a - b; }
  static Vec Mul(Vec a, Vec b) { return a * b; }
  static Vec Max(Vec a, Vec b) { return a < b ? b : a; }
  static Vec Fma(Vec a, Vec b, Vec c) { return a * b + c; }
  static Vec Exp2(Vec x) {
    return Each([&](int i) { return x[i] <= kLeastExponent ? 0 : std::exp2(x[i]); });
  }
  template <int64_t distance>
  static Vec Swap(Vec v) {
    return Each([&](int i) { return v[i ^ distance]; });
  }
  static float Total(Vec v) { return (v[0] + v[1]) + (v[2] + v[3]); }
  static uint32_t AtLeast(const int32_t* keys, int32_t least) {
    uint32_t mask = 0;
    for (int i = 0; i < kWidth; ++i) {
      mask |= (keys[i] >= least ? 1U : 0U) << i;
    }
    return mask;
  }
  template <int64_t count>
  static void Sums(const Vec* sums, float* totals) {
    for (int64_t i = 0; i < count; ++i) {
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
