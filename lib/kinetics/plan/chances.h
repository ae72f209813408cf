#pragma once

#include <Eigen/Core>
#include <vector>

namespace kinetics {

/// How often each of several allocations has the highest accuracy; a tie is shared out. `draws`: of
/// their accuracies, a row each and a column an allocation, at least one of each. Sums to 1.
std::vector<double> ChancesToLead(const Eigen::MatrixXd& draws);

/// How often each is the cheapest that reaches an accuracy; equal costs share. Sums to the share of
/// draws in which any of them does.
std::vector<double> ChancesToSuffice(const Eigen::MatrixXd& draws, const std::vector<double>& costs,
                                     double accuracy);

}  // namespace kinetics
