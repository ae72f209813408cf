#pragma once

#include <vector>

#include "kinetics/plan/evaluation.h"

namespace kinetics {

/// All matrices of an evaluation.
inline constexpr Eigen::MatrixXd Evaluation::*kEvaluationMatrices[] = {
    &Evaluation::accuracy, &Evaluation::seconds, &Evaluation::flops, &Evaluation::bytes,
    &Evaluation::billed_usd};

/// Keeps these allocations (ascending indices), their columns where there are any, and what their
/// draws are.
void KeepAllocations(const std::vector<size_t>& kept, Evaluation& evaluation);

/// Drops the first `count` allocations.
void DropFirst(size_t count, Evaluation& evaluation);

/// Keeps the allocations that answer a question in `most` in the mean. Without one, notes how fast
/// the fastest is.
void KeepWithinLatency(Seconds most, Evaluation& evaluation);

}  // namespace kinetics
