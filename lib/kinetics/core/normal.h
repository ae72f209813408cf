#pragma once

namespace kinetics {

/// log of the standard normal density at z.
double LogNormalDensity(double z);

/// The standard normal distribution function.
double NormalDistribution(double z);

/// log of 1 minus the distribution function, without underflow: relative error below 1e-10.
double LogNormalTail(double z);

/// The z with NormalDistribution(z) = p, for p in (0, 1): Newton's method on the logarithm of the
/// smaller tail, which is concave, so that it converges from everywhere. Relative error below
/// 1e-12.
double NormalQuantile(double p);

}  // namespace kinetics
