#include "kinetics/core/draws.h"

#include <cmath>
#include <limits>

#include "tests/test.h"

namespace kinetics {
namespace {

constexpr int kDistributionDraws = 100'000;

/// Mean and variance of `draw`, over many draws.
template <typename Draw>
std::pair<double, double> MomentsOf(const Draw& draw) {
  Draws draws(SplitMix64(7));
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kDistributionDraws; ++i) {
    const double x = draw(draws);
    sum += x;
    squares += x * x;
  }
  const double mean = sum / kDistributionDraws;
  return {mean, squares / kDistributionDraws - mean * mean};
}

// The tolerances are five standard errors or more.

TEST_CASE("normal draws have mean 0 and variance 1") {
  const auto [mean, variance] = MomentsOf([](Draws& draws) { return draws.Normal(); });
  CHECK(mean == Approx(0).margin(0.016));
  CHECK(variance == Approx(1).epsilon(0.025));
}

TEST_CASE("gamma draws have the mean and variance of their shape") {
  for (const double shape : {0.3, 1.0, 4.0}) {
    const auto [mean, variance] =
        MomentsOf([shape](Draws& draws) { return std::exp(draws.LogGamma(shape)); });
    CHECK(mean == Approx(shape).epsilon(0.03));
    CHECK(variance == Approx(shape).epsilon(0.1));
  }
}

TEST_CASE("beta draws have the closed form's moments, also where most are 0 or 1") {
  for (const double concentration : {0.01, 5.0}) {
    const auto [mean, variance] = MomentsOf([concentration](Draws& draws) {
      return draws.Beta(0.2 * concentration, 0.8 * concentration);
    });
    CHECK(mean == Approx(0.2).margin(0.007));
    CHECK(variance == Approx(0.16 / (1 + concentration)).epsilon(0.03));
  }
}

TEST_CASE("binomial draws count successes") {
  const auto [mean, variance] =
      MomentsOf([](Draws& draws) { return static_cast<double>(draws.Binomial(10, 0.3)); });
  CHECK(mean == Approx(3).epsilon(0.01));
  CHECK(variance == Approx(2.1).epsilon(0.03));
}

TEST_CASE("gamma draws of a shape that is none are NaN, and end") {
  Draws draws(SplitMix64(7));
  for (const double shape : {std::nan(""), 0.0, -1.0, std::numeric_limits<double>::infinity()}) {
    CHECK(std::isnan(draws.LogGamma(shape)));
    CHECK(std::isnan(draws.Beta(shape, 1)));
  }
}

}  // namespace
}  // namespace kinetics
