#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "kernels/data_type.h"

/// What a device can do: kernels that only move memory or only calculate. Blocks have 256 threads;
/// the `blocks` of a launch are swept by the caller, as what is fastest differs from device to
/// device: multiples of its multiprocessors, from one to eight. Memory is aligned to 16 bytes, and
/// indices are 64 bits wide. All throw CudaError where the launch fails.
namespace kinetics::kernels {

/// Reads `bytes`, rounded down to 16, once: eight loads of 16 bytes at a time in each thread, past
/// the first-level cache. `sink`: one float, hardly ever written; the loads only seem to be needed.
void LaunchRead(const void* data, size_t bytes, float* sink, int blocks, cudaStream_t stream);

/// Copies `bytes`; moves twice as many. The two must not overlap. Stores are streaming.
void LaunchCopy(void* to, const void* from, size_t bytes, int blocks, cudaStream_t stream);

/// to = b + factor c; moves 12 bytes for each of `count` elements. `to` must not overlap the
/// others.
void LaunchTriad(float* to, const float* b, const float* c, float factor, size_t count, int blocks,
                 cudaStream_t stream);

/// Fills memory with numbers, FillWord (kernels/cuda/layer.h) of the index of each 8 bytes: the
/// same for a seed, whatever the device.
void LaunchFill(void* data, size_t bytes, uint64_t seed, cudaStream_t stream);

/// Multiplies matrices in registers, eight independent chains of mma.sync m16n8k16 in each warp, of
/// f16 or bf16 and accumulated in f32. Returns the FLOPs of the launch,
///
///   blocks * 8 warps * iterations * 8 chains * 4096.
///
/// Up to Ada and on consumer devices that is the peak of the tensor cores; on sm_90 and sm_100
/// these have faster instructions of their own (wgmma, tcgen05), which a large LinearPlan uses.
/// `type`: kF16 or kBf16. `sink` as for LaunchRead.
double LaunchPeakFlops(DataType type, int64_t iterations, float* sink, int blocks,
                       cudaStream_t stream);

/// The same of single-precision FMAs outside the tensor cores; returns
///
///   blocks * 256 threads * iterations * 8 chains * 2.
double LaunchPeakFma(int64_t iterations, float* sink, int blocks, cudaStream_t stream);

}  // namespace kinetics::kernels
