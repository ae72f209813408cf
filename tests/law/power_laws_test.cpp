#include "kinetics/law/power_laws.h"

#include <cmath>

#include "tests/test.h"

namespace kinetics {
namespace {

using Eigen::Vector2d;
using Eigen::VectorXd;

const VectorXd kLogK = (VectorXd(5) << 1, 2, 5, 20, 100).finished().array().log();

VectorXd LogLogCoverage(double log_prefactor, double exponent) {
  return (-(log_prefactor - exponent * kLogK.array()).exp()).exp();
}

TEST_CASE("a log-log law is recovered from its coverage", "[law]") {
  const auto law = FitLogLog(kLogK, LogLogCoverage(1.5, 0.4));
  REQUIRE(law);
  CHECK(law->exponent == Approx(0.4).epsilon(1e-13));
  CHECK(law->log_prefactor == Approx(1.5).epsilon(1e-13));
  CHECK(law->sum_of_squares < 1e-26);
  CHECK(law->points == 5);
}

TEST_CASE("coverage of 0 and 1 has no place in a log-log law", "[law]") {
  VectorXd coverage = LogLogCoverage(1.5, 0.4);
  coverage[4] = 1;
  const auto law = FitLogLog(kLogK, coverage);
  REQUIRE(law);
  CHECK(law->points == 4);
  CHECK(law->exponent == Approx(0.4).epsilon(1e-13));
  CHECK_FALSE(FitLogLog(kLogK, VectorXd::Zero(5)));
  CHECK_FALSE(FitLogLog(kLogK, VectorXd::Ones(5)));
  CHECK_FALSE(FitLogLog(kLogK.head(1), coverage.head(1)));
  // Level coverage: an exponent of 0, without a sign.
  CHECK_FALSE(std::signbit(FitLogLog(kLogK, VectorXd::Constant(5, 0.5))->exponent));
}

TEST_CASE("derivatives of the exponential-power loss are those of finite differences", "[law]") {
  const VectorXd coverage = LogLogCoverage(1.2, 0.3);
  const Vector2d x(0.8, -0.5);
  constexpr double kStep = 1e-5;
  const SecondOrder at = ExponentialPowerLoss(kLogK, coverage, x);
  for (int p = 0; p < 2; ++p) {
    const Vector2d step = kStep * Vector2d::Unit(p);
    const SecondOrder above = ExponentialPowerLoss(kLogK, coverage, x + step);
    const SecondOrder below = ExponentialPowerLoss(kLogK, coverage, x - step);
    CHECK(at.gradient[p] == Approx((above.value - below.value) / (2 * kStep)).epsilon(1e-7));
    for (int q = 0; q < 2; ++q) {
      CHECK(at.hessian(p, q) ==
            Approx((above.gradient[q] - below.gradient[q]) / (2 * kStep)).epsilon(1e-7));
    }
  }
  CHECK(std::isfinite(ExponentialPowerLoss(kLogK, coverage, Vector2d(800, 5)).value));
}

}  // namespace
}  // namespace kinetics
