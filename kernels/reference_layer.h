#pragma once

#include <vector>

#include "kernels/layer.h"

namespace kinetics::kernels {

/// A decoder layer in double precision on the same stored values: requests x hidden. What a kernel
/// stores in between is rounded to the type; the outputs are not. Writes the step's own keys and
/// values to the cache.
std::vector<double> ReferenceLayer(const LayerProblem& problem);

}  // namespace kinetics::kernels
