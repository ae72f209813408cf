#include "kinetics/law/law_half.h"

namespace kinetics {
namespace {

using Vector = Eigen::Matrix<double, kHalfArguments, 1>;
using Matrix = Eigen::Matrix<double, kHalfArguments, kHalfArguments>;

/// A function of two means, as one of the arguments that they depend on by `first` and `second`.
HalfLoss Chain(const CellLoss& loss, const Vector& first, const Vector& second,
               Curvature curvature) {
  const Eigen::Matrix2d hessian =
      curvature == Curvature::kExact ? loss.hessian : PositivePart(loss.hessian);
  const Vector by_first = hessian(0, 0) * first + hessian(0, 1) * second;
  const Vector by_second = hessian(0, 1) * first + hessian(1, 1) * second;
  HalfLoss half;
  half.gradient = loss.gradient[0] * first + loss.gradient[1] * second;
  half.hessian.noalias() = by_first * first.transpose() + by_second * second.transpose();
  return half;
}

void AddSymmetric(Matrix& matrix, Eigen::Index row, Eigen::Index column, double value) {
  matrix(row, column) += value;
  matrix(column, row) += value;
}

}  // namespace

HalfLoss DeriveCounts(const CellLoss& loss, const Eigen::Vector3d& curves, double difficulty,
                      const EffectFactors& factors, Curvature curvature) {
  enum { kAbility, kPenalty, kConcentration, kDiscrimination, kDifficulty, kSensitivity };
  const double a = factors.discrimination;
  const double b = factors.sensitivity;
  const double above = a * (curves[kAbility] - difficulty);
  const double below = b * curves[kPenalty];
  const Vector logit{{a, -b, 0, above, -a, -below, 1}};
  HalfLoss half = Chain(loss, logit, Vector::Unit(kConcentration), curvature);
  if (curvature == Curvature::kExact) {
    const double slope = loss.gradient[0];
    half.hessian(kDiscrimination, kDiscrimination) += slope * above;
    half.hessian(kSensitivity, kSensitivity) -= slope * below;
    AddSymmetric(half.hessian, kDiscrimination, kAbility, slope * a);
    AddSymmetric(half.hessian, kDiscrimination, kDifficulty, -slope * a);
    AddSymmetric(half.hessian, kSensitivity, kPenalty, -slope * b);
  }
  return half;
}

HalfLoss DeriveLengths(const CellLoss& loss, double growth, const EffectFactors& factors,
                       Curvature curvature) {
  enum { kLength, kGrowth, kDeviation, kQuestionLength, kLengthSensitivity, kQuestionDeviation };
  const double a = factors.length_sensitivity;
  const Vector mean{{1, a, 0, 1, a * growth, 0, 1}};
  const Vector deviation = Vector::Unit(kDeviation) + Vector::Unit(kQuestionDeviation);
  HalfLoss half = Chain(loss, mean, deviation, curvature);
  if (curvature == Curvature::kExact) {
    const double slope = loss.gradient[0];
    half.hessian(kLengthSensitivity, kLengthSensitivity) += slope * a * growth;
    AddSymmetric(half.hessian, kLengthSensitivity, kGrowth, slope * a);
  }
  return half;
}

}  // namespace kinetics
