#include "kinetics/law/beta_binomial.h"

#include <cmath>

#include "kinetics/law/gamma.h"

namespace kinetics {

LogProbability BetaBinomial(const CountTerm& term, double alpha, double beta) {
  // C(n, c) is in the factorials of the three.
  const Derivatives right = LogRising(alpha, term.c);
  const Derivatives wrong = LogRising(beta, term.n - term.c);
  const Derivatives all = LogRising(alpha + beta, term.n);
  LogProbability result;
  result.value = right.value + wrong.value - all.value;
  result.gradient << right.first - all.first, wrong.first - all.first;
  result.hessian << right.second - all.second, -all.second, -all.second, wrong.second - all.second;
  return result;
}

void LogParameterSum::Add(double weight, const LogProbability& log_probability) {
  sum_.value += weight * log_probability.value;
  sum_.gradient += weight * log_probability.gradient;
  sum_.hessian += weight * log_probability.hessian;
}

SecondOrder LogParameterSum::Negative() const {
  // With x = exp(u): df/du = x df/dx, and d2f/du2 = x2 d2f/dx2 + x df/dx.
  const Eigen::Vector2d x(alpha_, beta_);
  SecondOrder negative;
  negative.value = -sum_.value;
  negative.gradient = -x.cwiseProduct(sum_.gradient);
  negative.hessian = -(x.asDiagonal() * sum_.hessian * x.asDiagonal());
  negative.hessian.diagonal() += negative.gradient;
  return negative;
}

SecondOrder BetaBinomialLoss(const std::vector<CountTerm>& terms, const Eigen::VectorXd& weights,
                             const Eigen::Vector2d& log_parameters) {
  const double alpha = std::exp(log_parameters[0]);
  const double beta = std::exp(log_parameters[1]);
  LogParameterSum sum(alpha, beta);
  for (size_t i = 0; i < terms.size(); ++i) {
    if (const double weight = weights[static_cast<Eigen::Index>(i)]; weight > 0) {
      sum.Add(weight, BetaBinomial(terms[i], alpha, beta));
    }
  }
  return sum.Negative();
}

Dispersion Classify(const std::vector<CountTerm>& terms, const Eigen::VectorXd& weights) {
  double samples = 0;
  double right = 0;
  bool is_either = true;
  for (size_t i = 0; i < terms.size(); ++i) {
    const double weight = weights[static_cast<Eigen::Index>(i)];
    samples += weight * static_cast<double>(terms[i].n);
    right += weight * static_cast<double>(terms[i].c);
    is_either = is_either && (weight == 0 || terms[i].c == 0 || terms[i].c == terms[i].n);
  }
  if (right == 0) {
    return Dispersion::kAllWrong;
  }
  if (right == samples) {
    return Dispersion::kAllRight;
  }
  // For n = 1 only the mean is determined; what has no more than one sample is kEither.
  if (is_either) {
    return Dispersion::kEither;
  }
  const double p = right / samples;
  double score = 0;  // up to a factor; the terms that are linear in c - n p add up to 0
  for (size_t i = 0; i < terms.size(); ++i) {
    const auto n = static_cast<double>(terms[i].n);
    const auto c = static_cast<double>(terms[i].c);
    const double excess = c - n * p;
    score += weights[static_cast<Eigen::Index>(i)] * (excess * excess - n * p * (1 - p));
  }
  return score > 0 ? Dispersion::kOver : Dispersion::kBinomial;
}

}  // namespace kinetics
