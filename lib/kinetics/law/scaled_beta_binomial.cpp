#include "kinetics/law/scaled_beta_binomial.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "kinetics/law/gamma.h"

namespace kinetics {

using Eigen::ArrayXd;

BinomialWindow::BinomialWindow(int64_t n, double s) {
  constexpr double kNegligible = 1e-40;  // of the largest
  const auto count = static_cast<double>(n);
  const auto mode = std::min(n, static_cast<int64_t>((count + 1) * s));
  if (s >= 1) {
    first = n;
    probability = ArrayXd::Ones(1);
    return;
  }
  const double odds = s / (1 - s);
  std::vector<double> below;  // relative to the mode's, from it downwards
  double share = 1;
  for (int64_t m = mode; m > 0 && share > kNegligible; --m) {
    share *= static_cast<double>(m) / (static_cast<double>(n - m + 1) * odds);
    below.push_back(share);
  }
  std::vector<double> from_mode = {1};
  share = 1;
  for (int64_t m = mode; m < n && share > kNegligible; ++m) {
    share *= static_cast<double>(n - m) * odds / static_cast<double>(m + 1);
    from_mode.push_back(share);
  }
  std::reverse(below.begin(), below.end());
  first = mode - static_cast<int64_t>(below.size());
  below.insert(below.end(), from_mode.begin(), from_mode.end());
  probability = Eigen::Map<const ArrayXd>(below.data(), static_cast<Eigen::Index>(below.size()));
  probability /= probability.sum();
}

namespace {

/// log[(x)_k / k!] and its derivatives in x, for k = first, first + 1, ... last.
class RisingTable {
 public:
  RisingTable(double x, int64_t first, int64_t last)
      : first_k_(first), value_(last - first + 1), first_(value_.size()), second_(value_.size()) {
    const Derivatives start = LogRising(x, first);
    value_[0] = start.value;
    first_[0] = start.first;
    second_[0] = start.second;
    for (Eigen::Index i = 0; i + 1 < value_.size(); ++i) {
      const auto k = static_cast<double>(first + i);
      const double inverse = 1 / (x + k);
      value_[i + 1] = value_[i] + std::log((x + k) / (k + 1));
      first_[i + 1] = first_[i] + inverse;
      second_[i + 1] = second_[i] - inverse * inverse;
    }
  }

  auto Value(int64_t k, int64_t size) const { return value_.segment(k - first_k_, size); }
  auto First(int64_t k, int64_t size) const { return first_.segment(k - first_k_, size); }
  auto Second(int64_t k, int64_t size) const { return second_.segment(k - first_k_, size); }

 private:
  int64_t first_k_;
  ArrayXd value_;
  ArrayXd first_;
  ArrayXd second_;
};

}  // namespace

/// What does not depend on c, at one pair of parameters.
struct ScaledBetaBinomial::Tables {
  RisingTable wrong;  // of beta
  RisingTable all;    // of alpha + beta
};

ScaledBetaBinomial::ScaledBetaBinomial(const std::vector<CountTerm>& terms, double scale)
    : terms_(terms) {
  std::map<int64_t, size_t> windows;
  window_of_.reserve(terms.size());
  for (const CountTerm& term : terms) {
    const auto [found, is_new] = windows.emplace(term.n, windows.size());
    window_of_.push_back(found->second);
    if (is_new) {
      const BinomialWindow window(term.n, scale);
      first_.push_back(window.first);
      log_probability_.push_back(window.probability.log());
      last_ = std::max(last_, window.Last());
    }
  }
}

LogProbability ScaledBetaBinomial::Evaluate(size_t term, double alpha, const Tables& tables) const {
  const int64_t c = terms_[term].c;
  const size_t window = window_of_[term];
  const ArrayXd& weight = log_probability_[window];
  int64_t m = std::max(first_[window], c);
  int64_t size = first_[window] + weight.size() - m;
  ArrayXd log_term =
      weight.tail(size) - tables.all.Value(m, size) + tables.wrong.Value(m - c, size);
  const double peak = log_term.maxCoeff();
  constexpr double kNegligible = 42;  // exp(-42) is below the rounding of a thousand terms
  int64_t begin = 0;
  while (log_term[begin] < peak - kNegligible) {
    ++begin;
  }
  while (log_term[size - 1] < peak - kNegligible) {
    --size;
  }
  size -= begin;
  m += begin;
  const ArrayXd share = (log_term.segment(begin, size) - peak).exp();
  const auto all_first = tables.all.First(m, size);
  const auto all_second = tables.all.Second(m, size);
  const auto wrong_second = tables.wrong.Second(m - c, size);
  // The slopes of a term's logarithm in alpha + beta alone, and in beta with alpha held.
  const ArrayXd by_all = -all_first;
  const ArrayXd by_beta = tables.wrong.First(m - c, size) - all_first;
  const double sum = share.sum();
  const Eigen::Vector2d slope((share * by_all).sum() / sum, (share * by_beta).sum() / sum);
  const double curvature = -(share * all_second).sum() / sum;
  const Derivatives right = LogRising(alpha, c);
  LogProbability result;
  result.value = right.value + peak + std::log(sum);
  result.gradient = slope + Eigen::Vector2d(right.first, 0);
  const double aa = (share * by_all.square()).sum() / sum + curvature;
  const double ab = (share * by_all * by_beta).sum() / sum + curvature;
  const double bb = (share * (by_beta.square() + wrong_second)).sum() / sum + curvature;
  result.hessian << aa + right.second, ab, ab, bb;
  result.hessian -= slope * slope.transpose();
  return result;
}

SecondOrder ScaledBetaBinomial::Loss(const Eigen::VectorXd& weights,
                                     const Eigen::Vector2d& log_parameters) const {
  const double alpha = std::exp(log_parameters[0]);
  const double beta = std::exp(log_parameters[1]);
  const int64_t least = *std::min_element(first_.begin(), first_.end());
  const Tables tables = {.wrong = RisingTable(beta, 0, last_),
                         .all = RisingTable(alpha + beta, least, last_)};
  LogParameterSum sum(alpha, beta);
  for (size_t i = 0; i < terms_.size(); ++i) {
    if (const double weight = weights[static_cast<Eigen::Index>(i)]; weight > 0) {
      sum.Add(weight, Evaluate(i, alpha, tables));
    }
  }
  return sum.Negative();
}

ScaledCoverage::ScaledCoverage(const std::vector<int64_t>& k, double scale) {
  windows_.reserve(k.size());
  for (const int64_t count : k) {
    windows_.emplace_back(count, scale);
  }
}

Eigen::VectorXd ScaledCoverage::At(double alpha, double beta) const {
  int64_t last = 0;
  for (const BinomialWindow& window : windows_) {
    last = std::max(last, window.Last());
  }
  ArrayXd log_wrong(last + 1);  // log of (beta)_m / (alpha + beta)_m
  log_wrong[0] = 0;
  for (Eigen::Index m = 0; m < last; ++m) {
    log_wrong[m + 1] = log_wrong[m] + std::log1p(-alpha / (alpha + beta + static_cast<double>(m)));
  }
  const ArrayXd right = -log_wrong.unaryExpr([](double x) { return std::expm1(x); });
  Eigen::VectorXd coverage(static_cast<Eigen::Index>(windows_.size()));
  for (size_t i = 0; i < windows_.size(); ++i) {
    const BinomialWindow& window = windows_[i];
    coverage[static_cast<Eigen::Index>(i)] =
        (window.probability * right.segment(window.first, window.probability.size())).sum();
  }
  return coverage;
}

}  // namespace kinetics
