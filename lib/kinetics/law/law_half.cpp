#include "kinetics/law/law_half.h"

namespace kinetics {
namespace {

using Vector = HalfGradient;
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

// Where derivatives by each argument stand.
enum CountsArgument {
  kByAbility,
  kByPenalty,
  kByConcentration,
  kByDiscrimination,
  kByDifficulty,
  kBySensitivity
};
enum LengthsArgument {
  kByLength,
  kByGrowth,
  kByDeviation,
  kByQuestionLength,
  kByLengthSensitivity,
  kByQuestionDeviation
};

}  // namespace

HalfLoss DeriveCounts(const CellLoss& loss, const Eigen::Vector3d& curves, double difficulty,
                      const EffectFactors& factors, Curvature curvature) {
  const double a = factors.discrimination;
  const double b = factors.sensitivity;
  const double above = a * (curves[kByAbility] - difficulty);
  const double below = b * curves[kByPenalty];
  const Vector logit{{a, -b, 0, above, -a, -below, 1}};
  HalfLoss half = Chain(loss, logit, Vector::Unit(kByConcentration), curvature);
  if (curvature == Curvature::kExact) {
    const double slope = loss.gradient[0];
    half.hessian(kByDiscrimination, kByDiscrimination) += slope * above;
    half.hessian(kBySensitivity, kBySensitivity) -= slope * below;
    AddSymmetric(half.hessian, kByDiscrimination, kByAbility, slope * a);
    AddSymmetric(half.hessian, kByDiscrimination, kByDifficulty, -slope * a);
    AddSymmetric(half.hessian, kBySensitivity, kByPenalty, -slope * b);
  }
  return half;
}

HalfLoss DeriveLengths(const CellLoss& loss, double growth, const EffectFactors& factors,
                       Curvature curvature) {
  const double a = factors.length_sensitivity;
  const Vector mean{{1, a, 0, 1, a * growth, 0, 1}};
  const Vector deviation = Vector::Unit(kByDeviation) + Vector::Unit(kByQuestionDeviation);
  HalfLoss half = Chain(loss, mean, deviation, curvature);
  if (curvature == Curvature::kExact) {
    const double slope = loss.gradient[0];
    half.hessian(kByLengthSensitivity, kByLengthSensitivity) += slope * a * growth;
    AddSymmetric(half.hessian, kByLengthSensitivity, kByGrowth, slope * a);
  }
  return half;
}

HalfGradient TraceGradientOfCounts(const CellLoss& loss, const Eigen::Vector3d& curves,
                                   double difficulty, const EffectFactors& factors,
                                   const HalfCovariance& covariance) {
  enum { kOfDiscrimination, kOfDifficulty, kOfSensitivity };
  const double a = factors.discrimination;
  const double b = factors.sensitivity;
  const double above = a * (curves[kByAbility] - difficulty);
  const double below = b * curves[kByPenalty];
  const Vector logit{{a, -b, 0, above, -a, -below, 1}};
  // tr(C H) = l'' j'C j + l' tr(C J), where j and J are the logit's derivatives by effects.
  const Eigen::Vector4d effects = logit.tail<4>();
  const Eigen::Vector4d image = covariance * effects;
  const double square = effects.dot(image);
  const double of_discrimination = covariance(kOfDiscrimination, kOfDiscrimination);
  const double of_both = covariance(kOfDiscrimination, kOfDifficulty);
  const double of_sensitivity = covariance(kOfSensitivity, kOfSensitivity);
  const double bend = of_discrimination * above - 2 * of_both * a - of_sensitivity * below;

  Vector by_square = Vector::Zero();  // of `square`
  by_square[kByAbility] = 2 * a * image[kOfDiscrimination];
  by_square[kByPenalty] = -2 * b * image[kOfSensitivity];
  by_square[kByDiscrimination] = 2 * (above * image[kOfDiscrimination] - a * image[kOfDifficulty]);
  by_square[kByDifficulty] = -2 * a * image[kOfDiscrimination];
  by_square[kBySensitivity] = -2 * below * image[kOfSensitivity];
  Vector by_bend = Vector::Zero();
  by_bend[kByAbility] = a * of_discrimination;
  by_bend[kByPenalty] = -b * of_sensitivity;
  by_bend[kByDiscrimination] = above * of_discrimination - 2 * a * of_both;
  by_bend[kByDifficulty] = -a * of_discrimination;
  by_bend[kBySensitivity] = -below * of_sensitivity;

  Vector gradient = (loss.third[0] * square + loss.hessian(0, 0) * bend) * logit +
                    loss.hessian(0, 0) * by_square + loss.gradient[0] * by_bend;
  gradient[kByConcentration] += loss.third[1] * square + loss.hessian(0, 1) * bend;
  return gradient / 2;
}

HalfGradient TraceGradientOfLengths(const CellLoss& loss, double growth,
                                    const EffectFactors& factors,
                                    const HalfCovariance& covariance) {
  enum { kOfLength, kOfSensitivity, kOfDeviation };
  const double a = factors.length_sensitivity;
  const Vector mean{{1, a, 0, 1, a * growth, 0, 1}};
  const Vector deviation = Vector::Unit(kByDeviation) + Vector::Unit(kByQuestionDeviation);
  const Eigen::Vector4d effects = mean.tail<4>();
  const Eigen::Vector4d image = covariance * effects;
  const double square = effects.dot(image);
  const double mixed = image[kOfDeviation];
  const double of_deviation = covariance(kOfDeviation, kOfDeviation);
  const double of_sensitivity = covariance(kOfSensitivity, kOfSensitivity);
  const double bend = of_sensitivity * a * growth;

  Vector gradient = (loss.third[0] * square + 2 * loss.third[1] * mixed +
                     loss.third[2] * of_deviation + loss.hessian(0, 0) * bend) *
                    mean;
  gradient += (loss.third[1] * square + 2 * loss.third[2] * mixed + loss.third[3] * of_deviation +
               loss.hessian(0, 1) * bend) *
              deviation;
  // By growth and by its logarithmic factor, which act through their product alone.
  const double by_product = 2 * loss.hessian(0, 0) * image[kOfSensitivity] +
                            2 * loss.hessian(0, 1) * covariance(kOfSensitivity, kOfDeviation) +
                            loss.gradient[0] * of_sensitivity;
  gradient[kByGrowth] += by_product * a;
  gradient[kByLengthSensitivity] += by_product * a * growth;
  return gradient / 2;
}

}  // namespace kinetics
