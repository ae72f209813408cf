#include "kinetics/law/coverage_fit.h"
#include "kinetics/law/curve.h"
#include "tests/law/curves.h"
#include "tests/test.h"

namespace kinetics {
namespace {

/// Notes how far a fit says that it is.
struct Steps {
  std::vector<size_t> done;
  std::vector<size_t> all;

  std::function<void(size_t, size_t)> Recorder() {
    return [this](size_t step, size_t of) {
      done.push_back(step);
      all.push_back(of);
    };
  }
};

void CheckCountsTo(const Steps& steps, size_t last) {
  REQUIRE(steps.done.size() == last);
  for (size_t i = 0; i < last; ++i) {
    CHECK(steps.done[i] == i + 1);
    CHECK(steps.all[i] == last);
  }
}

TEST_CASE("a coverage fit counts its resamples, whatever their scale", "[coverage]") {
  CountGroup group;
  for (const int64_t c : {0, 1, 2, 5, 9, 9}) {
    group.problems.push_back({.problem = "p", .n = 10, .c = c});
  }
  Steps steps;
  FitCoverage(group, {.k = {1, 2, 5}, .resamples = 40, .progress = steps.Recorder()});
  CheckCountsTo(steps, 40);
}

TEST_CASE("a curve's fit counts its resamples, fitted or left out", "[curve]") {
  CurveSplit split;
  // Of three points some resamples have one x only and cannot be fitted.
  split.fitted = test::Synthetic(CurveForm::kPower, test::Truth(CurveForm::kPower), 3, 0.01, 1);
  Steps steps;
  CurveFitOptions options = {.form = CurveForm::kPower};
  options.resamples.count = 100;
  options.resamples.progress = steps.Recorder();
  const CurveFit fit = FitCurve(split, options);
  CHECK(fit.procedure.left_out > 0);
  CheckCountsTo(steps, 100);
}

}  // namespace
}  // namespace kinetics
