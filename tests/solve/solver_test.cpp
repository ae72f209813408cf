#include "kinetics/solve/solver.h"

#include <cmath>
#include <limits>

#include "tests/test.h"

namespace kinetics {
namespace {

// y = x0 + x1 t through (0, 1), (1, 3), (2, 5) and an outlier (3, 107).
LeastSquares Line() {
  return {.parameters = 2,
          .residuals = 4,
          .residual = [](size_t i, const double* x, double* residual, double* gradient) {
            const auto t = static_cast<double>(i);
            const double y = i == 3 ? 107 : 1 + 2 * t;
            *residual = x[0] + x[1] * t - y;
            if (gradient != nullptr) {
              gradient[0] = 1;
              gradient[1] = t;
            }
            return true;
          }};
}

// A tolerance of 1e-12 on the objective leaves parameters within 1e-6: it is flat at the minimum.

TEST_CASE("least squares on a line gives the closed form") {
  const Solution solution = Minimize(Line(), Eigen::Vector2d(0, 0), {});
  REQUIRE(solution.status == Solution::Status::kConverged);
  // The outlier adds 100 to one point: slope 2 + 100 * 1.5 / 5, centred at t = 1.5, mean 29.
  CHECK(solution.x[1] == Approx(32).epsilon(1e-6));
  CHECK(solution.x[0] == Approx(29 - 1.5 * 32).epsilon(1e-6));
}

TEST_CASE("Huber's loss is half the square inside and linear outside") {
  LeastSquares one = {.parameters = 1,
                      .residuals = 3,
                      .residual =
                          [](size_t i, const double* x, double* residual, double* gradient) {
                            const double y = i == 0 ? -1 : i == 1 ? 1 : 10;
                            *residual = x[0] - y;
                            if (gradient != nullptr) {
                              gradient[0] = 1;
                            }
                            return true;
                          },
                      .huber = 2};
  const Solution solution = Minimize(one, Eigen::VectorXd::Zero(1), {});
  REQUIRE(solution.status == Solution::Status::kConverged);
  // (x + 1) + (x - 1) = 2 at the optimum: x = 1, residuals 2, 0 and -9.
  CHECK(solution.x[0] == Approx(1).epsilon(1e-5));
  CHECK(solution.objective == Approx(2 * 2 / 2.0 + 0 + 2 * (9 - 1)).epsilon(1e-10));
}

TEST_CASE("a lower bound holds") {
  LeastSquares line = Line();
  line.lower = {0, -std::numeric_limits<double>::infinity()};
  const Solution solution = Minimize(line, Eigen::Vector2d(1, 0), {});
  CHECK(solution.x[0] == Approx(0).margin(1e-9));
  // Through the origin: sum(t y) / sum(t^2) = (3 + 10 + 321) / 14.
  CHECK(solution.x[1] == Approx(334.0 / 14).epsilon(1e-6));
}

TEST_CASE("a start outside the domain fails without a word on standard error") {
  LeastSquares line = Line();
  line.residual = [](size_t, const double*, double*, double*) { return false; };
  const Solution solution = Minimize(line, Eigen::Vector2d(0, 0), {});
  CHECK(solution.status == Solution::Status::kFailed);
  const SmoothFunction nowhere = {
      .parameters = 1, .evaluate = [](const double*, double*, double*) { return false; }};
  CHECK(Minimize(nowhere, Eigen::VectorXd::Zero(1), {}).status == Solution::Status::kFailed);
}

TEST_CASE("BFGS finds the minimum of Rosenbrock's function") {
  const SmoothFunction rosenbrock = {
      .parameters = 2, .evaluate = [](const double* x, double* value, double* gradient) {
        const double a = 1 - x[0];
        const double b = x[1] - x[0] * x[0];
        *value = a * a + 100 * b * b;
        if (gradient != nullptr) {
          gradient[0] = -2 * a - 400 * x[0] * b;
          gradient[1] = 200 * b;
        }
        return true;
      }};
  const Solution solution = Minimize(rosenbrock, Eigen::Vector2d(-1.2, 1), {});
  CHECK(solution.status == Solution::Status::kConverged);
  CHECK(solution.x[0] == Approx(1).epsilon(1e-6));
  CHECK(solution.x[1] == Approx(1).epsilon(1e-6));
}

}  // namespace
}  // namespace kinetics
