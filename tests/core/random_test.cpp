#include "kinetics/core/random.h"

#include "tests/test.h"

namespace kinetics {
namespace {

// First outputs of Vigna's splitmix64.c for the seed 1234567, as widely published.
TEST_CASE("SplitMix64 gives the published sequence", "[random]") {
  SplitMix64 random(1234567);
  CHECK(random.Next() == 6457827717110365317U);
  CHECK(random.Next() == 3203168211198807973U);
  CHECK(random.Next() == 9817491932198370423U);
}

TEST_CASE("numbers below a bound are uniform", "[random][property]") {
  SplitMix64 random(1);
  constexpr int kDraws = 60000;
  std::array<int, 6> counts{};
  for (int i = 0; i < kDraws; ++i) {
    ++counts[random.Below(6)];
  }
  // Five standard deviations of a binomial count, sqrt(60000 / 6 * 5 / 6) = 91.
  for (const int count : counts) {
    CHECK(std::abs(count - kDraws / 6) < 5 * 91);
  }
}

TEST_CASE("items of a sequence have generators that differ", "[random]") {
  CHECK(SplitMix64(1, 0).Next() != SplitMix64(1, 1).Next());
  CHECK(SplitMix64(1, 0).Next() != SplitMix64(2, 0).Next());
  CHECK(SplitMix64(1, 7).Next() == SplitMix64(1, 7).Next());
}

}  // namespace
}  // namespace kinetics
