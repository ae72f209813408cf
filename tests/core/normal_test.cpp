#include "kinetics/core/normal.h"

#include <cmath>

#include "tests/test.h"

namespace kinetics {
namespace {

// Reference values: scipy 1.10 (log_ndtr, ndtri).

TEST_CASE("the normal tail keeps its digits where it underflows") {
  CHECK(LogNormalTail(0) == Approx(-0.693147180559945309).epsilon(1e-14));
  CHECK(LogNormalTail(-3) == Approx(-0.00135080996474819380).epsilon(1e-12));
  CHECK(LogNormalTail(10) == Approx(-53.2312851505124688).epsilon(1e-13));
  CHECK(LogNormalTail(29.9) == Approx(-451.3229124585287).epsilon(1e-12));
  CHECK(LogNormalTail(30.1) == Approx(-457.32956441638237).epsilon(1e-11));
  CHECK(LogNormalTail(100) == Approx(-5005.52420869179).epsilon(1e-12));
}

TEST_CASE("the normal quantile inverts the distribution") {
  CHECK(NormalQuantile(0.975) == Approx(1.95996398454005424).epsilon(1e-12));
  CHECK(NormalQuantile(0.5) == Approx(0).margin(1e-13));
  CHECK(NormalQuantile(1e-10) == Approx(-6.36134090240406).epsilon(1e-12));
  for (const double p : {1e-300, 1e-30, 1e-5, 0.01, 0.3, 0.7, 0.999}) {
    CHECK(NormalDistribution(NormalQuantile(p)) == Approx(p).epsilon(1e-9));
  }
}

}  // namespace
}  // namespace kinetics
