#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "kernels/data_type.h"

namespace kinetics::kernels {

/// NVIDIA's library of matrix products, found when the program runs (libcublasLt.so.13, .so.12 or
/// whichever there is), so that nothing else needs it. Copies share one handle.
class CublasLt {
 public:
  /// Opens the library and a handle on the current device. Throws CudaError where either is
  /// missing.
  CublasLt();

  /// "13.0.2"
  std::string Version() const;

 private:
  friend class LinearPlan;
  struct Library;
  std::shared_ptr<const Library> library_;
};

/// A linear layer y = x W^T of one shape (kernels/linear.h), all row-major:
///
///   x: m x k, W: n x k, y: m x n,
///
/// of f16 or bf16, accumulated in single precision, by the algorithm that cuBLASLt's heuristic puts
/// first. What it needs is allocated here, a workspace of up to 32 MiB included.
class LinearPlan {
 public:
  /// `type`: kF16 or kBf16; m, n, k > 0, n and k multiples of 8. Throws CudaError where cuBLASLt
  /// has no algorithm.
  LinearPlan(const CublasLt& library, DataType type, int64_t m, int64_t n, int64_t k);
  LinearPlan(LinearPlan&&) noexcept;
  LinearPlan& operator=(LinearPlan&&) noexcept;
  ~LinearPlan();

  /// `x`, `w` and `y` aligned to 16 bytes. May be captured in a graph, after a first run outside of
  /// one, which loads the kernel. The runs of a plan share its workspace: they must not overlap,
  /// nor graphs with them. Throws CudaError.
  void Run(const void* x, const void* w, void* y, cudaStream_t stream) const;

  /// Of the algorithm chosen.
  size_t WorkspaceBytes() const;
  /// Floating-point operations of a run: 2 m n k.
  double Flops() const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace kinetics::kernels
