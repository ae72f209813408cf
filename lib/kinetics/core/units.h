#pragma once

#include <compare>

namespace kinetics {

/// A double that carries its dimension. Values are in base units: FLOP, byte, second.
/// Costs nothing at run time; confusing FLOP with FLOP/s, or FLOP with bytes, does not compile.
template <int Flop, int Byte, int Second>
struct Quantity {
  double value = 0;

  constexpr auto operator<=>(const Quantity&) const = default;

  constexpr Quantity& operator+=(Quantity other) {
    value += other.value;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return {a.value + b.value}; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return {a.value - b.value}; }
  friend constexpr Quantity operator*(double k, Quantity a) { return {k * a.value}; }
};

template <int F1, int B1, int S1, int F2, int B2, int S2>
constexpr auto operator*(Quantity<F1, B1, S1> a, Quantity<F2, B2, S2> b) {
  return Quantity<F1 + F2, B1 + B2, S1 + S2>{a.value * b.value};
}

template <int F1, int B1, int S1, int F2, int B2, int S2>
constexpr auto operator/(Quantity<F1, B1, S1> a, Quantity<F2, B2, S2> b) {
  return Quantity<F1 - F2, B1 - B2, S1 - S2>{a.value / b.value};
}

using Flops = Quantity<1, 0, 0>;
using Bytes = Quantity<0, 1, 0>;
using Seconds = Quantity<0, 0, 1>;
using FlopsPerSecond = Quantity<1, 0, -1>;
using BytesPerSecond = Quantity<0, 1, -1>;
using FlopsPerByte = Quantity<1, -1, 0>;

}  // namespace kinetics
