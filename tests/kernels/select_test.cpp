#include "kernels/cpu/select.h"

#include <cmath>

#include "kernels/reference.h"
#include "kinetics/core/draws.h"
#include "tests/kernels/cache.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::Isa;
using kernels::Selection;
using kernels::Selector;

void CheckSelect(const std::vector<float>& scores, const Selection& selection) {
  const std::vector<int32_t> expected =
      kernels::ReferenceSelect(scores, selection.top, selection.with_first, selection.with_last);
  for (const Isa isa : test::SupportedIsas()) {
    std::vector<int32_t> chosen = {-5};  // what is there stays
    Selector(kernels::KernelsOf(isa)).Select(scores, selection, chosen);
    REQUIRE(chosen.front() == -5);
    chosen.erase(chosen.begin());
    INFO(kernels::NameOf(isa) << ", " << scores.size() << " scores, top " << selection.top);
    CHECK(chosen == expected);
  }
}

TEST_CASE("the largest scores are selected, ties to the lowest index") {
  CheckSelect({3, 1, 3, 2, 3}, {.top = 2});
  CheckSelect({3, 1, 3, 2, 3}, {.top = 4});
  CheckSelect({0.0F, -0.0F, 0.0F, -0.0F}, {.top = 2});
  CheckSelect(std::vector<float>(2048, 1.5F), {.top = 64});
  CheckSelect({}, {.top = 3, .with_first = true, .with_last = true});
  CheckSelect({1}, {.top = 3, .with_first = true, .with_last = true});
  CheckSelect({1, 2, 3}, {.top = 0});
}

TEST_CASE("the first and the last are selected besides the largest") {
  CheckSelect({1, 5, 4, 3, 2}, {.top = 2, .with_first = true, .with_last = true});
  CheckSelect({9, 5, 4, 3, 8}, {.top = 2, .with_first = true, .with_last = true});
  CheckSelect({1, 5}, {.top = 0, .with_first = true});
  CheckSelect({1, 5}, {.top = 0, .with_last = true});
}

TEST_CASE("infinities and NaN have their place in the order of scores") {
  const float infinity = INFINITY;
  const float nan = NAN;
  CheckSelect({nan, -infinity, 1, infinity, nan, -1e38F}, {.top = 3});
  CheckSelect({nan, -infinity, 1, infinity, nan, -1e38F}, {.top = 5});
  CheckSelect({nan, nan, nan}, {.top = 2});
  CheckSelect({-infinity, -infinity, infinity, infinity}, {.top = 3});
}

TEST_CASE("random scores are selected as the reference does") {
  Draws draws(SplitMix64{1});
  for (const size_t size : {1, 7, 64, 65, 1000, 2048, 5000}) {
    for (const int64_t top : {1, 5, 64, 1024}) {
      std::vector<float> scores(size);
      for (float& score : scores) {
        score = static_cast<float>(draws.Normal());
      }
      CheckSelect(scores, {.top = top});
      for (float& score : scores) {
        score = std::round(4 * score) / 4;  // many ties
      }
      CheckSelect(scores, {.top = top, .with_first = true, .with_last = true});
    }
  }
}

}  // namespace
}  // namespace kinetics
