#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "kernels/cpu/table.h"

namespace kinetics::kernels {

/// Instruction sets that there are kernels for: plain C++; AVX2 with FMA and F16C; AVX-512 F, BW,
/// DQ and VL.
enum class Isa { kPortable, kAvx2, kAvx512 };

std::string_view NameOf(Isa isa);                    ///< "portable", "avx2", "avx512".
std::optional<Isa> ParseIsa(std::string_view name);  ///< Nothing for another name.
bool IsSupported(Isa isa);                           ///< By this machine and this build.

/// The largest set that this machine supports, or the one that the environment variable
/// KINETICS_ISA names. Throws std::runtime_error if it names none or one that the machine lacks.
Isa ChosenIsa();

/// The kernels of a supported set.
const KernelTable& KernelsOf(Isa isa);

}  // namespace kinetics::kernels
