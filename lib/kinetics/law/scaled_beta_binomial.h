#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "kinetics/law/beta_binomial.h"
#include "kinetics/law/binomial_window.h"
#include "kinetics/law/newton.h"

namespace kinetics {

/// The scaled beta-binomial distribution: c of n where each problem's chance is s q, q being
/// Beta(alpha, beta). Thinning n by s first makes it a mixture of beta-binomials, a sum of positive
/// terms (with j = m - c that of Schaeffer et al., arXiv 2502.17578, after Euler's transformation):
///
///   P(c) = sum over m from c to n of C(n, m) s^m (1 - s)^(n - m) BetaBinomial(c | m, alpha, beta).
///
/// The binomial factor does not depend on the parameters and is worked out once. It also limits the
/// sum: a beta-binomial is at most 1, so what BinomialWindow leaves out is below 1e-35 of P, which
/// is nothing where P is above 1e-20. Evaluated in logarithms about the largest term.
///
/// Of many thousand m the terms are nearly a normal density in m, and every so many of them give
/// the sum to rounding (the trapezoid rule): n = 1e6 costs little more than 1e4.
class ScaledBetaBinomial {
 public:
  /// `scale` in (0, 1], and at least c / n of every term that will have a weight.
  ScaledBetaBinomial(const std::vector<CountTerm>& terms, double scale);

  /// The negative log-likelihood of weighted terms (those of the constructor) as a function of
  /// (log alpha, log beta). About 5 ns for each term and m; at n = 1e6 about 20 us a term.
  SecondOrder Loss(const Eigen::VectorXd& weights, const Eigen::Vector2d& log_parameters) const;

 private:
  struct Tables;

  /// The window of one n.
  struct Window {
    int64_t n;
    int64_t first;  // m
    Eigen::ArrayXd log_probability;
    int64_t stride;  // 0: short enough for the tables that terms share
    int64_t Last() const { return first + log_probability.size() - 1; }
  };

  static LogProbability SumOverTables(const Window& window, int64_t c, double alpha,
                                      const Tables& tables);
  static LogProbability SumOverWindow(const Window& window, int64_t c, double alpha, double beta);

  const std::vector<CountTerm>& terms_;
  std::vector<size_t> window_of_;  // by term
  std::vector<Window> windows_;
  int64_t first_ = 0;  // smallest and largest m of the windows that share tables
  int64_t last_ = 0;
};

/// Coverage at every k where each problem's chance is s q, q being Beta(alpha, beta):
///
///   coverage(k) = 1 - E[(1 - s q)^k] = sum over m of C(k, m) s^m (1 - s)^(k - m) (1 - (beta)_m /
///                                      (alpha + beta)_m),
///
/// a sum of positive terms, so that small coverages keep their digits.
class ScaledCoverage {
 public:
  ScaledCoverage(const std::vector<int64_t>& k, double scale);
  Eigen::VectorXd At(double alpha, double beta) const;

 private:
  std::vector<BinomialWindow> windows_;  // by k
};

}  // namespace kinetics
