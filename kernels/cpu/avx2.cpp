#include <immintrin.h>

#include "kernels/cpu/exp2.h"
#include "kernels/cpu/simd/make_table.h"

namespace kinetics::kernels {
namespace {

struct Avx2 {
  static constexpr int64_t kWidth = 8;
  static constexpr int64_t kAccumulators = 8;  // of sixteen registers: operands need the others
  // Twelve sums and their operands fill sixteen registers, and take fewer loads a product than
  // eight.
  static constexpr int64_t kHeads = 4;
  static constexpr int64_t Rows(int64_t heads) { return heads == 4 ? 3 : 8 / heads; }
  static constexpr int64_t Together(int64_t heads) { return heads == 4 ? 3 : 4; }
  static constexpr int64_t Columns(int64_t heads) { return heads == 4 ? 3 : 8 / heads; }
  using Vec = __m256;

  static Vec Zero() { return _mm256_setzero_ps(); }
  static Vec Set(float x) { return _mm256_set1_ps(x); }
  static Vec Load(const float* from) { return _mm256_loadu_ps(from); }
  static Vec LoadF16(const uint16_t* from) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  static Vec LoadBf16(const uint16_t* from) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  static void Store(float* to, Vec v) { _mm256_storeu_ps(to, v); }
  static void Stream(float* to, Vec v) { _mm256_stream_ps(to, v); }
  static void Fence() { _mm_sfence(); }
  static Vec Add(Vec a, Vec b) { return _mm256_add_ps(a, b); }
  static Vec Sub(Vec a, Vec b) { return _mm256_sub_ps(a, b); }
  static Vec Mul(Vec a, Vec b) { return _mm256_mul_ps(a, b); }
  static Vec Max(Vec a, Vec b) { return _mm256_max_ps(a, b); }
  static Vec Fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }

  static Vec Exp2(Vec x) {
    const Vec bounded = Max(x, Set(kLeastExponent));
    const Vec whole = _mm256_round_ps(bounded, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const Vec rest = Sub(bounded, whole);
    Vec power = Set(kExp2Coefficients[7]);
    for (int k = 6; k >= 0; --k) {
      power = Fma(power, rest, Set(kExp2Coefficients[k]));
    }
    const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(whole), _mm256_set1_epi32(127));
    return Mul(power, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)));
  }
  /// Lane l becomes lane l ^ distance.
  template <int64_t distance>
  static Vec Swap(Vec v) {
    if constexpr (distance == 4) {
      return _mm256_permute2f128_ps(v, v, 1);
    } else {
      return _mm256_permute_ps(v, distance == 2 ? 0x4e : 0xb1);
    }
  }
  static float Total(Vec v) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
  }
  /// A bit for each key that is at least `least`.
  static uint32_t AtLeast(const int32_t* keys, int32_t least) {
    const __m256i all = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(keys));
    const __m256i below = _mm256_cmpgt_epi32(_mm256_set1_epi32(least), all);
    return ~static_cast<uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(below))) & 0xffU;
  }
  template <int64_t count>
  [[gnu::always_inline]] static inline void Sums(const Vec* sums, float* totals) {
    static_assert(count % 4 == 0);
    KINETICS_UNROLL_ALL
    for (int64_t s = 0; s < count / 8 * 8; s += 8) {
      const Vec a = Quarters(sums + s);
      const Vec b = Quarters(sums + s + 4);
      Store(totals + s,
            Add(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31)));
    }
    if constexpr (count % 8 != 0) {
      const Vec last = Quarters(sums + count - 4);
      _mm_storeu_ps(totals + count - 4,
                    _mm_add_ps(_mm256_castps256_ps128(last), _mm256_extractf128_ps(last, 1)));
    }
  }
  /// Of four sums in each half.
  static Vec Quarters(const Vec* sums) {
    return _mm256_hadd_ps(_mm256_hadd_ps(sums[0], sums[1]), _mm256_hadd_ps(sums[2], sums[3]));
  }
};

}  // namespace

const KernelTable& Avx2Kernels() {
  static const KernelTable table = MakeTable<Avx2>();
  return table;
}

}  // namespace kinetics::kernels
