#include "kinetics/law/gamma.h"

#include <cmath>

#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("log gamma has the known values", "[law]") {
  CHECK(LogGamma(1) == Approx(0).margin(1e-14));
  CHECK(LogGamma(2) == Approx(0).margin(1e-14));
  CHECK(LogGamma(0.5) == Approx(std::log(std::sqrt(std::acos(-1.0)))).epsilon(2e-14));
  CHECK(LogGamma(11) == Approx(std::log(3628800.0)).epsilon(1e-15));
  CHECK(LogGamma(1e-10) == Approx(-std::log(1e-10) - 0.5772156649e-10).epsilon(1e-15));
  CHECK(LogGamma(1e6) == Approx(std::lgamma(1e6)).epsilon(1e-15));
}

TEST_CASE("rising factorials over factorials are binomial coefficients", "[law]") {
  CHECK(LogRising(3, 0).value == 0);
  // (3)_20 / 20! = C(22, 20) = 231, and (1)_k / k! = 1.
  CHECK(LogRising(3, 20).value == Approx(std::log(231.0)).epsilon(1e-13));
  CHECK(LogRising(1, 5).value == Approx(0).margin(1e-15));
  CHECK(LogRising(1, 1'000'000).value == Approx(0).margin(1e-14));
  // (2)_k / k! = k + 1: no digits are lost to the size of log k!.
  CHECK(LogRising(2, 999'999).value == Approx(std::log(1e6)).epsilon(1e-14));
  // The same from both sides of where the method changes, and beyond x = k.
  for (const double x : {0.01, 1.5, 80.0, 1e7}) {
    CHECK(LogRising(x, 17).value - LogRising(x, 16).value ==
          Approx(std::log((x + 16) / 17)).epsilon(1e-12));
  }
}

TEST_CASE("derivatives of rising factorials are those of finite differences", "[law]") {
  for (const double x : {0.05, 0.9, 3.0, 40.0, 2000.0}) {
    for (const int64_t k : {0, 1, 7, 16, 17, 300, 10000}) {
      INFO(x << " " << k);
      const double h = 1e-5 * x;
      const Derivatives at = LogRising(x, k);
      const Derivatives above = LogRising(x + h, k);
      const Derivatives below = LogRising(x - h, k);
      CHECK(at.first == Approx((above.value - below.value) / (2 * h)).epsilon(1e-8).margin(1e-9));
      CHECK(at.second == Approx((above.first - below.first) / (2 * h)).epsilon(1e-8).margin(1e-9));
    }
  }
}

}  // namespace
}  // namespace kinetics
