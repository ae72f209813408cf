#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace kinetics {

/// A number and its derivatives with respect to `N` others, so that a formula that is written once
/// gives its gradient too: f(x + e) = f(x) + f'(x) e.
template <size_t N>
struct Dual {
  double value = 0;
  std::array<double, N> gradient{};

  constexpr Dual() = default;
  constexpr Dual(double x) : value(x) {}  // NOLINT(google-explicit-constructor): a constant

  /// The `i`-th of the numbers to differentiate by, times `scale`.
  static Dual Variable(double x, size_t i, double scale = 1) {
    Dual variable(x);
    variable.gradient[i] = scale;
    return variable;
  }

  friend Dual operator+(const Dual& a, const Dual& b) {
    Dual sum(a.value + b.value);
    for (size_t i = 0; i < N; ++i) {
      sum.gradient[i] = a.gradient[i] + b.gradient[i];
    }
    return sum;
  }
  friend Dual operator*(const Dual& a, const Dual& b) {
    Dual product(a.value * b.value);
    for (size_t i = 0; i < N; ++i) {
      product.gradient[i] = a.gradient[i] * b.value + a.value * b.gradient[i];
    }
    return product;
  }
  friend Dual operator/(const Dual& a, const Dual& b) {
    Dual quotient(a.value / b.value);
    for (size_t i = 0; i < N; ++i) {
      quotient.gradient[i] = (a.gradient[i] - quotient.value * b.gradient[i]) / b.value;
    }
    return quotient;
  }
  /// a^b for a >= 0; 0^b is the constant 0.
  friend Dual Power(const Dual& a, const Dual& b) {
    if (a.value <= 0) {
      return {};
    }
    Dual power(std::pow(a.value, b.value));
    const double by_base = b.value * power.value / a.value;
    const double by_exponent = power.value * std::log(a.value);
    for (size_t i = 0; i < N; ++i) {
      power.gradient[i] = by_base * a.gradient[i] + by_exponent * b.gradient[i];
    }
    return power;
  }
};

/// a^b for a >= 0, as for Dual.
inline double Power(double a, double b) { return a > 0 ? std::pow(a, b) : 0; }

}  // namespace kinetics
