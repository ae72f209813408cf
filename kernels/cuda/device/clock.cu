#include "kernels/cuda/device/clock.h"
#include "kernels/cuda/device/device.h"

namespace kinetics::kernels {
namespace {

__device__ int64_t Nanoseconds() {
  int64_t now = 0;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  return now;
}

__global__ void SpinKernel(int64_t nanoseconds, int64_t* result) {
  const int64_t cycles = clock64();
  const int64_t start = Nanoseconds();
  int64_t now = start;
  while (now - start < nanoseconds) {
    now = Nanoseconds();
  }
  if (result != nullptr) {
    result[0] = clock64() - cycles;
    result[1] = now - start;
  }
}

}  // namespace

void LaunchSpin(int64_t nanoseconds, int64_t* result, cudaStream_t stream) {
  SpinKernel<<<1, 1, 0, stream>>>(nanoseconds, result);
  CheckLaunch("measure the clock");
}

}  // namespace kinetics::kernels
