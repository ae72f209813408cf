#pragma once

#include <cuda_runtime_api.h>

#include <memory>
#include <optional>
#include <span>

#include "kernels/bench/workload.h"
#include "kernels/cuda/device/device.h"
#include "kernels/cuda/device/graph.h"
#include "kernels/cuda/device/linear.h"

namespace kinetics::kernels {

/// What all CUDA workloads of a run share.
struct CudaBenchMachine {
  CudaDevice device;
  cudaStream_t stream = nullptr;
  /// Operands, in the device's memory. Read only, but for the token that a layer appends to the
  /// cache that it has there; the bench fills them anew after layers.
  std::span<char> numbers;
  std::span<char> written;  ///< What copy and triad write; empty for the others.
  bool cold = true;
  const CublasLt* cublas = nullptr;  ///< For linear and decoder layers alone.
};

/// Throws std::invalid_argument for a case that there is no CUDA kernel for.
void ExpectCudaKernel(const BenchCase& x);

/// `x` must have a kernel.
std::unique_ptr<Workload> MakeCudaWorkload(const BenchCase& x, const CudaBenchMachine& machine);

/// Those of a group of operations each.
std::unique_ptr<Workload> MakeCudaAttentionWorkload(const BenchCase& x,
                                                    const CudaBenchMachine& machine);
std::unique_ptr<Workload> MakeCudaTrafficWorkload(const BenchCase& x,
                                                  const CudaBenchMachine& machine);
std::unique_ptr<Workload> MakeCudaFlopsWorkload(const BenchCase& x,
                                                const CudaBenchMachine& machine);
std::unique_ptr<Workload> MakeCudaSelectWorkload(const BenchCase& x,
                                                 const CudaBenchMachine& machine);
std::unique_ptr<Workload> MakeCudaLinearWorkload(const BenchCase& x,
                                                 const CudaBenchMachine& machine);
std::unique_ptr<Workload> MakeCudaLayerWorkload(const BenchCase& x,
                                                const CudaBenchMachine& machine);

/// A workload of launches that take turns through working sets.
class CudaWorkload : public Workload {
 public:
  CudaWorkload(const BenchCase& x, const CudaBenchMachine& machine) : case_(x), machine_(machine) {}

  double Once() override { return Launches().Once(); }
  BenchWork Work() const override { return WorkOf(case_); }
  double BytesBetween() const override {
    return launches_ ? static_cast<double>(launches_->Distinct()) * WorkOf(case_).bytes : 0;
  }

 protected:
  virtual int64_t Sets() const = 0;
  /// Enqueues one call.
  virtual void Launch(int64_t set) = 0;

  void Wait() const { CheckCuda(cudaStreamSynchronize(machine_.stream), "run kernels"); }
  RotatingLaunches& Launches() {
    if (!launches_) {
      launches_ = std::make_unique<RotatingLaunches>(machine_.stream, machine_.cold ? Sets() : 1,
                                                     [this](int64_t set) { Launch(set); });
    }
    return *launches_;
  }

  BenchCase case_;
  CudaBenchMachine machine_;

 private:
  std::unique_ptr<RotatingLaunches> launches_;
};

}  // namespace kinetics::kernels
