#include "kernels/cuda/layer.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <set>

#include "kernels/data_type.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::CacheElement;
using kernels::FillWord;
using kernels::FromBf16;
using kernels::FromF16;
using kernels::PageTableIndex;
using kernels::QkvRow;
using kernels::RotaryTurn;

TEST_CASE("a row holds queries, then keys, then values, without gaps") {
  const QkvRow row = {.q_heads = 16, .kv_heads = 8, .head_dim = 128};
  CHECK(row.Size() == 4096);
  CHECK(row.Key(0) == 2048);
  CHECK(row.Key(7) + 128 == row.Value(0));
  CHECK(row.Value(7) + 128 == row.Size());
}

TEST_CASE("tokens of a paged cache fill its memory once") {
  const QkvRow row = {.q_heads = 1, .kv_heads = 3, .head_dim = 64};
  constexpr int64_t kPageTokens = 4;
  constexpr int64_t kPages = 5;
  std::set<int64_t> starts;
  for (int64_t page = 0; page < kPages; ++page) {
    for (int head = 0; head < row.kv_heads; ++head) {
      for (int64_t token = 8; token < 8 + kPageTokens; ++token) {
        starts.insert(CacheElement(page, token, head, row, kPageTokens));
      }
    }
  }
  CHECK(starts.size() == kPages * 3 * kPageTokens);
  CHECK(*starts.begin() == 0);
  CHECK(*starts.rbegin() == (kPages * 3 * kPageTokens - 1) * 64);
  for (const int64_t start : starts) {
    CHECK(start % 64 == 0);
  }
}

TEST_CASE("a cache of more than 2^31 elements is addressed by the formula of its layout") {
  const QkvRow row = {.q_heads = 32, .kv_heads = 8, .head_dim = 128};
  constexpr int64_t kPageTokens = 16;
  constexpr int64_t kStride = 1024;
  for (const int64_t request : {0, 1, 4095}) {
    for (const int64_t token : {0, 15, 16, 16383}) {
      const int64_t index = PageTableIndex(request, token, kStride, kPageTokens);
      CHECK(index == request * 1024 + (token >> 4));
      const int64_t page = index;  // a table in order
      for (const int head : {0, 7}) {
        // 2^7 elements to a token, 2^11 to a head of a page, 2^14 to a page.
        const int64_t expected = (page << 14) + (int64_t{head} << 11) + ((token & 15) << 7);
        CHECK(CacheElement(page, token, head, row, kPageTokens) == expected);
      }
    }
  }
  CHECK(CacheElement(4095 * 1024 + 1023, 15, 7, row, kPageTokens) == (int64_t{1} << 36) - 128);
}

TEST_CASE(
    "the first elements of a head turn by one radian a token, the others by powers of theta") {
  constexpr double kCircle = 6.283185307179586;
  CHECK(RotaryTurn(1e6, 0, 128) * kCircle == Approx(1));
  CHECK(RotaryTurn(1e6, 32, 128) * kCircle == Approx(1e-3));
  CHECK(RotaryTurn(1e4, 16, 64) * kCircle == Approx(1e-2));
}

TEST_CASE("filled memory holds ordinary numbers in every format, of either sign") {
  int64_t negative = 0;
  constexpr uint64_t kWords = 4096;
  for (uint64_t i = 0; i < kWords; ++i) {
    const uint64_t word = FillWord(7, i);
    for (int part = 0; part < 4; ++part) {
      const auto half = static_cast<uint16_t>(word >> (16 * part));
      const float f16 = std::fabs(FromF16(half));
      REQUIRE(f16 >= 1);
      REQUIRE(f16 < 2);
      const float bf16 = std::fabs(FromBf16(half));
      REQUIRE(bf16 >= 0x1p-7F);
      REQUIRE(bf16 < 2);
      negative += FromF16(half) < 0 ? 1 : 0;
    }
    for (int part = 0; part < 2; ++part) {
      const auto bits = static_cast<uint32_t>(word >> (32 * part));
      const float f32 = std::fabs(std::bit_cast<float>(bits));
      REQUIRE(f32 >= 0x1p-7F);
      REQUIRE(f32 < 2);
    }
  }
  // Half of 16384, to five standard deviations of 64.
  CHECK(std::abs(negative - 8192) < 320);
}

TEST_CASE("filled memory differs from word to word and from seed to seed") {
  std::set<uint64_t> words;
  for (uint64_t i = 0; i < 1000; ++i) {
    words.insert(FillWord(0, i));
    words.insert(FillWord(1, i));
  }
  CHECK(words.size() == 2000);
  CHECK(FillWord(1, 5) == FillWord(1, 5));
}

}  // namespace
}  // namespace kinetics
