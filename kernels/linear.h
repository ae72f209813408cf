#pragma once

#include <cstdint>

#include "kernels/data_type.h"

namespace kinetics::kernels {

/// A linear layer: y = x W^T for a batch of m inputs,
///
///   y[c * n + r] = sum_i x[c * k + i] W[r * k + i].
///
/// m = 1 is a GEMV, bound by reading W; a large m a GEMM, bound by arithmetic.
struct LinearProblem {
  DataType type = DataType::kF16;  ///< Of the weights; inputs and outputs are single precision.
  int64_t m = 1;                   ///< Inputs.
  int64_t n = 0;                   ///< Outputs of each.
  int64_t k = 0;
  const void* weights = nullptr;  ///< n x k
  const float* inputs = nullptr;  ///< m x k
};

}  // namespace kinetics::kernels
