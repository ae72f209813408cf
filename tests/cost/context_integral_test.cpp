#include "kinetics/cost/context_integral.h"

#include <cmath>

#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("the integral of a quadratic is exact between any contexts", "[cost]") {
  const ContextIntegral integral(
      [](int64_t c) {
        const auto x = static_cast<double>(c);
        return 3 + 2 * x + 6 * x * x;
      },
      std::nullopt);
  const auto closed = [](double x) { return 3 * x + x * x + 2 * x * x * x; };
  for (const double from : {0.0, 0.5, 7.25, 1000.0}) {
    for (const double to : {1000.5, 4321.0, 1e6}) {
      CHECK(integral.Between(from, to) == Approx(closed(to) - closed(from)).epsilon(1e-12));
    }
  }
  CHECK(integral.Between(12.5, 12.5) == 0);
}

TEST_CASE("a kink is no worse than any other context", "[cost]") {
  for (const int64_t kink : {1, 2, 37, 512, 4097}) {
    const ContextIntegral integral(
        [kink](int64_t c) { return static_cast<double>(std::min(c, kink)); }, kink);
    const auto b = static_cast<double>(kink);
    // The sum of min(B, x) over x up to c, as in decode.h.
    const auto closed = [b](double c) { return c <= b ? c * c / 2 : b * c - b * b / 2; };
    for (const double to : {0.5 * b, b, 1.5 * b, 70.0 * b}) {
      INFO("kink " << kink << ", up to " << to);
      CHECK(integral.Between(0, to) == Approx(closed(to)).epsilon(1e-12));
    }
  }
}

TEST_CASE("a curve that is smooth in the logarithm is integrated to 5e-6", "[cost]") {
  const ContextIntegral integral([](int64_t c) { return std::sqrt(static_cast<double>(c) + 1); },
                                 std::nullopt);
  const auto closed = [](double c) { return 2.0 / 3 * std::pow(c + 1, 1.5); };
  for (const double from : {0.0, 155.3, 5000.0}) {
    for (const double length : {100.0, 8192.0, 1e5}) {
      CHECK(integral.Between(from, from + length) ==
            Approx(closed(from + length) - closed(from)).epsilon(5e-6));
    }
  }
}

TEST_CASE("beyond every context the last value holds", "[cost]") {
  const ContextIntegral integral([](int64_t) { return 2.0; }, 10);
  CHECK(integral.Between(1e9, 1e12) == Approx(2 * (1e12 - 1e9)));
}

}  // namespace
}  // namespace kinetics
