#pragma once

#include <Eigen/Core>
#include <span>
#include <string_view>
#include <vector>

namespace kinetics {

/// The curves that can be fitted; CurveFormSpec::formula says what each computes.
enum class CurveForm {
  kPower,
  kSaturatingPower,
  kExponentialPower,
  kTwoTermPower,
  kLogistic,
  kLogNormalCdf,
  kBrokenPower,
  kLogLinear,
};

/// A coefficient c_j and the basis function that it multiplies.
struct CurveTerm {
  enum class Sign {
    kFree,
    kNonNegative,  ///< Bounded at 0: it may vanish, as an irreducible loss may.
    kPositive,     ///< Fitted as its logarithm.
  };
  std::string_view name;
  Sign sign = Sign::kFree;
  /// Reported at x = 1, which may be far from the points: worth giving at the centre too.
  bool is_power = false;
};

/// A parameter s_k that a basis function depends on, and where to look for it. R is the range of
/// the input's logarithm.
struct CurveShape {
  enum class Axis {
    kExponent,        ///< [low, high] / R, geometric; the parameter is at least 0.
    kSignedExponent,  ///< The same and its negative.
    kLocation,        ///< [low, high] * R from the smallest, evenly.
    kLogWidth,        ///< Logarithms of [low, high] * R, evenly.
  };
  std::string_view name;
  size_t term = 0;   ///< The one basis function that depends on it.
  size_t input = 0;  ///< Which x it belongs to.
  Axis axis = Axis::kExponent;
  double low = 0, high = 0;
  size_t cells = 0;  ///< Of each sign.
};

/// A curve as coefficients times basis functions of centred logarithms u = ln x - centre:
///
///   y = g(sum_j c_j phi_j(u; s)), with g(t) = t, or exp(t) for a log link.
///
/// So for fixed shapes s the coefficients are a linear least-squares problem (variable
/// projection), and centring keeps coefficients and exponents from being collinear.
struct CurveFormSpec {
  CurveForm form;
  std::string_view name;
  std::string_view formula;  ///< In `x` or x1 and x2, and the parameters' names.
  size_t inputs = 1;
  bool log_link = false;
  std::vector<CurveTerm> terms;
  std::vector<CurveShape> shapes;
  /// Writes phi (points x terms) and, where not null, d phi_term(k) / d s_k (points x shapes).
  /// Both have the right size on entry.
  void (*basis)(const Eigen::ArrayXXd& u, const double* shapes, Eigen::ArrayXXd& phi,
                Eigen::ArrayXXd* slopes);
  /// Turns `values` (coefficients, then shapes) into the formula's parameters at x itself.
  void (*uncentre)(const double* centre, double* values);

  size_t Parameters() const { return terms.size() + shapes.size(); }
  /// Of a term or, after the terms, of a shape.
  std::string_view ParameterName(size_t index) const {
    return index < terms.size() ? terms[index].name : shapes[index - terms.size()].name;
  }
};

/// All forms, in the order of CurveForm.
std::span<const CurveFormSpec> CurveForms();

/// One of them.
const CurveFormSpec& Spec(CurveForm form);

}  // namespace kinetics
