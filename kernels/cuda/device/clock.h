#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace kinetics::kernels {

/// Keeps the device busy for `nanoseconds`, then leaves in result[0] the cycles and in result[1]
/// the nanoseconds that passed; nothing where `result` is null.
void LaunchSpin(int64_t nanoseconds, int64_t* result, cudaStream_t stream);

}  // namespace kinetics::kernels
