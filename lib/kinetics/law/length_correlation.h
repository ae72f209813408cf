#pragma once

#include "kinetics/law/law.h"

namespace kinetics {

/// Estimates how much longer wrong trials are, where records say which trials are right: the
/// maximum over r of sum ln P(right_i | z_i), with z a trial's standardised log length and
///
///   P(right | z) = Phi((t - r z) / sqrt(1 - r^2)),   t = Phi^-1(p) of its run and question,
///
/// given the fitted p, mean and deviation of log lengths; trials that were cut off are left out.
/// The standard error is that of a sum over questions (sandwich). Without such trials, or where
/// they tell it no better than to 0.3, kAssumedLengthCorrelation without a standard error.
LengthCorrelation EstimateLengthCorrelation(const Records& records, const LawData& data,
                                            const LawState& state);

}  // namespace kinetics
