#include "apps/kinetics/version.h"

#include "kernels/bench/cuda_bench.h"
#include "kernels/cpu/isa.h"
#include "kinetics_commit.h"  // generated at build time

namespace kinetics::app {

std::string Version() { return KINETICS_VERSION; }

std::string VersionText() {
  return "kinetics " + Version() + " (commit " KINETICS_COMMIT ", CUDA " +
         (kernels::HasCudaKernels() ? "yes" : "no") + ", kernels " +
         std::string(kernels::NameOf(kernels::ChosenIsa())) + ")";
}

}  // namespace kinetics::app
