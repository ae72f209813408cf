#pragma once

#include "kernels/cpu/isa.h"
#include "kernels/cpu/team.h"
#include "kernels/linear.h"

namespace kinetics::kernels {

/// Multiplies on the CPU, rows of weights split over the team. `outputs`: m x n. Weights are read
/// from memory once for every batch whose inputs fit into a cache; accumulates in single precision.
void MultiplyLinear(Isa isa, Team& team, const LinearProblem& problem, float* outputs);

}  // namespace kinetics::kernels
