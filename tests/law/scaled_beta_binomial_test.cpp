// The scaled beta-binomial of many samples against the sum over all m.
#include "kinetics/law/scaled_beta_binomial.h"

#include <cmath>

#include "tests/test.h"

namespace kinetics {
namespace {

using Eigen::Matrix2d;
using Eigen::Vector2d;
using Eigen::VectorXd;

/// The sum over every m of the window, one beta-binomial at a time.
LogProbability SumOfAll(const CountTerm& term, double scale, double alpha, double beta) {
  const BinomialWindow window(term.n, scale);
  std::vector<LogProbability> parts;
  double peak = -std::numeric_limits<double>::infinity();
  for (int64_t m = std::max(window.first, term.c); m <= window.Last(); ++m) {
    parts.push_back(BetaBinomial({m, term.c}, alpha, beta));
    parts.back().value += std::log(window.probability[m - window.first]);
    peak = std::max(peak, parts.back().value);
  }
  double sum = 0;
  Vector2d slope = Vector2d::Zero();
  Matrix2d curvature = Matrix2d::Zero();
  for (const LogProbability& part : parts) {
    const double share = std::exp(part.value - peak);
    sum += share;
    slope += share * part.gradient;
    curvature += share * (part.hessian + part.gradient * part.gradient.transpose());
  }
  slope /= sum;
  return {.value = peak + std::log(sum),
          .gradient = slope,
          .hessian = curvature / sum - slope * slope.transpose()};
}

void CheckTerm(const CountTerm& term, double scale, double alpha, double beta) {
  INFO(term.n << " " << term.c << " scale " << scale << " of " << alpha << ", " << beta);
  const LogProbability all = SumOfAll(term, scale, alpha, beta);
  if (all.value < -45) {  // what the window of m is exact for
    return;
  }
  LogParameterSum sum(alpha, beta);
  sum.Add(1, all);
  const SecondOrder expected = sum.Negative();
  const std::vector<CountTerm> terms = {term};
  const SecondOrder found =
      ScaledBetaBinomial(terms, scale).Loss(VectorXd::Ones(1), {std::log(alpha), std::log(beta)});
  CHECK(found.value == Approx(expected.value).epsilon(1e-10));
  // Derivatives of the gamma functions lose digits to the size of alpha and beta.
  const double rounding = 1e-8 * (1 + expected.hessian.norm()) + 1e-13 * std::pow(alpha + beta, 2);
  CHECK((found.gradient - expected.gradient).norm() < rounding);
  CHECK((found.hessian - expected.hessian).norm() < rounding);
}

TEST_CASE("sums over every so many m are those over all", "[law]") {
  for (const int64_t n : {100'000, 1'000'000}) {
    for (const double scale : {0.002, 0.2, 0.97, 0.999999}) {
      const auto most = static_cast<int64_t>(scale * static_cast<double>(n));
      for (const int64_t c :
           {int64_t{0}, int64_t{1}, most / 300, most / 2, most - most / 130, most - 30, most}) {
        for (const auto& [alpha, beta] :
             {std::pair(0.05, 2.0), std::pair(0.3, 0.01), std::pair(3.0, 40.0), std::pair(2e3, 2e3),
              std::pair(3e4, 90.0)}) {
          CheckTerm({n, c}, scale, alpha, beta);
        }
      }
    }
  }
}

TEST_CASE("few and many samples share a likelihood", "[law]") {
  const std::vector<CountTerm> terms = {{1000, 40}, {1'000'000, 3000}, {500'000, 0}, {10, 1}};
  const VectorXd weights = (VectorXd(4) << 2, 1, 3, 1).finished();
  LogParameterSum sum(0.2, 3);
  for (size_t i = 0; i < terms.size(); ++i) {
    sum.Add(weights[static_cast<Eigen::Index>(i)], SumOfAll(terms[i], 0.3, 0.2, 3));
  }
  const SecondOrder found =
      ScaledBetaBinomial(terms, 0.3).Loss(weights, {std::log(0.2), std::log(3.0)});
  CHECK(found.value == Approx(sum.Negative().value).epsilon(1e-11));
  CHECK((found.gradient - sum.Negative().gradient).norm() < 1e-9);
}

}  // namespace
}  // namespace kinetics
