#include "apps/kinetics/version.h"

#include "kinetics_commit.h"  // generated at build time

namespace kinetics::app {
namespace {

/// The instruction set that the compiler was allowed to use.
const char* InstructionSet() {
#if defined(__AVX512F__)
  return "x86-64 with AVX-512";
#elif defined(__AVX2__)
  return "x86-64 with AVX2";
#elif defined(__x86_64__)
  return "x86-64 baseline";
#elif defined(__aarch64__)
  return "aarch64";
#else
  return "generic";
#endif
}

}  // namespace

std::string Version() { return KINETICS_VERSION; }

std::string VersionText() {
  return "kinetics " + Version() + " (commit " KINETICS_COMMIT ", CUDA no, " + InstructionSet() +
         ")";
}

}  // namespace kinetics::app
