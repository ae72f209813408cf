#include "kinetics/cost/decode.h"

#include "tests/test.h"

namespace kinetics {
namespace {

double Attended(double prompt, double length, std::optional<double> budget) {
  return MomentsOf(prompt, length, budget, Convention::kExact).attended;
}

/// The integral of min(B, C + t) over (0, L], by the midpoint rule.
double Integrate(double prompt, double length, double budget) {
  constexpr int kSteps = 100'000;
  double sum = 0;
  for (int i = 0; i < kSteps; ++i) {
    sum += std::min(budget, prompt + length * (i + 0.5) / kSteps);
  }
  return sum * length / kSteps;
}

TEST_CASE("the three regimes of S are the integral of min(B, C + t)", "[decode]") {
  for (const double budget : {50.0, 100.0, 150.0, 399.0, 400.0, 1000.0}) {
    INFO(budget);
    // The midpoint rule is exact but for the step that holds the kink: off by (L / steps)^2 / 8.
    CHECK(Attended(100, 300, budget) == Approx(Integrate(100, 300, budget)).epsilon(1e-9));
  }
  CHECK(Attended(100, 300, std::nullopt) == 100 * 300 + 300 * 300 / 2);
}

TEST_CASE("S is continuous where regimes meet, and never above full attention",
          "[decode][property]") {
  for (const double prompt : {0.0, 1.0, 126.0, 472.0}) {
    for (const double length : {1.0, 77.0, 30767.0}) {
      const double full = Attended(prompt, length, std::nullopt);
      for (const double meeting : {prompt, prompt + length}) {
        const double at = Attended(prompt, length, meeting);
        CHECK(Attended(prompt, length, meeting * (1 - 1e-12)) == Approx(at).epsilon(1e-9));
        CHECK(Attended(prompt, length, meeting * (1 + 1e-12)) == Approx(at).epsilon(1e-9));
      }
      double before = 0;
      for (double budget = 1; budget < 2 * (prompt + length); budget *= 1.5) {
        const double s = Attended(prompt, length, std::floor(budget));
        CHECK(s <= full);
        CHECK(s >= before);
        before = s;
      }
    }
  }
}

TEST_CASE("an empty prompt or generation attends to nothing of it", "[decode]") {
  CHECK(Attended(0, 10, std::nullopt) == 50);
  CHECK(Attended(100, 0, 50) == 0);
  CHECK(Attended(100, 0, 500) == 0);
  CHECK(Attended(0, 0, std::nullopt) == 0);
}

TEST_CASE("the published convention adds what the exact one subtracts", "[decode]") {
  const double published = MomentsOf(100, 1000, 300, Convention::kPublished).attended;
  CHECK(published == 300 * 1000 + 200 * 200 / 2);
  CHECK(Attended(100, 1000, 300) == 300 * 1000 - 200 * 200 / 2);
  CHECK(MomentsOf(300, 1000, 300, Convention::kPublished).attended == 300 * 1000);
}

}  // namespace
}  // namespace kinetics
