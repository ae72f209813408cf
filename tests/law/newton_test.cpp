#include "kinetics/law/newton.h"

#include <cmath>
#include <limits>

#include "tests/test.h"

namespace kinetics {
namespace {

using Eigen::Vector2d;

SecondOrder Rosenbrock(const Vector2d& x) {
  const double a = 1 - x[0];
  const double b = x[1] - x[0] * x[0];
  SecondOrder at;
  at.value = a * a + 100 * b * b;
  at.gradient << -2 * a - 400 * x[0] * b, 200 * b;
  at.hessian << 2 - 400 * b + 800 * x[0] * x[0], -400 * x[0], -400 * x[0], 200;
  return at;
}

TEST_CASE("Newton's method finds the minimum of a valley with turns", "[law]") {
  const NewtonMinimum minimum = MinimizeNewton(Rosenbrock, {-1.2, 1});
  CHECK(minimum.converged);
  CHECK(minimum.x[0] == Approx(1).epsilon(1e-10));
  CHECK(minimum.x[1] == Approx(1).epsilon(1e-10));
}

TEST_CASE("what has no minimum ends unconverged", "[law]") {
  const auto slope = [](const Vector2d& x) {
    SecondOrder at;
    at.value = std::exp(-x[0]) + x[1] * x[1] + 1;
    at.gradient << -std::exp(-x[0]), 2 * x[1];
    at.hessian << std::exp(-x[0]), 0, 0, 2;
    return at;
  };
  // Its infimum is at infinity. Where the slope drowns in the value counts as converged, beyond
  // kRunaway does not; both stop soon.
  CHECK(MinimizeNewton(slope, {0, 1}).iterations < 40);
  const auto falling = [](const Vector2d& x) {
    SecondOrder at;
    at.value = -x[0];
    at.gradient << -1, 0;
    return at;
  };
  CHECK_FALSE(MinimizeNewton(falling, {0, 0}).converged);
  const auto saddle = [](const Vector2d& x) {
    SecondOrder at;
    at.value = 1 + x[0] * x[0] - x[1] * x[1];
    at.gradient << 2 * x[0], -2 * x[1];
    at.hessian << 2, 0, 0, -2;
    return at;
  };
  CHECK_FALSE(MinimizeNewton(saddle, {1, 0}).converged);
  const auto nowhere = [](const Vector2d&) {
    SecondOrder at;
    at.value = std::numeric_limits<double>::quiet_NaN();
    return at;
  };
  CHECK_FALSE(MinimizeNewton(nowhere, {0, 0}).converged);
}

}  // namespace
}  // namespace kinetics
