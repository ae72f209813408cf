// In place of the CUDA kernels where they are not built.
#include "kernels/bench/cuda_bench.h"

namespace kinetics::kernels {
namespace {

[[noreturn]] void Refuse() {
  throw std::runtime_error("this build has no CUDA kernels: there was no CUDA compiler");
}

}  // namespace

bool HasCudaKernels() { return false; }
CudaMachine FindCudaMachine() { Refuse(); }
std::unique_ptr<Bench> MakeCudaBench(const BenchOptions&) { Refuse(); }
double MeasureCudaClock() { Refuse(); }

}  // namespace kinetics::kernels
