#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "kernels/bench/check.h"
#include "kernels/cuda/device/roofline.h"
#include "kernels/cuda/device/workload.h"

namespace kinetics::kernels {
namespace {

/// Blocks a multiprocessor that launches are tried with; the fastest is kept.
constexpr std::array kBlocksTried = {1, 2, 4, 8};

/// Reading, copying, or a triad: to = from + factor * other.
class CudaTrafficWorkload : public CudaWorkload {
 public:
  CudaTrafficWorkload(const BenchCase& x, const CudaBenchMachine& machine)
      : CudaWorkload(x, machine),
        arrays_(x.op == BenchOp::kRead   ? 1
                : x.op == BenchOp::kCopy ? 2
                                         : 3),
        bytes_(std::max<size_t>(kLineBytes,
                                static_cast<size_t>(x.bytes) / arrays_ / kLineBytes * kLineBytes)),
        sink_(sizeof(float)) {
    const EventTimer timer;
    double best = std::numeric_limits<double>::infinity();
    int fastest = 0;
    for (const int tried : kBlocksTried) {
      blocks_ = tried * machine.device.multiprocessors;
      timer.Seconds(machine.stream, [&] { Launch(0); });
      const double seconds = timer.Seconds(machine.stream, [&] { Launch(1 % Sets()); });
      if (seconds < best) {
        best = seconds;
        fastest = blocks_;
      }
    }
    blocks_ = fastest;
  }

  /// Of a copy or a triad, what has been written at its ends; what reading makes of the numbers
  /// cannot be seen.
  double Check() override {
    Launch(0);
    Wait();
    if (arrays_ == 1) {
      return 0;
    }
    double error = 0;
    constexpr size_t kFloats = kLineBytes / sizeof(float);
    for (const size_t at : {size_t{0}, bytes_ - kLineBytes}) {
      const auto line = [&](const char* memory) { return FromDevice<float>(memory + at, kFloats); };
      const std::vector<float> to = line(To(0));
      const std::vector<float> from = line(From(0));
      const std::vector<float> other = arrays_ == 3 ? line(From(0) + bytes_) : to;
      for (size_t i = 0; i < kFloats; ++i) {
        const double expected =
            arrays_ == 3 ? from[i] + double{kTriadFactor} * other[i] : static_cast<double>(from[i]);
        error = std::max(error, std::abs(to[i] - expected) / std::max(1e-3, std::abs(expected)));
      }
    }
    return error;
  }

 protected:
  int64_t Sets() const override {
    const size_t read = bytes_ * std::max<size_t>(1, arrays_ - 1);
    const size_t of_numbers = machine_.numbers.size() / read;
    const size_t of_written =
        arrays_ == 1 ? of_numbers : std::min(of_numbers, machine_.written.size() / bytes_);
    return std::max<int64_t>(1, static_cast<int64_t>(of_written));
  }

  void Launch(int64_t set) override {
    if (arrays_ == 1) {
      LaunchRead(From(set), bytes_, sink_.Data<float>(), blocks_, machine_.stream);
    } else if (arrays_ == 2) {
      LaunchCopy(To(set), From(set), bytes_, blocks_, machine_.stream);
    } else {
      const auto* from = reinterpret_cast<const float*>(From(set));
      const size_t count = bytes_ / sizeof(float);
      LaunchTriad(reinterpret_cast<float*>(To(set)), from, from + count, kTriadFactor, count,
                  blocks_, machine_.stream);
    }
  }

 private:
  static constexpr float kTriadFactor = 0.5F;

  const char* From(int64_t set) const {
    return machine_.numbers.data() +
           static_cast<size_t>(set) * bytes_ * std::max<size_t>(1, arrays_ - 1);
  }
  char* To(int64_t set) const {
    return machine_.written.data() + static_cast<size_t>(set) * bytes_;
  }

  size_t arrays_;
  size_t bytes_;  // of an array
  DeviceBuffer sink_;
  int blocks_ = 1;
};

/// Multiply-adds in registers: of the tensor cores for 16-bit numbers.
class CudaFlopsWorkload : public CudaWorkload {
 public:
  CudaFlopsWorkload(const BenchCase& x, const CudaBenchMachine& machine)
      : CudaWorkload(x, machine), sink_(sizeof(float)) {
    const double once = LaunchIterations(1);
    iterations_ = std::max<int64_t>(1, std::llround(static_cast<double>(case_.flops) / once));
    flops_ = LaunchIterations(iterations_);
    Wait();
  }

  double Check() override { return 0; }
  BenchWork Work() const override { return {.flops = flops_}; }
  double BytesBetween() const override { return std::numeric_limits<double>::infinity(); }

 protected:
  int64_t Sets() const override { return 1; }
  void Launch(int64_t) override { LaunchIterations(iterations_); }

 private:
  double LaunchIterations(int64_t iterations) const {
    const int blocks = 2 * machine_.device.multiprocessors;
    return case_.type == DataType::kF32
               ? LaunchPeakFma(iterations, sink_.Data<float>(), blocks, machine_.stream)
               : LaunchPeakFlops(case_.type, iterations, sink_.Data<float>(), blocks,
                                 machine_.stream);
  }

  DeviceBuffer sink_;
  int64_t iterations_ = 1;
  double flops_ = 0;
};

}  // namespace

std::unique_ptr<Workload> MakeCudaTrafficWorkload(const BenchCase& x,
                                                  const CudaBenchMachine& machine) {
  return std::make_unique<CudaTrafficWorkload>(x, machine);
}

std::unique_ptr<Workload> MakeCudaFlopsWorkload(const BenchCase& x,
                                                const CudaBenchMachine& machine) {
  return std::make_unique<CudaFlopsWorkload>(x, machine);
}

}  // namespace kinetics::kernels
