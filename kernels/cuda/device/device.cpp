#include "kernels/cuda/device/device.h"

#include <utility>

namespace kinetics::kernels {

void CheckCuda(cudaError_t status, const std::string& what) {
  if (status != cudaSuccess) {
    throw CudaError("CUDA: " + what + ": " + cudaGetErrorString(status));
  }
}

void CheckLaunch(const char* kernel) { CheckCuda(cudaGetLastError(), kernel); }

DeviceBuffer::DeviceBuffer(size_t bytes) : size_(bytes) {
  if (bytes > 0) {
    CheckCuda(cudaMalloc(&data_, bytes), "allocate " + std::to_string(bytes) + " bytes");
  }
}

DeviceBuffer::DeviceBuffer(const void* host, size_t bytes) : DeviceBuffer(bytes) {
  if (bytes > 0) {
    // A copy from pageable memory may return before it has arrived, and streams that do not wait
    // for the default one would not find it.
    CheckCuda(cudaMemcpy(data_, host, bytes, cudaMemcpyHostToDevice), "copy to the device");
    CheckCuda(cudaStreamSynchronize(cudaStreamLegacy), "copy to the device");
  }
}

DeviceBuffer::DeviceBuffer(DeviceBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

DeviceBuffer& DeviceBuffer::operator=(DeviceBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

DeviceBuffer::~DeviceBuffer() { cudaFree(data_); }

void DeviceBuffer::Read(void* host, size_t bytes) const {
  CheckCuda(cudaMemcpy(host, data_, bytes, cudaMemcpyDeviceToHost), "copy from the device");
}

std::vector<float> FloatsFromDevice(const void* from, int64_t count, DataType type) {
  const auto bits = FromDevice<uint16_t>(from, static_cast<size_t>(count));
  std::vector<float> values(bits.size());
  for (size_t i = 0; i < bits.size(); ++i) {
    values[i] = LoadElement(bits.data(), i, type);
  }
  return values;
}

CudaDevice OpenDevice() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaErrorInsufficientDriver || status == cudaErrorNoDevice || count == 0) {
    int driver = 0;
    cudaDriverGetVersion(&driver);
    throw CudaError(driver == 0 ? "this machine has no NVIDIA driver"
                                : "no device that the driver here can use: " +
                                      std::string(cudaGetErrorString(status)));
  }
  CheckCuda(status, "count devices");
  CheckCuda(cudaSetDevice(0), "open device 0");
  cudaDeviceProp properties{};
  CheckCuda(cudaGetDeviceProperties(&properties, 0), "describe device 0");
  CudaDevice device = {.name = properties.name,
                       .major = properties.major,
                       .minor = properties.minor,
                       .multiprocessors = properties.multiProcessorCount,
                       .cache_bytes = static_cast<size_t>(properties.l2CacheSize)};
  if (device.major < 8) {
    throw CudaError(device.name + " has compute capability " + std::to_string(device.major) + "." +
                    std::to_string(device.minor) + ", expected 8.0 or later");
  }
  CheckCuda(cudaDeviceGetAttribute(&device.clock_khz, cudaDevAttrClockRate, 0), "read the clock");
  size_t total = 0;
  CheckCuda(cudaMemGetInfo(&device.free_bytes, &total), "read the free memory");
  return device;
}

}  // namespace kinetics::kernels
