#include "kernels/bench/machine.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <string_view>

namespace kinetics::kernels {
namespace {

/// The number in a file that holds one; nothing else where it does not ("max").
double NumberIn(const char* path, double otherwise) {
  std::ifstream file(path);
  double value = 0;
  return file >> value ? value : otherwise;
}

double SecondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

}  // namespace

std::string CpuName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) {
      const size_t last = line.find_last_not_of(' ');
      return line.substr(colon + 2, last - colon - 1);
    }
  }
  return "unknown CPU";
}

size_t AvailableMemory() {
  constexpr double kUnknown = 1U << 30U;
  double bytes = 0;
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    constexpr std::string_view kKey = "MemAvailable:";
    if (line.rfind(kKey, 0) == 0) {
      bytes = 1024 * std::stod(line.substr(kKey.size()));
    }
  }
  constexpr double kNone = std::numeric_limits<double>::infinity();
  const double limit =
      NumberIn("/sys/fs/cgroup/memory.max", kNone) - NumberIn("/sys/fs/cgroup/memory.current", 0);
  bytes = bytes > 0 ? bytes : kUnknown;
  return static_cast<size_t>(std::max(0.0, std::min(bytes, limit)));
}

ProcessorTimes ReadProcessorTimes() {
  std::ifstream file("/proc/stat");
  std::string cpu;
  // user, nice, system, idle, waiting for disks, interrupts, soft interrupts, stolen
  double ticks[8] = {};
  file >> cpu;
  for (double& tick : ticks) {
    file >> tick;
  }
  const auto per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  ProcessorTimes times;
  for (const double tick : ticks) {
    times.all += tick / per_second;
  }
  times.idle = (ticks[3] + ticks[4]) / per_second;
  times.stolen = ticks[7] / per_second;
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  times.own = SecondsOf(usage.ru_utime) + SecondsOf(usage.ru_stime);
  return times;
}

Disturbance DisturbanceBetween(const ProcessorTimes& before, const ProcessorTimes& after) {
  const double all = after.all - before.all;
  if (!(all > 0)) {
    return {};
  }
  const double stolen = after.stolen - before.stolen;
  const double others = all - (after.idle - before.idle) - stolen - (after.own - before.own);
  return {.stolen = std::max(0.0, stolen / all), .others = std::max(0.0, others / all)};
}

}  // namespace kinetics::kernels
