#include "kernels/data_type.h"

#include <cmath>
#include <limits>

#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::FromBf16;
using kernels::FromF16;
using kernels::ToBf16;
using kernels::ToF16;

TEST_CASE("every half-precision number is the same after a round trip") {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    if (!std::isnan(FromF16(half))) {
      REQUIRE(ToF16(FromF16(half)) == half);
    }
    if (!std::isnan(FromBf16(half))) {
      REQUIRE(ToBf16(FromBf16(half)) == half);
    }
  }
}

TEST_CASE("half-precision numbers have the values of IEEE 754") {
  CHECK(FromF16(0x3c00) == 1.0F);
  CHECK(FromF16(0xc000) == -2.0F);
  CHECK(FromF16(0x7bff) == 65504.0F);
  CHECK(FromF16(0x0001) == 0x1p-24F);
  CHECK(FromF16(0x0400) == 0x1p-14F);
  CHECK(FromF16(0x7c00) == std::numeric_limits<float>::infinity());
  CHECK(FromBf16(0x3f80) == 1.0F);
  CHECK(FromBf16(0x4049) == 3.140625F);
}

TEST_CASE("rounding is to nearest, ties to even, up to infinity") {
  CHECK(ToF16(1 + 0x1p-11F) == 0x3c00);
  CHECK(ToF16(1 + 0x3p-11F) == 0x3c02);
  CHECK(ToF16(std::nextafter(1 + 0x1p-11F, 2.0F)) == 0x3c01);
  CHECK(ToF16(65519.0F) == 0x7bff);
  CHECK(ToF16(65520.0F) == 0x7c00);
  CHECK(ToF16(0x1p-25F) == 0);
  CHECK(ToF16(0x3p-25F) == 2);
  CHECK(ToF16(-0.0F) == 0x8000);
  CHECK(ToBf16(1 + 0x1p-8F) == 0x3f80);
  CHECK(ToBf16(1 + 0x3p-8F) == 0x3f82);
  CHECK(ToBf16(3.4e38F) == 0x7f80);
  CHECK(std::isnan(FromF16(ToF16(NAN))));
  CHECK(std::isnan(FromBf16(ToBf16(NAN))));
}

}  // namespace
}  // namespace kinetics
