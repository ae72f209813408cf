#include <immintrin.h>

#include "kernels/cpu/exp2.h"
#include "kernels/cpu/simd/make_table.h"

namespace kinetics::kernels {
namespace {

struct Avx512 {
  static constexpr int64_t kWidth = 16;
  static constexpr int64_t kAccumulators = 16;  // of thirty-two registers: operands need the others
  static constexpr int64_t kHeads = 8;
  static constexpr int64_t Rows(int64_t heads) { return 16 / heads; }
  // Few heads leave time for one key after another, which hardware follows best.
  static constexpr int64_t Together(int64_t heads) { return heads >= 4 ? 16 / heads : 1; }
  static constexpr int64_t Columns(int64_t heads) { return 16 / heads; }
  using Vec = __m512;

  static Vec Zero() { return _mm512_setzero_ps(); }
  static Vec Set(float x) { return _mm512_set1_ps(x); }
  static Vec Load(const float* from) { return _mm512_loadu_ps(from); }
  static Vec LoadF16(const uint16_t* from) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  }
  static Vec LoadBf16(const uint16_t* from) {
    const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
  }
  static void Store(float* to, Vec v) { _mm512_storeu_ps(to, v); }
  static void Stream(float* to, Vec v) { _mm512_stream_ps(to, v); }
  static void Fence() { _mm_sfence(); }
  static Vec Add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
  static Vec Sub(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
  static Vec Mul(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
  static Vec Max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
  static Vec Fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }

  static Vec Exp2(Vec x) {
    const Vec bounded = Max(x, Set(kLeastExponent));
    const Vec whole = _mm512_roundscale_ps(bounded, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const Vec rest = Sub(bounded, whole);
    Vec power = Set(kExp2Coefficients[7]);
    for (int k = 6; k >= 0; --k) {
      power = Fma(power, rest, Set(kExp2Coefficients[k]));
    }
    const __m512i exponent = _mm512_add_epi32(_mm512_cvtps_epi32(whole), _mm512_set1_epi32(127));
    return Mul(power, _mm512_castsi512_ps(_mm512_slli_epi32(exponent, 23)));
  }
  /// Lane l becomes lane l ^ distance.
  template <int64_t distance>
  static Vec Swap(Vec v) {
    if constexpr (distance >= 4) {
      return _mm512_shuffle_f32x4(v, v, distance == 8 ? 0x4e : 0xb1);
    } else {
      return _mm512_permute_ps(v, distance == 2 ? 0x4e : 0xb1);
    }
  }
  /// The sum of both halves.
  static __m256 Fold(Vec v) {
    const __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v), 1));
    return _mm256_add_ps(_mm512_castps512_ps256(v), high);
  }
  static float Total(Vec v) {
    const __m256 folded = Fold(v);
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(folded), _mm256_extractf128_ps(folded, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
  }
  /// A bit for each key that is at least `least`.
  static uint32_t AtLeast(const int32_t* keys, int32_t least) {
    return _mm512_cmpge_epi32_mask(_mm512_loadu_si512(keys), _mm512_set1_epi32(least));
  }
  /// Halves the number of lanes that a sum is spread over, of two vectors into one.
  static Vec Pair(Vec a, Vec b) { return Add(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b)); }
  static Vec PairOfPairs(Vec a, Vec b) {
    const __m512d left = _mm512_castps_pd(a);
    const __m512d right = _mm512_castps_pd(b);
    return Add(_mm512_castpd_ps(_mm512_unpacklo_pd(left, right)),
               _mm512_castpd_ps(_mm512_unpackhi_pd(left, right)));
  }
  static Vec PairOfQuarters(Vec a, Vec b) {
    return Add(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
  }
  template <int64_t count>
  [[gnu::always_inline]] static inline void Sums(const Vec* sums, float* totals) {
    static_assert(count == 16);
    Vec quads[4];
    for (int i = 0; i < 4; ++i) {
      const Vec* of = sums + ptrdiff_t{4} * i;
      quads[i] = PairOfPairs(Pair(of[0], of[1]), Pair(of[2], of[3]));
    }
    Store(totals,
          PairOfQuarters(PairOfQuarters(quads[0], quads[1]), PairOfQuarters(quads[2], quads[3])));
  }
};

}  // namespace

const KernelTable& Avx512Kernels() {
  static const KernelTable table = MakeTable<Avx512>();
  return table;
}

}  // namespace kinetics::kernels
