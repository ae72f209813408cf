#include "kernels/bench/cuda_bench.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "kernels/cuda/device/clock.h"
#include "kernels/cuda/device/roofline.h"
#include "kernels/cuda/device/workload.h"

namespace kinetics::kernels {
namespace {

BenchOptions OfDevice(BenchOptions options, const CudaDevice& device) {
  if (options.cache_bytes == 0) {
    options.cache_bytes = device.cache_bytes;
  }
  if (options.memory_bytes == 0) {
    options.memory_bytes = device.free_bytes / 5 * 4;
  }
  return options;
}

class CudaBench : public Bench {
 public:
  CudaBench(const CudaDevice& device, const BenchOptions& options)
      : Bench(OfDevice(options, device)), device_(device), stream_(MakeStream()) {}

 protected:
  void ExpectKernelOf(const BenchCase& x) const override {
    ExpectCudaKernel(x);
    if (HasProducts(x)) {
      Library();
    }
  }

  /// Weights of attention and outputs are rounded to 16 bits.
  double MostError(const BenchCase& x) const override {
    return x.type == DataType::kBf16 ? 2e-2 : 2e-3;
  }

  void ProvideNumbers(size_t bytes) override {
    if (Provide(numbers_, bytes) || is_appended_to_) {
      is_appended_to_ = false;
      LaunchFill(numbers_.Data(), numbers_.Size(), 1, stream_.get());
      CheckCuda(cudaStreamSynchronize(stream_.get()), "fill memory");
    }
  }
  void ProvideWritten(size_t bytes) override {
    if (bytes > 0) {
      Provide(written_, bytes);
    } else {
      written_ = DeviceBuffer();
    }
  }

  std::unique_ptr<Workload> Make(const BenchCase& x) override {
    is_appended_to_ = is_appended_to_ || x.op == BenchOp::kDecoderLayer;
    return MakeCudaWorkload(x, {.device = device_,
                                .stream = stream_.get(),
                                .numbers = {numbers_.Data<char>(), numbers_.Size()},
                                .written = {written_.Data<char>(), written_.Size()},
                                .cold = IsCold(),
                                .cublas = HasProducts(x) ? &Library() : nullptr});
  }

 private:
  static bool HasProducts(const BenchCase& x) {
    return x.op == BenchOp::kLinear || x.op == BenchOp::kDecoderLayer;
  }

  /// Opened when it is first needed. Throws CudaError where there is none.
  const CublasLt& Library() const {
    if (!cublas_) {
      cublas_.emplace();
    }
    return *cublas_;
  }

  /// Whether `buffer` had to be made anew.
  static bool Provide(DeviceBuffer& buffer, size_t bytes) {
    if (buffer.Size() >= bytes) {
      return false;
    }
    buffer = DeviceBuffer();  // before the new one is made
    buffer = DeviceBuffer((bytes + kLineBytes - 1) / kLineBytes * kLineBytes);
    return true;
  }

  CudaDevice device_;
  Stream stream_;
  DeviceBuffer numbers_;
  DeviceBuffer written_;
  bool is_appended_to_ = false;  // the numbers, by layers that have caches there
  mutable std::optional<CublasLt> cublas_;
};

void Refuse(bool is_refused, const char* what) {
  if (is_refused) {
    throw std::invalid_argument(what);
  }
}

}  // namespace

void ExpectCudaKernel(const BenchCase& x) {
  if (x.op == BenchOp::kDecoderLayer) {
    Refuse(x.head_dim != 128, "there are CUDA kernels of layers with head size 128");
    Refuse(x.hidden % 8 != 0 || x.inner % 8 != 0,
           "expected hidden and inner sizes that are multiples of 8");
    ExpectCudaKernel(AttentionOf(x));
    return;
  }
  if (x.op != BenchOp::kFlops) {
    ExpectKernel(x);
  }
  const bool is_attention = x.op == BenchOp::kDecode || x.op == BenchOp::kSliding ||
                            x.op == BenchOp::kBlockTopk || x.op == BenchOp::kTokenTopk;
  Refuse(x.op == BenchOp::kPrefill, "there is no CUDA kernel of it");
  Refuse(x.op == BenchOp::kTokenTopk && x.context > 65535,
         "there are CUDA kernels for up to 65,535 tokens");
  Refuse((is_attention || x.op == BenchOp::kLinear) && x.type == DataType::kF32,
         "there are CUDA kernels for fp16 and bf16");
  Refuse(is_attention && x.head_dim > 128, "there are CUDA kernels for head sizes 64 and 128");
  Refuse(is_attention && x.page_tokens % 16 != 0, "expected pages of a multiple of 16 tokens");
  Refuse(x.op == BenchOp::kBlockTopk && x.block_tokens % 16 != 0,
         "expected blocks of a multiple of 16 tokens");
  Refuse(x.op == BenchOp::kBlockTopk && (x.context + x.block_tokens - 1) / x.block_tokens > 8192,
         "there are CUDA kernels for up to 8,192 blocks");
  Refuse(x.op == BenchOp::kSelect && x.blocks > 8192,
         "there are CUDA kernels for up to 8,192 blocks");
  Refuse(x.op == BenchOp::kLinear && (x.n % 8 != 0 || x.k % 8 != 0),
         "expected n and k to be multiples of 8");
}

std::unique_ptr<Workload> MakeCudaWorkload(const BenchCase& x, const CudaBenchMachine& machine) {
  switch (x.op) {
    case BenchOp::kRead:
    case BenchOp::kCopy:
    case BenchOp::kTriad:
      return MakeCudaTrafficWorkload(x, machine);
    case BenchOp::kFlops:
      return MakeCudaFlopsWorkload(x, machine);
    case BenchOp::kSelect:
      return MakeCudaSelectWorkload(x, machine);
    case BenchOp::kLinear:
      return MakeCudaLinearWorkload(x, machine);
    case BenchOp::kDecoderLayer:
      return MakeCudaLayerWorkload(x, machine);
    default:
      return MakeCudaAttentionWorkload(x, machine);
  }
}

bool HasCudaKernels() { return true; }

CudaMachine FindCudaMachine() {
  const CudaDevice device = OpenDevice();
  int runtime = 0;
  CheckCuda(cudaRuntimeGetVersion(&runtime), "read the runtime's version");
  char how[128];
  std::snprintf(how, sizeof(how), "CUDA %d.%d, sm_%d%d, %d multiprocessors", runtime / 1000,
                runtime % 1000 / 10, device.major, device.minor, device.multiprocessors);
  return {.device = device.name,
          .how = how,
          .memory_bytes = device.free_bytes,
          .most_clock_hz = 1e3 * device.clock_khz};
}

std::unique_ptr<Bench> MakeCudaBench(const BenchOptions& options) {
  return std::make_unique<CudaBench>(OpenDevice(), options);
}

double MeasureCudaClock() {
  constexpr int64_t kRampUp = 200'000'000;  // an idle device's clock takes a while to rise
  constexpr int64_t kNanoseconds = 20'000'000;
  const Stream stream = MakeStream();
  const DeviceBuffer result(2 * sizeof(int64_t));
  LaunchSpin(kRampUp, nullptr, stream.get());
  LaunchSpin(kNanoseconds, result.Data<int64_t>(), stream.get());
  CheckCuda(cudaStreamSynchronize(stream.get()), "measure the clock");
  int64_t values[2];
  result.Read(values, sizeof(values));
  return 1e9 * static_cast<double>(values[0]) / static_cast<double>(values[1]);
}

}  // namespace kinetics::kernels
