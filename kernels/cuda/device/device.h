#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/data_type.h"

namespace kinetics::kernels {

/// What a CUDA call said went wrong, with what was being done.
class CudaError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws CudaError unless `status` is success. `what`: "allocate 3 GiB".
void CheckCuda(cudaError_t status, const std::string& what);
/// The same for a launch just made.
void CheckLaunch(const char* kernel);

/// Memory of the current device.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  /// Throws CudaError, as all that follow.
  explicit DeviceBuffer(size_t bytes);
  DeviceBuffer(const void* host, size_t bytes);
  DeviceBuffer(DeviceBuffer&& other) noexcept;
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept;
  ~DeviceBuffer();

  template <typename T = void>
  T* Data() const {
    return static_cast<T*>(data_);
  }
  size_t Size() const { return size_; }
  void Read(void* host, size_t bytes) const;

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

/// Values, a vector's or a span's, in memory of their own on the device.
template <class Values>
DeviceBuffer ToDevice(const Values& values) {
  return {values.data(), values.size() * sizeof(*values.data())};
}

/// `count` elements that lie on the device; waits for no launch but those of the default stream.
template <typename T>
std::vector<T> FromDevice(const void* from, size_t count) {
  std::vector<T> values(count);
  if (count > 0) {
    CheckCuda(cudaMemcpy(values.data(), from, count * sizeof(T), cudaMemcpyDeviceToHost),
              "copy from the device");
  }
  return values;
}

/// The same of elements of 16 bits, as what they stand for.
std::vector<float> FloatsFromDevice(const void* from, int64_t count, DataType type);

/// The first device of this machine.
struct CudaDevice {
  std::string name;
  int major = 0;  ///< Of the compute capability.
  int minor = 0;
  int multiprocessors = 0;
  size_t free_bytes = 0;
  size_t cache_bytes = 0;  ///< Of L2.
  int clock_khz = 0;
};

/// Throws CudaError: no driver, too old a driver or a device below compute capability 8.0.
CudaDevice OpenDevice();

}  // namespace kinetics::kernels
