#include "kinetics/law/beta_binomial.h"

#include <cmath>

#include "kinetics/law/gamma.h"
#include "kinetics/law/scaled_beta_binomial.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using Eigen::Vector2d;
using Eigen::VectorXd;

// Some hard counts: none, few, and many right of many samples.
const std::vector<CountTerm> kTerms = {{1000, 0}, {1000, 1}, {1000, 40}, {500, 77}, {2, 0}};
const VectorXd kWeights = (VectorXd(5) << 7, 2, 1, 3, 0).finished();

void CheckDerivatives(const SecondOrderFunction& function, const Vector2d& x) {
  constexpr double kStep = 1e-5;
  const SecondOrder at = function(x);
  for (int p = 0; p < 2; ++p) {
    const Vector2d step = kStep * Vector2d::Unit(p);
    const SecondOrder above = function(x + step);
    const SecondOrder below = function(x - step);
    CHECK(at.gradient[p] ==
          Approx((above.value - below.value) / (2 * kStep)).epsilon(1e-7).margin(1e-6));
    for (int q = 0; q < 2; ++q) {
      CHECK(
          at.hessian(p, q) ==
          Approx((above.gradient[q] - below.gradient[q]) / (2 * kStep)).epsilon(1e-7).margin(1e-6));
    }
  }
}

// The sum as it stands in the papers, over all j, by log-sum-exp.
double ScaledLogProbability(const CountTerm& term, double a, double b, double s) {
  const auto n = static_cast<double>(term.n);
  const auto x = static_cast<double>(term.c);
  const auto log_choose = [](double from, double k) {
    return LogGamma(from + 1) - LogGamma(k + 1) - LogGamma(from - k + 1);
  };
  const auto log_rising = [](double from, double k) { return LogGamma(from + k) - LogGamma(from); };
  std::vector<double> terms;
  for (int64_t i = 0; i <= term.n - term.c; ++i) {
    const auto j = static_cast<double>(i);
    terms.push_back(log_choose(n - x, j) + j * std::log(s) + (n - x - j) * std::log1p(-s) +
                    log_rising(b, j) - log_rising(x + a + b, j));
  }
  const double peak = *std::max_element(terms.begin(), terms.end());
  double sum = 0;
  for (const double log_term : terms) {
    sum += std::exp(log_term - peak);
  }
  return log_choose(n, x) + x * std::log(s) + log_rising(a, x) - log_rising(a + b, x) + peak +
         std::log(sum);
}

TEST_CASE("a uniform chance makes every count as likely", "[law]") {
  for (const int64_t c : {0, 3, 5000, 10000}) {
    CHECK(BetaBinomial({10000, c}, 1, 1).value == Approx(-std::log(10001.0)).epsilon(1e-14));
  }
}

TEST_CASE("probabilities of all counts add up to 1, scaled or not", "[law]") {
  double sum = 0;
  std::vector<CountTerm> terms;
  for (int64_t c = 0; c <= 60; ++c) {
    sum += std::exp(BetaBinomial({60, c}, 0.3, 2.5).value);
    terms.push_back({60, c});
  }
  CHECK(sum == Approx(1).epsilon(1e-13));
  const ScaledBetaBinomial scaled(terms, 0.7);
  sum = 0;
  for (Eigen::Index c = 0; c <= 60; ++c) {
    const Vector2d x(std::log(0.3), std::log(2.5));
    sum += std::exp(-scaled.Loss(VectorXd::Unit(61, c), x).value);
  }
  CHECK(sum == Approx(1).epsilon(1e-13));
}

TEST_CASE("a scaled beta-binomial is its sum of positive terms", "[law]") {
  for (const auto& [a, b] :
       {std::pair(0.0546, 2.003), std::pair(0.01, 0.02), std::pair(30.0, 400.0)}) {
    for (const double s : {0.2, 0.9}) {
      const ScaledBetaBinomial scaled(kTerms, s);
      for (Eigen::Index i = 0; i < 5; ++i) {
        const double log_probability =
            ScaledLogProbability(kTerms[static_cast<size_t>(i)], a, b, s);
        if (log_probability > -45) {  // what the window of m is exact for
          CHECK(-scaled.Loss(VectorXd::Unit(5, i), {std::log(a), std::log(b)}).value ==
                Approx(log_probability).epsilon(1e-10));
        }
      }
    }
  }
}

TEST_CASE("at scale 1 the scaled law is the plain one", "[law]") {
  const ScaledBetaBinomial scaled(kTerms, 1);
  const Vector2d x(-1.5, 2.2);
  const SecondOrder one = scaled.Loss(kWeights, x);
  const SecondOrder other = BetaBinomialLoss(kTerms, kWeights, x);
  CHECK(one.value == Approx(other.value).epsilon(1e-12));
  CHECK((one.gradient - other.gradient).norm() < 1e-9 * other.gradient.norm());
  CHECK((one.hessian - other.hessian).norm() < 1e-9 * other.hessian.norm());
}

TEST_CASE("derivatives of likelihoods are those of finite differences", "[law]") {
  const ScaledBetaBinomial scaled(kTerms, 0.2);
  for (const Vector2d& x : {Vector2d(-2.9, 0.7), Vector2d(1, 3), Vector2d(-5, -4)}) {
    CheckDerivatives([](const Vector2d& at) { return BetaBinomialLoss(kTerms, kWeights, at); }, x);
    CheckDerivatives([&](const Vector2d& at) { return scaled.Loss(kWeights, at); }, x);
  }
}

TEST_CASE("implied coverage is 1 minus the chance of no success", "[law]") {
  const std::vector<int64_t> k = {1, 2, 30, 1000};
  const VectorXd coverage = ScaledCoverage(k, 0.3).At(0.2, 1.7);
  CHECK(coverage[0] == Approx(0.3 * 0.2 / 1.9).epsilon(1e-13));
  for (Eigen::Index i = 0; i < 4; ++i) {
    const CountTerm none = {k[static_cast<size_t>(i)], 0};
    CHECK(coverage[i] ==
          Approx(1 - std::exp(ScaledLogProbability(none, 0.2, 1.7, 0.3))).epsilon(1e-10));
  }
}

TEST_CASE("a window of binomial probabilities is normalised and reaches far", "[law]") {
  const BinomialWindow window(10000, 0.25);
  CHECK(window.probability.sum() == Approx(1).epsilon(1e-14));
  CHECK(window.first < 2500 - 12 * 43);
  CHECK(window.Last() > 2500 + 12 * 43);
  const BinomialWindow small(3, 0.5);
  CHECK(small.first == 0);
  CHECK(small.probability[1] == Approx(0.375));
}

TEST_CASE("counts without a beta-binomial are told apart", "[law]") {
  const auto classify = [](const std::vector<CountTerm>& terms) {
    return Classify(terms, VectorXd::Ones(static_cast<Eigen::Index>(terms.size())));
  };
  CHECK(classify({{10, 0}, {20, 0}}) == Dispersion::kAllWrong);
  CHECK(classify({{10, 10}, {20, 20}}) == Dispersion::kAllRight);
  CHECK(classify({{10, 10}, {20, 0}}) == Dispersion::kEither);
  CHECK(classify({{1, 1}, {1, 0}}) == Dispersion::kEither);
  CHECK(classify({{10, 4}, {10, 4}, {20, 8}}) == Dispersion::kBinomial);
  CHECK(classify({{10, 4}}) == Dispersion::kBinomial);
  CHECK(classify({{10, 1}, {10, 8}}) == Dispersion::kOver);
}

}  // namespace
}  // namespace kinetics
