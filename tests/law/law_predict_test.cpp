#include "kinetics/law/law_predict.h"

#include <cmath>

#include "kinetics/core/draws.h"
#include "kinetics/core/statistics.h"
#include "tests/test.h"

namespace kinetics {
namespace {

const CellMeans kMeans = {
    .logit = 0.4, .log_concentration = 2, .log_length = 9, .log_deviation = -0.5};

double CoverageAt(double chance, double concentration, int64_t samples) {
  double coverage = -1;
  LawCoverage(chance, concentration, {&samples, 1}, {&coverage, 1});
  return coverage;
}

TEST_CASE("coverage under a law is 1 - B(a, b + k) / B(a, b)") {
  const std::vector<int64_t> samples = {0, 1, 2, 2, 8, 64, 1000};
  for (const double chance : {1e-6, 0.01, 0.3, 0.5, 0.97, 1 - 1e-9}) {
    for (const double concentration : {0.05, 1.0, 8.0, 1e3}) {
      std::vector<double> coverage(samples.size());
      LawCoverage(chance, concentration, samples, coverage);
      const double b = (1 - chance) * concentration;
      for (size_t i = 0; i < samples.size(); ++i) {
        const auto k = static_cast<double>(samples[i]);
        const double log_failure = std::lgamma(b + k) - std::lgamma(b) -
                                   std::lgamma(concentration + k) + std::lgamma(concentration);
        INFO("p " << chance << ", K " << concentration << ", k " << k);
        // The differences of log-gamma lose digits: 1e-15 of 1,000 ln 1,000.
        CHECK(coverage[i] == Approx(-std::expm1(log_failure)).epsilon(1e-9).margin(2e-11));
      }
    }
  }
  CHECK(CoverageAt(0.3, 5, 1) == Approx(0.3));
  CHECK(CoverageAt(0.3, 1e12, 3) == Approx(1 - 0.7 * 0.7 * 0.7));
  // K = 2, p = 1/2: P is uniform and a failure of k samples has the chance 1 / (k + 1).
  CHECK(1 - CoverageAt(0.5, 2, 999'999'999) == Approx(1e-9).epsilon(1e-6));
}

TEST_CASE("coverage under a law is the mean over beta-distributed chances") {
  Draws draws(SplitMix64(1));
  constexpr int kDraws = 100000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double covered = 1 - std::pow(1 - draws.Beta(0.2 * 6, 0.8 * 6), 4);
    sum += covered;
    squares += covered * covered;
  }
  const double mean = sum / kDraws;
  const double error = std::sqrt((squares / kDraws - mean * mean) / kDraws);
  CHECK(std::abs(CoverageAt(0.2, 6, 4) - mean) < 4 * error);
}

double WithinAt(double chance, double correlation, std::optional<double> limit,
                std::optional<double> tokens) {
  return ChanceWithin(chance, kMeans, correlation, limit).At(tokens);
}

TEST_CASE("the chance within a length grows with it, to the chance itself at the limit") {
  for (const double correlation : {-0.6, 0.0, 0.3, 0.9}) {
    for (const double chance : {1e-12, 0.02, 0.6, 0.999}) {
      double last = 0;
      for (double tokens = 10; tokens < 1e6; tokens *= 1.5) {
        const double within = WithinAt(chance, correlation, 12000, tokens);
        INFO("correlation " << correlation << ", p " << chance << ", tokens " << tokens);
        CHECK(within >= last);
        CHECK(within <= 1);
        CHECK((tokens > 12000 || within <= chance));
        last = within;
      }
      CHECK(WithinAt(chance, correlation, 12000, 12000) == chance);
      CHECK(WithinAt(chance, correlation, 12000, std::nullopt) == chance);
      CHECK(WithinAt(chance, correlation, std::nullopt, 1e9) == Approx(chance));
      CHECK(WithinAt(chance, correlation, 12000, 0) == 0);
    }
  }
}

TEST_CASE("without correlation the chance within a length is a share of log-normal lengths") {
  // At the median of the lengths, exp(9), half of the trials have ended.
  CHECK(WithinAt(0.4, 0, std::nullopt, std::exp(9)) == Approx(0.2));
  CHECK(WithinAt(0.4, 0, std::exp(9), std::exp(9 - 2 * std::exp(-0.5))) ==
        Approx(0.4 * 0.022750131948179212 / 0.5));  // Phi(-2), Abramowitz and Stegun, table 26.1
}

TEST_CASE("lengths of right trials are those of trials whose quality passes a threshold") {
  constexpr int kDraws = 400000;
  for (const double correlation : {-0.5, 0.4, 0.8}) {
    for (const double chance : {0.1, 0.7}) {
      Draws draws(SplitMix64(3));
      const double threshold = 1 - chance;
      Eigen::VectorXd logs(kDraws);
      Eigen::Index right = 0;
      for (int i = 0; i < kDraws; ++i) {
        const double quality = draws.Normal();
        const double z =
            -correlation * quality + std::sqrt(1 - correlation * correlation) * draws.Normal();
        if (0.5 * std::erfc(-quality / std::sqrt(2.0)) > threshold) {
          logs[right++] = kMeans.log_length + std::exp(kMeans.log_deviation) * z;
        }
      }
      const RightLengths lengths = LengthsOfRightTrials(chance, kMeans, correlation);
      // Four standard errors of a mean, and of a deviation.
      const double tolerance = 4 * lengths.log_deviation / std::sqrt(static_cast<double>(right));
      CHECK(std::abs(logs.head(right).mean() - lengths.log_mean) < tolerance);
      CHECK(std::abs(StandardDeviation(logs.head(right)) - lengths.log_deviation) < tolerance);
    }
  }
}

}  // namespace
}  // namespace kinetics
