#pragma once

#include <Eigen/Core>

#include "kinetics/law/law_cell.h"

namespace kinetics {

/// The two halves of a law: whether trials are right, and how long they are. Each has three curves
/// (rows of LawCurves), three effects of a question and one deviation of a model on a question, in
/// the order that all of these are stored in. They meet in priors and shared parameters alone.
enum LawHalf : Eigen::Index { kCountsHalf, kLengthsHalf, kLawHalves };

/// The arguments of one half of a cell's loss: curves, effects, deviation.
inline constexpr Eigen::Index kHalfSize = 3;  ///< Number of curves, and of effects.
inline constexpr Eigen::Index kHalfEffects = kHalfSize;
inline constexpr Eigen::Index kHalfDeviation = 2 * kHalfSize;
inline constexpr Eigen::Index kHalfArguments = kHalfDeviation + 1;

/// Where a half's curves and effects begin among those of both.
constexpr Eigen::Index FirstOf(LawHalf half) { return kHalfSize * static_cast<Eigen::Index>(half); }

/// Which second derivatives a quadratic model of the objective has.
enum class Curvature {
  kPositive,  ///< Gauss-Newton, and of each cell's loss the positive part: positive definite.
  kExact,     ///< All: what a Newton step converges with, and not positive definite everywhere.
};

using HalfGradient = Eigen::Matrix<double, kHalfArguments, 1>;

/// Derivatives of one half of a cell's loss by its arguments.
struct HalfLoss {
  HalfGradient gradient;
  Eigen::Matrix<double, kHalfArguments, kHalfArguments> hessian;
};

/// A question's effects that act as factors.
struct EffectFactors {
  double discrimination = 1;
  double sensitivity = 1;
  double length_sensitivity = 1;
};

/// Of logit = discrimination (ability - difficulty) - sensitivity penalty + deviation and log
/// concentration. `loss` is by these two, `curves` are ability, penalty and log concentration.
HalfLoss DeriveCounts(const CellLoss& loss, const Eigen::Vector3d& curves, double difficulty,
                      const EffectFactors& factors, Curvature curvature);

/// Of mean = length + the question's + length_sensitivity growth + deviation and log deviation =
/// curve + the question's. `loss` is by these two, `growth` the second curve.
HalfLoss DeriveLengths(const CellLoss& loss, double growth, const EffectFactors& factors,
                       Curvature curvature);

/// Covariance of a half's effects and of one deviation.
using HalfCovariance = Eigen::Matrix<double, kHalfEffects + 1, kHalfEffects + 1>;

/// Gradient, by all arguments, of tr(covariance H) / 2, where H is the exact Hessian by effects and
/// deviation: what a cell adds to the gradient of log det(...) / 2 of all such Hessians.
HalfGradient TraceGradientOfCounts(const CellLoss& loss, const Eigen::Vector3d& curves,
                                   double difficulty, const EffectFactors& factors,
                                   const HalfCovariance& covariance);
HalfGradient TraceGradientOfLengths(const CellLoss& loss, double growth,
                                    const EffectFactors& factors, const HalfCovariance& covariance);

}  // namespace kinetics
