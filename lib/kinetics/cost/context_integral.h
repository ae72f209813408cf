#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace kinetics {

/// The integral over the context of a function that is smooth in its logarithm, but for one kink:
///
///   F(b) - F(a),  F(c) = int_0^c f(x) dx.
///
/// Tabulated once by Simpson's rule between some 200 contexts an eighth apart, and interpolated by
/// the cubic through F and its derivative f at both ends of an interval: to 1e-5 of F or better for
/// the formulas of operations.
class ContextIntegral {
 public:
  /// `f` is called at whole contexts from 0 to twice kMostTokens, beyond which it counts as
  /// constant. `kink`: where its slope jumps, above 0.
  ContextIntegral(const std::function<double(int64_t)>& f, std::optional<int64_t> kink);

  /// 0 <= from <= to.
  double Between(double from, double to) const { return Below(to) - Below(from); }

 private:
  double Below(double context) const;

  std::vector<double> contexts_;
  std::vector<double> values_;     // f there
  std::vector<double> integrals_;  // F there
};

}  // namespace kinetics
