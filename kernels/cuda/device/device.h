#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <stdexcept>
#include <string>

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

/// The first device of this machine.
struct CudaDevice {
  std::string name;
  int major = 0;  ///< Of the compute capability.
  int minor = 0;
  int multiprocessors = 0;
  size_t memory_bytes = 0;
  size_t free_bytes = 0;
  size_t cache_bytes = 0;   ///< Of L2.
  size_t shared_bytes = 0;  ///< Of shared memory that one block may have.
  int clock_khz = 0;
};

/// Throws CudaError: no driver, too old a driver or a device below compute capability 8.0.
CudaDevice OpenDevice();

}  // namespace kinetics::kernels
