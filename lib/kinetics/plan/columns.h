#pragma once

#include <Eigen/Core>
#include <vector>

#include "kinetics/plan/evaluation.h"

namespace kinetics {

/// Gives all matrices this size, with zeros.
void SetColumns(size_t questions, size_t columns, Evaluation& evaluation);

/// Adds empty columns for further allocations; returns the index of the first.
size_t AddColumns(const std::vector<Allocation>& allocations, Evaluation& evaluation);

/// Adds copies of these allocations and their columns; returns the index of the first.
size_t CopyColumns(const std::vector<size_t>& columns, Evaluation& evaluation);

/// Enters one question of one allocation.
void SetCell(size_t question, size_t allocation, double accuracy, const Cost& cost,
             Evaluation& evaluation);

/// Cost in a unit, as questions x allocations.
Eigen::MatrixXd CostsIn(const Evaluation& evaluation, CostUnit unit);

}  // namespace kinetics
