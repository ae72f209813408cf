#include "kinetics/law/coverage_laws.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "kinetics/law/scaled_beta_binomial.h"
#include "kinetics/records/coverage.h"
#include "kinetics/solve/solver.h"

namespace kinetics {

using Eigen::Vector2d;
using Eigen::VectorXd;

CoverageData::CoverageData(const CountGroup& group, std::vector<int64_t> k_list)
    : k(std::move(k_list)) {
  std::map<std::pair<int64_t, int64_t>, size_t> index;
  term_of.reserve(group.problems.size());
  for (const ProblemCount& problem : group.problems) {
    const auto [found, is_new] = index.emplace(std::pair(problem.n, problem.c), terms.size());
    term_of.push_back(found->second);
    if (is_new) {
      terms.push_back({.n = problem.n, .c = problem.c});
    }
  }
  log_k.resize(static_cast<Eigen::Index>(k.size()));
  pass_at_k.resize(static_cast<Eigen::Index>(terms.size()), log_k.size());
  for (Eigen::Index j = 0; j < log_k.size(); ++j) {
    log_k[j] = std::log(static_cast<double>(k[static_cast<size_t>(j)]));
  }
  for (Eigen::Index i = 0; i < pass_at_k.rows(); ++i) {
    const CountTerm& term = terms[static_cast<size_t>(i)];
    const std::vector<double> curve = CoverageCurve(term.n, term.c, k.empty() ? 0 : k.back());
    for (Eigen::Index j = 0; j < log_k.size(); ++j) {
      pass_at_k(i, j) = curve[static_cast<size_t>(k[static_cast<size_t>(j)] - 1)];
    }
  }
}

VectorXd CoverageData::Weights(const VectorXd& by_problem) const {
  VectorXd weights = VectorXd::Zero(pass_at_k.rows());
  for (size_t i = 0; i < term_of.size(); ++i) {
    weights[static_cast<Eigen::Index>(term_of[i])] += by_problem[static_cast<Eigen::Index>(i)];
  }
  return weights;
}

VectorXd CoverageData::Coverage(const VectorXd& weights) const {
  return pass_at_k.transpose() * weights / weights.sum();
}

double CoverageData::Scale(const VectorXd& weights) const {
  double largest = 0;
  for (size_t i = 0; i < terms.size(); ++i) {
    if (weights[static_cast<Eigen::Index>(i)] > 0) {
      largest =
          std::max(largest, static_cast<double>(terms[i].c) / static_cast<double>(terms[i].n));
    }
  }
  const double problems = weights.sum();
  return std::min(1.0, (problems + 1) / problems * largest);
}

namespace {

/// Where to start looking for (u, b): at the law through the logarithms, or level at the first
/// coverage where these have none.
Vector2d ExponentialPowerStart(const std::optional<LogLogLaw>& log_log, const VectorXd& coverage) {
  if (log_log) {
    return {log_log->log_prefactor, -log_log->exponent};
  }
  return {std::log(-std::log(std::clamp(coverage[0], 1e-9, 1 - 1e-9))), 0};
}

/// Ceres' minimum of the sum of squares.
Vector2d SolveExponentialPower(const VectorXd& log_k, const VectorXd& coverage,
                               const Vector2d& start) {
  const LeastSquares problem = {
      .parameters = 2,
      .residuals = static_cast<size_t>(log_k.size()),
      .residual = [&](size_t i, const double* x, double* residual, double* gradient) {
        const auto at = static_cast<Eigen::Index>(i);
        const ExponentialPower law = EvaluateExponentialPower(x[0], x[1], log_k[at]);
        *residual = law.value - coverage[at];
        if (gradient != nullptr) {
          gradient[0] = law.first;
          gradient[1] = law.first * log_k[at];
        }
        return true;
      }};
  return Minimize(problem, start, {}).x;
}

std::optional<ExponentialPowerLaw> PolishExponentialPower(const VectorXd& log_k,
                                                          const VectorXd& coverage,
                                                          const Vector2d& start) {
  const NewtonMinimum minimum = MinimizeNewton(
      [&](const Vector2d& x) { return ExponentialPowerLoss(log_k, coverage, x); }, start);
  if (!minimum.converged) {
    return std::nullopt;
  }
  return ExponentialPowerLaw{
      .a = -std::exp(minimum.x[0]),
      .b = minimum.x[1],
      .sum_of_squares = 2 * ExponentialPowerLoss(log_k, coverage, minimum.x).value};
}

/// Whether exp(a k^b) can be fitted: two values of k, and coverage that is not 0 or 1 at all.
bool HasExponentialPower(const VectorXd& coverage) {
  return coverage.size() >= 2 && coverage.maxCoeff() > 0 && coverage.minCoeff() < 1;
}

/// Ceres' minimum of a likelihood, from the best of some starts with the mean chance `mean`.
Vector2d SolveLikelihood(const SecondOrderFunction& loss, double mean) {
  Vector2d best = Vector2d::Zero();
  double lowest = std::numeric_limits<double>::infinity();
  // alpha + beta = 10^-2, 10^-1.5, ... 10^5.
  for (int halves = -4; halves <= 10; ++halves) {
    const double log_total = halves * std::log(10.0) / 2;
    const Vector2d start(log_total + std::log(mean), log_total + std::log1p(-mean));
    if (const double value = loss(start).value; value < lowest) {
      lowest = value;
      best = start;
    }
  }
  const SmoothFunction function = {
      .parameters = 2, .evaluate = [&](const double* x, double* value, double* gradient) {
        if (std::max(std::abs(x[0]), std::abs(x[1])) > 2 * kRunaway) {
          return false;
        }
        const SecondOrder at = loss(Vector2d(x[0], x[1]));
        *value = at.value;
        if (gradient != nullptr) {
          Eigen::Map<Vector2d> out(gradient);
          out = at.gradient;
        }
        return true;
      }};
  const Solution solution = Minimize(function, best, {.function_tolerance = 1e-15});
  return solution.status == Solution::Status::kFailed ? best : Vector2d(solution.x);
}

std::optional<BetaBinomialLaw> PolishLikelihood(const SecondOrderFunction& loss, double problems,
                                                const Vector2d& start) {
  const NewtonMinimum minimum = MinimizeNewton(loss, start);
  if (!minimum.converged) {
    return std::nullopt;
  }
  return BetaBinomialLaw{.alpha = std::exp(minimum.x[0]),
                         .beta = std::exp(minimum.x[1]),
                         .negative_log_likelihood = minimum.value / problems};
}

/// The share of all samples that is right.
double MeanChance(const CoverageData& data, const VectorXd& weights) {
  double right = 0;
  double samples = 0;
  for (size_t i = 0; i < data.terms.size(); ++i) {
    const double weight = weights[static_cast<Eigen::Index>(i)];
    right += weight * static_cast<double>(data.terms[i].c);
    samples += weight * static_cast<double>(data.terms[i].n);
  }
  return right / samples;
}

std::optional<double> ImpliedExponent(const CoverageData& data, const ScaledCoverage& coverage,
                                      const BetaBinomialLaw& law) {
  const auto implied = FitLogLog(data.log_k, coverage.At(law.alpha, law.beta));
  return implied ? std::optional(implied->exponent) : std::nullopt;
}

Vector2d LogParameters(const BetaBinomialLaw& law) {
  return {std::log(law.alpha), std::log(law.beta)};
}

}  // namespace

CoverageLaws FitLaws(const CoverageData& data, const VectorXd& weights) {
  const VectorXd coverage = data.Coverage(weights);
  CoverageLaws laws = {.log_log = FitLogLog(data.log_k, coverage)};
  if (HasExponentialPower(coverage)) {
    const Vector2d start =
        SolveExponentialPower(data.log_k, coverage, ExponentialPowerStart(laws.log_log, coverage));
    laws.exponential_power = PolishExponentialPower(data.log_k, coverage, start);
  }
  if (Classify(data.terms, weights) != Dispersion::kOver) {
    return laws;
  }
  const double mean = MeanChance(data, weights);
  const SecondOrderFunction loss = [&](const Vector2d& x) {
    return BetaBinomialLoss(data.terms, weights, x);
  };
  laws.beta_binomial = PolishLikelihood(loss, weights.sum(), SolveLikelihood(loss, mean));
  const double scale = data.Scale(weights);
  const ScaledBetaBinomial distribution(data.terms, scale);
  const SecondOrderFunction scaled_loss = [&](const Vector2d& x) {
    return distribution.Loss(weights, x);
  };
  if (const auto law = PolishLikelihood(scaled_loss, weights.sum(),
                                        SolveLikelihood(scaled_loss, mean / scale))) {
    laws.scaled_beta_binomial = {
        .law = *law,
        .scale = scale,
        .implied_exponent = ImpliedExponent(data, ScaledCoverage(data.k, scale), *law)};
  }
  return laws;
}

CoverageLaws RefitLaws(const CoverageData& data, const VectorXd& weights, const ScaledModel& scaled,
                       const CoverageLaws& start) {
  const VectorXd coverage = data.Coverage(weights);
  CoverageLaws laws = {.log_log = FitLogLog(data.log_k, coverage)};
  if (start.exponential_power && HasExponentialPower(coverage)) {
    laws.exponential_power = PolishExponentialPower(
        data.log_k, coverage, {std::log(-start.exponential_power->a), start.exponential_power->b});
  }
  if (Classify(data.terms, weights) != Dispersion::kOver) {
    return laws;
  }
  if (start.beta_binomial) {
    laws.beta_binomial = PolishLikelihood(
        [&](const Vector2d& x) { return BetaBinomialLoss(data.terms, weights, x); }, weights.sum(),
        LogParameters(*start.beta_binomial));
  }
  if (start.scaled_beta_binomial) {
    if (const auto law = PolishLikelihood(
            [&](const Vector2d& x) { return scaled.distribution.Loss(weights, x); }, weights.sum(),
            LogParameters(start.scaled_beta_binomial->law))) {
      laws.scaled_beta_binomial = {
          .law = *law,
          .scale = scaled.scale,
          .implied_exponent = ImpliedExponent(data, scaled.coverage, *law)};
    }
  }
  return laws;
}

}  // namespace kinetics
