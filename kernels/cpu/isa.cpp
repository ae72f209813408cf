#include "kernels/cpu/isa.h"

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace kinetics::kernels {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"portable", "avx2", "avx512"};

}  // namespace

std::string_view NameOf(Isa isa) { return kNames[static_cast<size_t>(isa)]; }

std::optional<Isa> ParseIsa(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) {
      return static_cast<Isa>(i);
    }
  }
  return std::nullopt;
}

bool IsSupported(Isa isa) {
#ifdef KINETICS_X86
  // These ask the processor, and whether the system saves the registers. F16C is older than AVX2.
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  switch (isa) {
    case Isa::kPortable:
      return true;
    case Isa::kAvx2:
      return has_avx2;
    case Isa::kAvx512:
      return has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  }
#endif
  return isa == Isa::kPortable;
}

Isa ChosenIsa() {
  const char* forced = std::getenv("KINETICS_ISA");
  if (forced != nullptr && *forced != '\0') {
    const std::optional<Isa> isa = ParseIsa(forced);
    if (!isa) {
      throw std::runtime_error("KINETICS_ISA=" + std::string(forced) +
                               ": expected portable, avx2 or avx512");
    }
    if (!IsSupported(*isa)) {
      throw std::runtime_error("KINETICS_ISA=" + std::string(forced) +
                               ": this machine does not have it");
    }
    return *isa;
  }
  for (const Isa isa : {Isa::kAvx512, Isa::kAvx2}) {
    if (IsSupported(isa)) {
      return isa;
    }
  }
  return Isa::kPortable;
}

const KernelTable& KernelsOf(Isa isa) {
#ifdef KINETICS_X86
  switch (isa) {
    case Isa::kAvx2:
      return Avx2Kernels();
    case Isa::kAvx512:
      return Avx512Kernels();
    case Isa::kPortable:
      break;
  }
#endif
  static_cast<void>(isa);
  return PortableKernels();
}

}  // namespace kinetics::kernels
