#pragma once

#include <optional>
#include <string>

#include "kinetics/benchmark/benchmark.h"
#include "kinetics/hardware/hardware.h"

namespace kinetics {

/// A device that no catalogue has, with the best that was measured on it in place of a data sheet:
/// as bandwidth the largest read rate of a cold set, as peaks the largest rates of multiply-adds.
/// Where only FP32 was measured that is the peak of FP16 and BF16 too: the kernels multiply these
/// in FP32. Nullopt where the benchmark has no read_bandwidth or no peak_flops.
std::optional<Hardware> NewDevice(const Benchmark& benchmark, const std::string& name);

}  // namespace kinetics
