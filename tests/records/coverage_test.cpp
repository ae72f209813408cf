#include "kinetics/records/coverage.h"

#include "tests/test.h"

namespace kinetics {
namespace {

double Binomial(int64_t n, int64_t k) {  // exact in doubles up to n = 56
  double product = 1;
  for (int64_t i = 1; i <= k; ++i) {
    product = product * static_cast<double>(n - k + i) / static_cast<double>(i);
  }
  return k < 0 || k > n ? 0 : std::round(product);
}

// 1 - C(n - c, k) / C(n, k), arXiv 2107.03374, with binomials that a double holds exactly.
TEST_CASE("coverage is the unbiased estimator for every n up to 32", "[coverage]") {
  for (int64_t n = 1; n <= 32; ++n) {
    for (int64_t c = 0; c <= n; ++c) {
      const auto curve = CoverageCurve(n, c, n);
      for (int64_t k = 1; k <= n; ++k) {
        const double expected = 1 - Binomial(n - c, k) / Binomial(n, k);
        REQUIRE(curve[static_cast<size_t>(k - 1)] == Approx(expected).margin(1e-14));
      }
    }
  }
}

TEST_CASE("one right trial of many is found with chance k / n", "[coverage]") {
  const auto curve = CoverageCurve(100'000, 1, 100'000);
  for (const int64_t k : {1, 10, 5'000, 99'999}) {
    // Rounding grows with k: at most k / 2^53 relative to the failure chance.
    CHECK(curve[static_cast<size_t>(k - 1)] == Approx(static_cast<double>(k) / 1e5).margin(1e-11));
  }
  CHECK(curve.back() == 1);
}

TEST_CASE("coverage is exactly 0 without and 1 with certain success", "[coverage]") {
  CHECK(Coverage(32, 0, 32) == 0);
  CHECK(Coverage(32, 32, 1) == 1);
  CHECK(Coverage(32, 25, 8) == 1);
  CHECK(Coverage(32, 5, 0) == 0);
}

TEST_CASE("coverage never falls with samples or with right trials", "[coverage][property]") {
  for (int64_t c = 0; c < 16; ++c) {
    const auto curve = CoverageCurve(16, c, 16);
    const auto better = CoverageCurve(16, c + 1, 16);
    for (size_t k = 0; k < 16; ++k) {
      CHECK(better[k] >= curve[k]);
      CHECK((k == 0 || curve[k] >= curve[k - 1]));
    }
  }
}

}  // namespace
}  // namespace kinetics
