#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "kinetics/law/coverage_laws.h"
#include "kinetics/records/counts.h"

namespace kinetics {

/// What to know about a group's counts and the laws fitted to them (problems weighing 1 each), a
/// sentence each: laws that are absent and why, values of k left out, sampling that biases, too
/// few points or problems.
std::vector<std::string> CoverageWarnings(const CountGroup& group, const CoverageData& data,
                                          const Eigen::VectorXd& weights, const CoverageLaws& laws);

}  // namespace kinetics
