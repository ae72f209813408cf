#include "kinetics/law/curve_form.h"

#include <cmath>

namespace kinetics {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Axis = CurveShape::Axis;
using Sign = CurveTerm::Sign;

void PowerBasis(const ArrayXXd& u, const double* s, ArrayXXd& phi, ArrayXXd* slopes) {
  phi.col(0) = (s[0] * u.col(0)).exp();
  if (slopes != nullptr) {
    slopes->col(0) = u.col(0) * phi.col(0);
  }
}

void SaturatingBasis(const ArrayXXd& u, const double* s, ArrayXXd& phi, ArrayXXd* slopes) {
  phi.col(0).setOnes();
  phi.col(1) = (-s[0] * u.col(0)).exp();
  if (slopes != nullptr) {
    slopes->col(0) = -u.col(0) * phi.col(1);
  }
}

void TwoTermBasis(const ArrayXXd& u, const double* s, ArrayXXd& phi, ArrayXXd* slopes) {
  phi.col(0).setOnes();
  phi.col(1) = (-s[0] * u.col(0)).exp();
  phi.col(2) = (-s[1] * u.col(1)).exp();
  if (slopes != nullptr) {
    slopes->col(0) = -u.col(0) * phi.col(1);
    slopes->col(1) = -u.col(1) * phi.col(2);
  }
}

// s = (midpoint, slope).
void LogisticBasis(const ArrayXXd& u, const double* s, ArrayXXd& phi, ArrayXXd* slopes) {
  phi.col(0) = ((-s[1] * (u.col(0) - s[0])).exp() + 1).inverse();
  if (slopes != nullptr) {
    const ArrayXd density = phi.col(0) * (1 - phi.col(0));
    slopes->col(0) = -s[1] * density;
    slopes->col(1) = (u.col(0) - s[0]) * density;
  }
}

// s = (mu, ln s).
void NormalBasis(const ArrayXXd& u, const double* s, ArrayXXd& phi, ArrayXXd* slopes) {
  const double root_half = std::sqrt(0.5);
  const double width = std::exp(s[1]);
  const ArrayXd z = (u.col(0) - s[0]) / width;
  phi.col(0) = z.unaryExpr([root_half](double t) { return 0.5 * std::erfc(-t * root_half); });
  if (slopes != nullptr) {
    const double peak = 1 / std::sqrt(2 * M_PI);
    const ArrayXd density = peak * (-0.5 * z.square()).exp();
    slopes->col(0) = -density / width;
    slopes->col(1) = -z * density;
  }
}

// s = (c0, c1, ln d1, ln f1): with t = (u - ln d1) / f1 and L = ln(1 + e^t),
// phi = exp(-c0 u - c1 f1 L).
void BrokenBasis(const ArrayXXd& u, const double* s, ArrayXXd& phi, ArrayXXd* slopes) {
  const double f = std::exp(s[3]);
  const ArrayXd t = (u.col(0) - s[2]) / f;
  const ArrayXd small = (-t.abs()).exp();
  const ArrayXd softplus = t.max(0.0) + small.log1p();
  phi.col(0).setOnes();
  phi.col(1) = (-s[0] * u.col(0) - s[1] * f * softplus).exp();
  if (slopes != nullptr) {
    const ArrayXd share = (t >= 0).select(1 / (1 + small), small / (1 + small));
    slopes->col(0) = -u.col(0) * phi.col(1);
    slopes->col(1) = -f * softplus * phi.col(1);
    slopes->col(2) = s[1] * share * phi.col(1);
    slopes->col(3) = -s[1] * f * (softplus - t * share) * phi.col(1);
  }
}

void LogLinearBasis(const ArrayXXd& u, const double*, ArrayXXd& phi, ArrayXXd*) {
  phi.col(0).setOnes();
  phi.col(1) = u.col(0);
}

/// What x^-b at the centre is at x = 1.
double AtOne(double coefficient, double exponent, double centre) {
  return coefficient * std::exp(exponent * centre);
}

CurveFormSpec PowerForm() {
  return {.form = CurveForm::kPower,
          .name = "power",
          .formula = "a x^b",
          .terms = {{.name = "a", .is_power = true}},
          .shapes = {{"b", 0, 0, Axis::kSignedExponent, 0.1, 20, 24}},
          .basis = PowerBasis,
          .uncentre = [](const double* centre, double* v) { v[0] = AtOne(v[0], -v[1], *centre); }};
}

CurveFormSpec SaturatingPowerForm() {
  return {.form = CurveForm::kSaturatingPower,
          .name = "saturating-power",
          .formula = "E + a x^-b",
          .terms = {{.name = "E", .sign = Sign::kNonNegative}, {.name = "a", .is_power = true}},
          .shapes = {{"b", 1, 0, Axis::kExponent, 0.1, 20, 32}},
          .basis = SaturatingBasis,
          .uncentre = [](const double* centre, double* v) { v[1] = AtOne(v[1], v[2], *centre); }};
}

CurveFormSpec ExponentialPowerForm() {
  CurveFormSpec spec = PowerForm();
  spec.form = CurveForm::kExponentialPower;
  spec.name = "exponential-power";
  spec.formula = "exp(a x^b)";
  spec.log_link = true;
  return spec;
}

CurveFormSpec TwoTermPowerForm() {
  return {.form = CurveForm::kTwoTermPower,
          .name = "two-term-power",
          .formula = "E + A / x1^alpha + B / x2^beta",
          .inputs = 2,
          .terms = {{.name = "E", .sign = Sign::kNonNegative},
                    {.name = "A", .sign = Sign::kPositive, .is_power = true},
                    {.name = "B", .sign = Sign::kPositive, .is_power = true}},
          .shapes = {{"alpha", 1, 0, Axis::kExponent, 0.25, 12, 8},
                     {"beta", 2, 1, Axis::kExponent, 0.25, 12, 8}},
          .basis = TwoTermBasis,
          .uncentre = [](const double* centre, double* v) {
            v[1] = AtOne(v[1], v[3], centre[0]);
            v[2] = AtOne(v[2], v[4], centre[1]);
          }};
}

CurveFormSpec LogisticForm() {
  return {.form = CurveForm::kLogistic,
          .name = "logistic",
          .formula = "ceiling / (1 + (x / midpoint)^-slope)",
          .terms = {{.name = "ceiling"}},
          .shapes = {{"midpoint", 0, 0, Axis::kLocation, -0.5, 1.5, 17},
                     {"slope", 0, 0, Axis::kSignedExponent, 0.5, 64, 10}},
          .basis = LogisticBasis,
          .uncentre = [](const double* centre, double* v) { v[1] = std::exp(v[1] + *centre); }};
}

CurveFormSpec LogNormalCdfForm() {
  return {.form = CurveForm::kLogNormalCdf,
          .name = "log-normal-cdf",
          .formula = "a Phi((ln x - mu) / s)",
          .terms = {{.name = "a"}},
          .shapes = {{"mu", 0, 0, Axis::kLocation, -0.5, 1.5, 17},
                     {"s", 0, 0, Axis::kLogWidth, 0.01, 2, 12}},
          .basis = NormalBasis,
          .uncentre = [](const double* centre, double* v) {
            v[1] += *centre;
            v[2] = std::exp(v[2]);
          }};
}

CurveFormSpec BrokenPowerForm() {
  return {.form = CurveForm::kBrokenPower,
          .name = "broken-power",
          .formula = "a + b x^-c0 (1 + (x / d1)^(1 / f1))^(-c1 f1)",
          .terms = {{.name = "a"}, {.name = "b"}},
          .shapes = {{"c0", 1, 0, Axis::kSignedExponent, 0.05, 4, 5},
                     {"c1", 1, 0, Axis::kSignedExponent, 0.2, 20, 6},
                     {"d1", 1, 0, Axis::kLocation, 0.05, 0.95, 10},
                     {"f1", 1, 0, Axis::kLogWidth, 0.01, 1, 5}},
          .basis = BrokenBasis,
          .uncentre = [](const double* centre, double* v) {
            v[1] = AtOne(v[1], v[2], *centre);
            v[4] = std::exp(v[4] + *centre);
            v[5] = std::exp(v[5]);
          }};
}

CurveFormSpec LogLinearForm() {
  return {.form = CurveForm::kLogLinear,
          .name = "log-linear",
          .formula = "a + b ln x",
          .terms = {{.name = "a"}, {.name = "b"}},
          .shapes = {},
          .basis = LogLinearBasis,
          .uncentre = [](const double* centre, double* v) { v[0] -= v[1] * *centre; }};
}

}  // namespace

std::span<const CurveFormSpec> CurveForms() {
  static const std::vector<CurveFormSpec> forms = {
      PowerForm(),    SaturatingPowerForm(), ExponentialPowerForm(), TwoTermPowerForm(),
      LogisticForm(), LogNormalCdfForm(),    BrokenPowerForm(),      LogLinearForm()};
  return forms;
}

const CurveFormSpec& Spec(CurveForm form) { return CurveForms()[static_cast<size_t>(form)]; }

}  // namespace kinetics
