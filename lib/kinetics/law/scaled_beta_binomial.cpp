#include "kinetics/law/scaled_beta_binomial.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "kinetics/law/gamma.h"

namespace kinetics {

using Eigen::ArrayXd;
using Eigen::Index;

/// log[(x)_k / k!] and its derivatives in x, for a number of k.
struct Rising {
  explicit Rising(Index size) : value(size), first(size), second(size) {}

  void Set(Index i, const Derivatives& at) {
    value[i] = at.value;
    first[i] = at.first;
    second[i] = at.second;
  }

  ArrayXd value;
  ArrayXd first;
  ArrayXd second;
};

namespace {

using View = Eigen::Map<const ArrayXd>;

/// For k = first, first + 1, ... last.
Rising RisingTable(double x, int64_t first, int64_t last) {
  Rising table(last - first + 1);
  table.Set(0, LogRising(x, first));
  for (Index i = 0; i + 1 < table.value.size(); ++i) {
    const auto k = static_cast<double>(first + i);
    const double inverse = 1 / (x + k);
    table.value[i + 1] = table.value[i] + std::log((x + k) / (k + 1));
    table.first[i + 1] = table.first[i] + inverse;
    table.second[i + 1] = table.second[i] - inverse * inverse;
  }
  return table;
}

/// For k = first, first + stride, ...
Rising RisingNodes(double x, int64_t first, int64_t stride, Index size) {
  Rising nodes(size);
  for (Index i = 0; i < size; ++i) {
    nodes.Set(i, LogRising(x, first + i * stride));
  }
  return nodes;
}

/// Derivatives of a Rising, from one of its k on.
struct Slopes {
  Slopes(const Rising& rising, Index begin, Index size)
      : first(rising.first.data() + begin, size), second(rising.second.data() + begin, size) {}
  View first;
  View second;
};

/// The logarithm of the sum of terms, with its derivatives, from their logarithms and the slopes of
/// (beta)_(m - c) and (alpha + beta)_m in them; `right` is their common factor (alpha)_c / c!.
LogProbability LogSum(const Derivatives& right, const ArrayXd& log_term, const Slopes& wrong,
                      const Slopes& all) {
  const double peak = log_term.maxCoeff();
  constexpr double kNegligible = 42;  // exp(-42) is below the rounding of a thousand terms
  Index begin = 0;
  Index size = log_term.size();
  while (log_term[begin] < peak - kNegligible) {
    ++begin;
  }
  while (log_term[size - 1] < peak - kNegligible) {
    --size;
  }
  size -= begin;
  const ArrayXd share = (log_term.segment(begin, size) - peak).exp();
  const auto all_first = all.first.segment(begin, size);
  const auto all_second = all.second.segment(begin, size);
  const auto wrong_second = wrong.second.segment(begin, size);
  // The slopes of a term's logarithm in alpha + beta alone, and in beta with alpha held.
  const ArrayXd by_all = -all_first;
  const ArrayXd by_beta = wrong.first.segment(begin, size) - all_first;
  const double sum = share.sum();
  const Eigen::Vector2d slope((share * by_all).sum() / sum, (share * by_beta).sum() / sum);
  const double curvature = -(share * all_second).sum() / sum;
  const double aa = (share * by_all.square()).sum() / sum + curvature;
  const double ab = (share * by_all * by_beta).sum() / sum + curvature;
  const double bb = (share * (by_beta.square() + wrong_second)).sum() / sum + curvature;
  LogProbability result;
  result.value = right.value + peak + std::log(sum);
  result.gradient = slope + Eigen::Vector2d(right.first, 0);
  result.hessian << aa + right.second, ab, ab, bb;
  result.hessian -= slope * slope.transpose();
  return result;
}

/// Whether every second of the terms gives the sum of all but for a share of 1e-8. The error of the
/// trapezoid rule is at least squared where the stride is halved (for a normal density it is 2
/// exp(-2 pi^2 sigma^2 / stride^2)): that of all is then rounding.
bool IsSmooth(const ArrayXd& log_term) {
  constexpr double kAgree = 1e-8;
  const ArrayXd share = (log_term - log_term.maxCoeff()).exp();
  const Index pairs = share.size() / 2;
  const Eigen::Map<const ArrayXd, 0, Eigen::InnerStride<2>> even(share.data(), pairs);
  const Eigen::Map<const ArrayXd, 0, Eigen::InnerStride<2>> odd(share.data() + 1, pairs);
  return pairs > 0 && std::abs(even.sum() - odd.sum()) < kAgree * share.sum();
}

/// Every how many m to start with in a window: a power of two, at most 0.4 standard deviations.
int64_t StrideOf(int64_t n, double s) {
  constexpr double kMost = 0.4;
  const double limit = kMost * std::sqrt(static_cast<double>(n) * s * (1 - s));
  int64_t stride = 1;
  while (2 * static_cast<double>(stride) <= limit) {
    stride *= 2;
  }
  return stride;
}

}  // namespace

/// What does not depend on c, at one pair of parameters.
struct ScaledBetaBinomial::Tables {
  Rising wrong;  // of beta, from 0
  Rising all;    // of alpha + beta, from `first`
  int64_t first;
};

ScaledBetaBinomial::ScaledBetaBinomial(const std::vector<CountTerm>& terms, double scale)
    : terms_(terms) {
  constexpr int64_t kLongestTable = 50'000;
  std::map<int64_t, size_t> windows;
  window_of_.reserve(terms.size());
  bool is_first = true;
  for (const CountTerm& term : terms) {
    const auto [found, is_new] = windows.emplace(term.n, windows.size());
    window_of_.push_back(found->second);
    if (!is_new) {
      continue;
    }
    const BinomialWindow window(term.n, scale);
    const bool is_long = window.Last() > kLongestTable;
    windows_.push_back({.n = term.n,
                        .first = window.first,
                        .log_probability = window.probability.log(),
                        .stride = is_long ? StrideOf(term.n, scale) : 0});
    if (!is_long) {
      first_ = is_first ? window.first : std::min(first_, window.first);
      last_ = std::max(last_, window.Last());
      is_first = false;
    }
  }
}

LogProbability ScaledBetaBinomial::SumOverTables(const Window& window, int64_t c, double alpha,
                                                 const Tables& tables) {
  const int64_t m = std::max(window.first, c);
  const Index size = window.Last() - m + 1;
  const Index all = m - tables.first;
  const ArrayXd log_term = window.log_probability.tail(size) - tables.all.value.segment(all, size) +
                           tables.wrong.value.segment(m - c, size);
  return LogSum(LogRising(alpha, c), log_term, Slopes(tables.wrong, m - c, size),
                Slopes(tables.all, all, size));
}

LogProbability ScaledBetaBinomial::SumOverWindow(const Window& window, int64_t c, double alpha,
                                                 double beta) {
  const int64_t m = std::max(window.first, c);
  // Terms that begin or end with a jump are no smooth density.
  const bool has_edge = m == c || window.Last() == window.n;
  for (int64_t stride = has_edge ? 1 : window.stride;; stride /= 2) {
    const Index size = (window.Last() - m) / stride + 1;
    const bool is_all = stride == 1;
    const Rising wrong = is_all ? RisingTable(beta, m - c, window.Last() - c)
                                : RisingNodes(beta, m - c, stride, size);
    const Rising all = is_all ? RisingTable(alpha + beta, m, window.Last())
                              : RisingNodes(alpha + beta, m, stride, size);
    const Eigen::Map<const ArrayXd, 0, Eigen::InnerStride<>> weight(
        window.log_probability.data() + (m - window.first), size, Eigen::InnerStride<>(stride));
    const ArrayXd log_term = weight - all.value + wrong.value;
    if (is_all || IsSmooth(log_term)) {
      LogProbability sum =
          LogSum(LogRising(alpha, c), log_term, Slopes(wrong, 0, size), Slopes(all, 0, size));
      sum.value += std::log(static_cast<double>(stride));
      return sum;
    }
  }
}

SecondOrder ScaledBetaBinomial::Loss(const Eigen::VectorXd& weights,
                                     const Eigen::Vector2d& log_parameters) const {
  const double alpha = std::exp(log_parameters[0]);
  const double beta = std::exp(log_parameters[1]);
  const Tables tables = {.wrong = RisingTable(beta, 0, last_),
                         .all = RisingTable(alpha + beta, first_, last_),
                         .first = first_};
  LogParameterSum sum(alpha, beta);
  for (size_t i = 0; i < terms_.size(); ++i) {
    if (const double weight = weights[static_cast<Eigen::Index>(i)]; weight > 0) {
      const Window& window = windows_[window_of_[i]];
      sum.Add(weight, window.stride == 0 ? SumOverTables(window, terms_[i].c, alpha, tables)
                                         : SumOverWindow(window, terms_[i].c, alpha, beta));
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
