#pragma once

#include <cstdint>

namespace kinetics {

/// log Gamma(x), x > 0; absolute error about 4e-15 (1 + |log Gamma(x)|). Safe to call from several
/// threads, which std::lgamma is not.
double LogGamma(double x);

/// A function's value with its first and second derivative.
struct Derivatives {
  double value = 0;
  double first = 0;
  double second = 0;
};

/// log[(x)_k / k!] and its derivatives in x, with (x)_k = x (x + 1) ... (x + k - 1), x > 0, k >= 0:
///
///   value  = log Gamma(x + k) - log Gamma(x) - log k!
///   first  = psi(x + k) - psi(x)
///   second = psi'(x + k) - psi'(x)
///
/// Binomial and beta-binomial probabilities are products and quotients of (x)_k / k!, which stay
/// moderate where the gamma functions in them do not: nothing cancels but what is small.
Derivatives LogRising(double x, int64_t k);

}  // namespace kinetics
