#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/bench/check.h"
#include "kernels/cuda/device/select.h"
#include "kernels/cuda/device/workload.h"
#include "kernels/reference.h"

namespace kinetics::kernels {
namespace {

/// A linear layer by cuBLASLt.
class CudaLinearWorkload : public CudaWorkload {
 public:
  CudaLinearWorkload(const BenchCase& x, const CudaBenchMachine& machine)
      : CudaWorkload(x, machine),
        plan_(*machine.cublas, x.type, x.m, x.n, x.k),
        inputs_(static_cast<size_t>(x.m * x.k)),
        output_(static_cast<size_t>(x.m * x.n) * 2) {
    Noise noise(3);
    for (size_t i = 0; i < inputs_.size(); ++i) {
      StoreElement(inputs_.data(), i, x.type, noise.Uniform());
    }
    device_inputs_ = ToDevice(inputs_);
  }

  /// A few outputs, each against its product in double precision.
  double Check() override {
    Launch(0);
    Wait();
    double error = 0;
    const auto k = static_cast<size_t>(case_.k);
    for (const int64_t n : SpreadOut(case_.n, 16)) {
      const auto weights = FromDevice<uint16_t>(WeightsOf(0) + static_cast<size_t>(n) * k * 2, k);
      for (const int64_t m : SpreadOut(case_.m, 16)) {
        double sum = 0;
        double size = 0;
        for (size_t i = 0; i < k; ++i) {
          const double term = static_cast<double>(LoadElement(weights.data(), i, case_.type)) *
                              static_cast<double>(LoadElement(
                                  inputs_.data(), static_cast<size_t>(m) * k + i, case_.type));
          sum += term;
          size += term * term;
        }
        const auto found = FromDevice<uint16_t>(
            output_.Data<char>() + static_cast<size_t>(m * case_.n + n) * 2, 1);
        error = std::max(
            error, std::abs(LoadElement(found.data(), 0, case_.type) - sum) / std::sqrt(size));
      }
    }
    return error;
  }

 protected:
  int64_t Sets() const override {
    return std::max<int64_t>(1, static_cast<int64_t>(machine_.numbers.size() / WeightBytes()));
  }
  void Launch(int64_t set) override {
    plan_.Run(device_inputs_.Data(), WeightsOf(set), output_.Data(), machine_.stream);
  }

 private:
  size_t WeightBytes() const { return static_cast<size_t>(case_.n * case_.k) * 2; }
  const char* WeightsOf(int64_t set) const {
    return machine_.numbers.data() + static_cast<size_t>(set) * WeightBytes();
  }

  LinearPlan plan_;
  std::vector<uint16_t> inputs_;
  DeviceBuffer device_inputs_;
  DeviceBuffer output_;
};

/// Selections of scores that lie in the device's memory.
class CudaSelectWorkload : public CudaWorkload {
 public:
  CudaSelectWorkload(const BenchCase& x, const CudaBenchMachine& machine)
      : CudaWorkload(x, machine),
        scores_(static_cast<size_t>(x.rows * x.blocks)),
        chosen_(static_cast<size_t>(x.rows * Chosen()) * sizeof(int32_t)) {
    Noise noise(4);
    for (float& score : scores_) {
      score = noise.Uniform();
    }
    device_scores_ = ToDevice(scores_);
  }

  double Check() override {
    Launch(0);
    Wait();
    for (const int64_t row : SpreadOut(case_.rows, 16)) {
      const std::span<const float> of_row = std::span(scores_).subspan(
          static_cast<size_t>(row * case_.blocks), static_cast<size_t>(case_.blocks));
      const auto found = FromDevice<int32_t>(chosen_.Data<int32_t>() + row * Chosen(),
                                             static_cast<size_t>(Chosen()));
      if (found != ReferenceSelect(of_row, case_.top, false, false)) {
        return std::numeric_limits<double>::infinity();
      }
    }
    return 0;
  }

 protected:
  int64_t Sets() const override { return 1; }
  void Launch(int64_t) override {
    LaunchSelectOnly(device_scores_.Data<float>(), case_.rows, static_cast<int>(case_.blocks),
                     static_cast<int>(case_.top), chosen_.Data<int32_t>(), machine_.stream);
  }

 private:
  int64_t Chosen() const { return std::min(case_.top, case_.blocks); }

  std::vector<float> scores_;
  DeviceBuffer device_scores_;
  DeviceBuffer chosen_;
};

}  // namespace

std::unique_ptr<Workload> MakeCudaLinearWorkload(const BenchCase& x,
                                                 const CudaBenchMachine& machine) {
  return std::make_unique<CudaLinearWorkload>(x, machine);
}

std::unique_ptr<Workload> MakeCudaSelectWorkload(const BenchCase& x,
                                                 const CudaBenchMachine& machine) {
  return std::make_unique<CudaSelectWorkload>(x, machine);
}

}  // namespace kinetics::kernels
