#pragma once

#include <memory>
#include <string>

#include "kernels/bench/bench.h"

namespace kinetics::kernels {

/// Whether this build has CUDA kernels.
bool HasCudaKernels();

/// The first CUDA device.
struct CudaMachine {
  std::string device;        ///< "NVIDIA H200".
  std::string how;           ///< "sm_90, 132 multiprocessors, CUDA 13.0".
  size_t memory_bytes = 0;   ///< Free.
  double most_clock_hz = 0;  ///< Of the multiprocessors.
};

/// Throws std::runtime_error, with the reason, where this build has no CUDA kernels, or this
/// machine no driver or no device that they run on.
CudaMachine FindCudaMachine();

/// Measures the CUDA kernels, by graphs of launches between two events: a sample is at least 500
/// microseconds long, and the launches of it take turns through the working sets. Throws as
/// FindCudaMachine.
std::unique_ptr<Bench> MakeCudaBench(const BenchOptions& options);

/// At which rate the multiprocessors run just now, in cycles a second: below what they can, a
/// device is held back by heat or power. Throws std::runtime_error.
double MeasureCudaClock();

}  // namespace kinetics::kernels
