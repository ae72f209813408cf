#pragma once

#include <cstddef>
#include <string>

namespace kinetics::kernels {

/// The processor's name from /proc/cpuinfo, "unknown CPU" where that has none.
std::string CpuName();

/// Bytes that can be allocated without swapping: what /proc/meminfo has available, within the limit
/// of the control group (cgroup v2). 1 GiB where neither can be read.
size_t AvailableMemory();

/// What all processors spent since the system started, in seconds: /proc/stat.
struct ProcessorTimes {
  double all = 0;
  double idle = 0;
  double stolen = 0;  ///< By other guests of a virtual machine's host.
  double own = 0;     ///< By this process.
};
ProcessorTimes ReadProcessorTimes();

/// Shares of the processors' time between two readings.
struct Disturbance {
  double stolen = 0;
  double others = 0;  ///< Other processes of this machine.
};
Disturbance DisturbanceBetween(const ProcessorTimes& before, const ProcessorTimes& after);

}  // namespace kinetics::kernels
