#pragma once

#include <Eigen/Core>
#include <cstdint>

namespace kinetics {

/// Means of the columns of `values` (questions x columns) over resamples of its rows: `resamples`
/// draws of as many questions, with replacement, the same draws for every column. Returns resamples
/// x columns. Resample r depends on (seed, r) alone, and sums run in a fixed order: the same bytes
/// come out whatever the number of OpenMP threads.
Eigen::MatrixXd BootstrapMeans(const Eigen::MatrixXd& values, int64_t resamples, uint64_t seed);

}  // namespace kinetics
