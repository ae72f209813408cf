#include "kinetics/law/curve.h"

#include "tests/law/curves.h"
#include "tests/test.h"

namespace kinetics {
namespace {

CurveFit Fit(CurveForm form, const CurvePoints& points, int64_t bootstrap = 0,
             const CurveLoss& loss = {}) {
  CurveFitOptions options = {.form = form, .loss = loss};
  options.resamples.count = bootstrap;
  CurveSplit split;
  split.fitted = points;
  return FitCurve(split, options);
}

CurvePoints Points(std::vector<double> x, std::vector<double> y) {
  CurvePoints points;
  points.inputs = {"x"};
  points.x = Eigen::Map<Eigen::ArrayXd>(x.data(), static_cast<Eigen::Index>(x.size()));
  points.y = Eigen::Map<Eigen::ArrayXd>(y.data(), static_cast<Eigen::Index>(y.size()));
  return points;
}

TEST_CASE("points on a curve give its parameters back, for every form", "[curve]") {
  for (const CurveFormSpec& spec : CurveForms()) {
    for (const double unit : {1e-6, 1.0, 1e9}) {
      // Forms that are not homogeneous in y keep their unit.
      if (spec.log_link && unit != 1) {
        continue;
      }
      INFO(spec.name << " times " << unit);
      const Eigen::VectorXd truth = test::Truth(spec.form);
      CurvePoints points = test::Synthetic(spec.form, truth, 30, 0, 3);
      points.y *= unit;
      const CurveFit fit = Fit(spec.form, points);
      CHECK(fit.converged);
      CHECK(fit.warnings.empty());
      for (Eigen::Index k = 0; k < truth.size(); ++k) {
        const bool is_coefficient = static_cast<size_t>(k) < spec.terms.size();
        INFO(fit.parameters[static_cast<size_t>(k)].name);
        // A double carries the curve to 1e-16; the worst conditioned form loses eight digits.
        CHECK(fit.parameters[static_cast<size_t>(k)].estimate.value ==
              Approx(truth[k] * (is_coefficient ? unit : 1)).epsilon(1e-7));
      }
    }
  }
}

TEST_CASE("intervals cover the parameters that noisy points were drawn from", "[curve][long]") {
  constexpr uint64_t kSeeds = 6;
  for (const CurveFormSpec& spec : CurveForms()) {
    INFO(spec.name);
    const Eigen::VectorXd truth = test::Truth(spec.form);
    size_t covered = 0;
    for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
      const CurvePoints points = test::Synthetic(spec.form, truth, 60, 0.01, seed);
      const CurveFit fit = Fit(spec.form, points, 100, {.residual = CurveResidual::kLog});
      for (Eigen::Index k = 0; k < truth.size(); ++k) {
        const Interval& interval = *fit.parameters[static_cast<size_t>(k)].estimate.interval;
        covered += interval.low <= truth[k] && truth[k] <= interval.high ? 1 : 0;
      }
    }
    // 95 % nominal; parameters of one fit err together, and percentile intervals are a bit narrow.
    CHECK(static_cast<double>(covered) >=
          0.75 * static_cast<double>(kSeeds) * static_cast<double>(spec.Parameters()));
  }
}

TEST_CASE("resamples do not depend on the order of threads and follow the seed", "[curve]") {
  const CurvePoints points =
      test::Synthetic(CurveForm::kPower, test::Truth(CurveForm::kPower), 20, 0.1, 1);
  const auto error = [&](uint64_t seed) {
    CurveFitOptions options = {.form = CurveForm::kPower};
    options.resamples.count = 50;
    options.resamples.seed = seed;
    CurveSplit split;
    split.fitted = points;
    return *FitCurve(split, options).parameters[1].estimate.standard_error;
  };
  CHECK(error(1) == error(1));
  CHECK(error(1) != error(2));
}

TEST_CASE("clusters are drawn whole", "[curve]") {
  CurvePoints points =
      test::Synthetic(CurveForm::kLogLinear, test::Truth(CurveForm::kLogLinear), 40, 0.02, 1);
  // Every point five times: as clusters they are 40, as points 200.
  std::vector<Eigen::Index> rows;
  for (Eigen::Index i = 0; i < 200; ++i) {
    rows.push_back(i / 5);
  }
  const double once =
      *Fit(CurveForm::kLogLinear, points, 400).parameters[1].estimate.standard_error;
  CurvePoints copies = points.Select(rows);
  const double naive =
      *Fit(CurveForm::kLogLinear, copies, 400).parameters[1].estimate.standard_error;
  for (const Eigen::Index row : rows) {
    copies.clusters.push_back(static_cast<size_t>(row));
  }
  const CurveFit clustered = Fit(CurveForm::kLogLinear, copies, 400);
  CHECK(clustered.procedure.clusters == 40);
  // The same draws of the same groups.
  CHECK(*clustered.parameters[1].estimate.standard_error == Approx(once).epsilon(1e-6));
  CHECK(naive == Approx(once / std::sqrt(5)).epsilon(0.2));
  copies.clusters.assign(200, 0);
  CHECK(test::ErrorOf([&] { Fit(CurveForm::kLogLinear, copies, 400); }) ==
        "expected at least two clusters to resample, found one");
}

TEST_CASE("points that cannot determine a form are refused with the reason", "[curve]") {
  const auto error = [](CurveForm form, const CurvePoints& points) {
    return test::ErrorOf([&] { Fit(form, points); });
  };
  CHECK(error(CurveForm::kSaturatingPower, Points({1, 2}, {3, 2})) ==
        "saturating-power has 3 parameters: expected at least 3 points, found 2");
  CHECK(error(CurveForm::kPower, Points({5, 5, 5}, {1, 2, 3})) ==
        "x is the same at every point: power needs 2 different values");
  CHECK(error(CurveForm::kSaturatingPower, Points({1, 1, 2, 2}, {4, 4.1, 3, 3.1})) ==
        "x has 2 different values: saturating-power needs at least 3");
  // A flat curve has no exponent, and one that is 0 none either.
  CHECK_THAT(error(CurveForm::kSaturatingPower, Points({1, 2, 4, 8}, {3, 3, 3, 3})),
             Catch::StartsWith("not identifiable: "));
  CHECK_THAT(error(CurveForm::kPower, Points({1, 2, 4}, {0, 0, 0})),
             Catch::StartsWith("not identifiable: at the best fit nothing depends on b"));
}

TEST_CASE("a ceiling that the points do not reach is an outcome, not a number to trust",
          "[curve]") {
  const CurveFit fit = Fit(CurveForm::kLogistic, Points({1, 10, 100, 1000}, {1, 2, 4, 8}));
  CHECK_FALSE(fit.converged);
  REQUIRE(fit.warnings.size() == 4);
  CHECK(fit.warnings[1] == "not converged: the solver ran out of iterations");
  CHECK_THAT(fit.warnings[3], Catch::StartsWith("ceiling and midpoint nearly trade off"));
}

TEST_CASE("two inputs on one line are refused by name", "[curve]") {
  const CurveForm form = CurveForm::kTwoTermPower;
  for (const double power : {1.0, 0.7, -1.0}) {
    CurvePoints points = test::Synthetic(form, test::Truth(form), 30, 0.01, 1);
    points.inputs = {"parameters", "tokens"};
    points.x.col(1) = 20 * points.x.col(0).pow(power);
    CHECK(test::ErrorOf([&] { Fit(form, points); }) ==
          "not identifiable: tokens is a constant times a power of parameters at all points, so "
          "that the terms of x1 and x2 trade off (A with B, alpha with beta); add points off that "
          "line, or fit saturating-power to one of them");
  }
  CurvePoints points = test::Synthetic(form, test::Truth(form), 30, 0.01, 1);
  points.inputs = {"parameters", "tokens"};
  points.x.col(1).setConstant(5);
  CHECK_THAT(test::ErrorOf([&] { Fit(form, points); }),
             Catch::StartsWith("tokens is the same at every point"));
}

TEST_CASE("a second term that does nothing is not reported as if it were known", "[curve]") {
  const CurveForm form = CurveForm::kTwoTermPower;
  CurvePoints points = test::Synthetic(form, test::Truth(form), 40, 0, 1);
  points.y = 1.5 + 4 / points.x.col(0).sqrt();
  CHECK_THAT(test::ErrorOf([&] { Fit(form, points); }), Catch::StartsWith("not identifiable: "));
}

TEST_CASE("an irreducible part at 0 is flagged", "[curve]") {
  CurvePoints points = test::Synthetic(CurveForm::kPower, test::Truth(CurveForm::kPower), 30, 0, 1);
  points.y -= 0.01;
  const CurveFit fit = Fit(CurveForm::kSaturatingPower, points, 50);
  CHECK(fit.parameters[0].at_bound);
  CHECK(fit.parameters[0].estimate.value == 0);
  CHECK(fit.warnings == std::vector<std::string>{"E is at its bound 0: its interval is one-sided"});
}

TEST_CASE("few degrees of freedom are warned of, and none give no intervals", "[curve]") {
  const CurvePoints five = Points({1, 2, 4, 8, 16}, {10, 6, 4.1, 3, 2.6});
  const CurveFit fit = Fit(CurveForm::kSaturatingPower, five, 50);
  CHECK(fit.degrees_of_freedom == 2);
  REQUIRE_FALSE(fit.warnings.empty());
  CHECK(fit.warnings.back().substr(0, 9) != "n - p is ");
  CHECK_THAT(fit.warnings.front(), Catch::StartsWith("n - p is 2: "));
  const CurveFit exact = Fit(CurveForm::kPower, Points({1, 2}, {3, 2}), 50);
  CHECK(exact.degrees_of_freedom == 0);
  CHECK_FALSE(exact.parameters[0].estimate.interval);
  CHECK(exact.parameters[0].estimate.value == Approx(3));
}

TEST_CASE("duplicated points change nothing but the objective", "[curve]") {
  const CurvePoints points = test::Synthetic(CurveForm::kSaturatingPower,
                                             test::Truth(CurveForm::kSaturatingPower), 10, 0.02, 1);
  std::vector<Eigen::Index> twice;
  for (Eigen::Index i = 0; i < 20; ++i) {
    twice.push_back(i / 2);
  }
  const CurveFit one = Fit(CurveForm::kSaturatingPower, points);
  const CurveFit two = Fit(CurveForm::kSaturatingPower, points.Select(twice));
  CHECK(two.objective == Approx(2 * one.objective).epsilon(1e-9));
  CHECK(two.parameters[2].estimate.value == Approx(one.parameters[2].estimate.value).epsilon(1e-6));
}

TEST_CASE("predictions have intervals and say when they are outside", "[curve]") {
  const Eigen::VectorXd truth = test::Truth(CurveForm::kPower);
  CurveFitOptions options = {.form = CurveForm::kPower};
  options.resamples.count = 100;
  options.predict.resize(2, 1);
  options.predict << 100, 20000;
  CurveSplit split;
  split.fitted = test::Synthetic(CurveForm::kPower, truth, 30, 0.01, 1);
  const CurveFit fit = FitCurve(split, options);
  REQUIRE(fit.predictions.size() == 2);
  CHECK_FALSE(fit.predictions[0].is_extrapolated);
  CHECK(fit.predictions[1].is_extrapolated);
  CHECK(fit.predictions[0].y.value == Approx(3 * std::pow(100, -0.4)).epsilon(0.01));
  CHECK(fit.predictions[0].y.interval->low < fit.predictions[0].y.value);
  CHECK(fit.warnings ==
        std::vector<std::string>{"1 prediction outside the range of the fitted points"});
}

TEST_CASE("the top share of points is held out with all that share their x", "[curve]") {
  const CurvePoints points = Points({8, 1, 4, 4, 2, 16}, {1, 2, 3, 4, 5, 6});
  const auto held = [&](double share) {
    const CurveSplit split = HoldOutTop(points, share);
    CHECK(split.fitted.y.size() + split.held_out.y.size() == 6);
    return std::vector<double>(split.held_out.y.begin(), split.held_out.y.end());
  };
  CHECK(held(0.01) == std::vector<double>{6});
  CHECK(held(0.3) == std::vector<double>{1, 6});
  CHECK(held(0.5) == std::vector<double>{1, 3, 4, 6});
}

}  // namespace
}  // namespace kinetics
