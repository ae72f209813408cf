#include "kinetics/cost/log_normal.h"

#include <cmath>
#include <numbers>

#include "tests/cost/toy.h"
#include "tests/test.h"

namespace kinetics {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// E[f(min(L, limit))] by the trapezoidal rule in ln L, on 40,000 steps over 10 deviations either
/// side and 2 more variances above, where second moments lie: a relative error below 1e-6, which is
/// that of the kinks.
template <typename Function>
double Quadrature(const LogNormalLength& length, const Function& f) {
  constexpr int kSteps = 40000;
  const double low = -10;
  const double high = 10 + 2 * length.log_deviation;
  const double step = (high - low) / kSteps;
  double sum = 0;
  for (int i = 0; i <= kSteps; ++i) {
    const double z = low + step * i;
    const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
    const double tokens = std::exp(length.log_mean + length.log_deviation * z);
    sum += step * density * f(std::min(tokens, length.limit));
  }
  return sum;
}

/// Lengths around 30 tokens whose limit lies below, near, above and beyond.
std::vector<LogNormalLength> Lengths() {
  std::vector<LogNormalLength> lengths;
  for (const double deviation : {0.05, 0.4, 1.0}) {
    for (const double limit : {5.0, 28.0, 60.0, 1e6, kInfinity}) {
      lengths.push_back({.log_mean = std::log(30.0), .log_deviation = deviation, .limit = limit});
    }
  }
  return lengths;
}

TEST_CASE("the mean of a cut log-normal length is its quadrature, cut-offs included", "[cost]") {
  for (const LogNormalLength& length : Lengths()) {
    INFO("deviation " << length.log_deviation << ", limit " << length.limit);
    CHECK(length.Mean() ==
          Approx(Quadrature(length, [](double tokens) { return tokens; })).epsilon(1e-6));
    CHECK(length.CutOff() ==
          Approx(
              Quadrature(length, [&](double tokens) { return tokens >= length.limit ? 1.0 : 0.0; }))
              .epsilon(1e-3)
              .margin(1e-3));  // a jump, of one step's density
  }
  CHECK(LogNormalLength{.log_mean = 3, .log_deviation = 0.4}.Mean() == Approx(std::exp(3.08)));
  CHECK(LogNormalLength{.log_mean = 3, .log_deviation = 0.4, .limit = std::exp(3.0)}.CutOff() ==
        Approx(0.5));
}

TEST_CASE("expected moments are their quadrature on both sides of the boundary", "[cost]") {
  for (const std::optional<double> budget :
       {std::optional<double>(), std::optional(4.0), std::optional(20.0), std::optional(50.0)}) {
    for (const Convention convention : {Convention::kExact, Convention::kPublished}) {
      const std::vector<DecodeRegime> regimes = RegimesOf(10, budget, convention);
      for (const LogNormalLength& length : Lengths()) {
        const DecodeMoments moments = ExpectedMoments(regimes, length);
        const auto expect = [&](double DecodeMoments::*field) {
          return Quadrature(length, [&](double tokens) {
            return MomentsOf(10, tokens, budget, convention).*field;
          });
        };
        INFO("budget " << budget.value_or(-1) << ", deviation " << length.log_deviation
                       << ", limit " << length.limit);
        CHECK(moments.tokens == Approx(expect(&DecodeMoments::tokens)).epsilon(1e-6));
        CHECK(moments.prompt == Approx(expect(&DecodeMoments::prompt)).epsilon(1e-6));
        CHECK(moments.generated == Approx(expect(&DecodeMoments::generated)).epsilon(1e-6));
        // The published sum may jump at the boundary: a step's density times the jump.
        CHECK(moments.attended == Approx(expect(&DecodeMoments::attended))
                                      .epsilon(convention == Convention::kExact ? 1e-6 : 2e-3));
      }
    }
  }
}

TEST_CASE("the expected cost under a law is its quadrature, for all rules and attentions",
          "[cost]") {
  Model model = test::ToyModel();
  model.published_parameters = {11.0, "made up"};
  for (const Rule rule : {Rule::kAdditive, Rule::kMax, Rule::kFlops, Rule::kParameters}) {
    for (const char* attention : {"dense", "topk:20", "block_topk:4x5"}) {
      for (const Convention convention : {Convention::kExact, Convention::kPublished}) {
        const CostModel cost(model, ParseAttention(attention), test::ToyHardware(),
                             {.rule = rule, .convention = convention});
        for (const LogNormalLength& length : Lengths()) {
          const double expected = Quadrature(
              length, [&](double tokens) { return cost.Of(10, tokens, 3).seconds.value; });
          const double seconds = ExpectedLawCost(cost, 10, length).At(3).seconds.value;
          INFO(attention << ", " << Name(rule) << ", " << Name(convention) << ", deviation "
                         << length.log_deviation << ", limit " << length.limit);
          // 64 lengths leave the square of their step at kinks; the published sum jumps.
          const double tolerance = !cost.IsLinear()                       ? 3e-3
                                   : convention == Convention::kPublished ? 2e-3
                                                                          : 1e-6;
          CHECK(seconds == Approx(expected).epsilon(tolerance));
        }
      }
    }
  }
}

TEST_CASE("moments of lengths that are spread beyond all bounds stay within the limit", "[cost]") {
  // exp(j^2 s^2 / 2) overflows from s = 19 on, where what it is multiplied with underflows.
  for (const double deviation : {5.0, 18.0, 20.0, 40.0}) {
    const LogNormalLength length = {.log_mean = 8, .log_deviation = deviation, .limit = 16e3};
    INFO("deviation " << deviation);
    const std::vector<DecodeRegime> regimes =
        RegimesOf(10, std::optional(50.0), Convention::kExact);
    CHECK(length.Mean() ==
          Approx(Quadrature(length, [](double tokens) { return tokens; })).epsilon(1e-4));
    CHECK(ExpectedMoments(regimes, length).generated ==
          Approx(Quadrature(length, [](double tokens) {
            return MomentsOf(10, tokens, std::optional(50.0), Convention::kExact).generated;
          })).epsilon(1e-4));
  }
  // Without end the half that is longer than e^8 is cut, the other is nothing.
  for (const double deviation : {1e4, 1e10, 1e43}) {
    const LogNormalLength length = {.log_mean = 8, .log_deviation = deviation, .limit = 16e3};
    CHECK(length.Mean() == Approx(8e3).epsilon(1e-3));
  }
}

TEST_CASE("without spread the expected cost is that of the one length", "[cost]") {
  const CostModel cost = test::Toy("topk:20");
  const LogNormalLength length = {.log_mean = std::log(30.0), .log_deviation = 1e-6};
  CHECK(ExpectedLawCost(cost, 10, length).At(2).seconds.value ==
        Approx(cost.Of(10, 30, 2).seconds.value).epsilon(1e-6));
}

}  // namespace
}  // namespace kinetics
