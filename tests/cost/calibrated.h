#pragma once

#include <string_view>

#include "kinetics/cost/operation_model.h"

namespace kinetics::test {

/// A constant that is not 0.
struct Constant {
  std::string_view name;
  double value;
};

/// A calibrated operation whose other constants are 0, fitted to sizes of 1 to `most`; scales that
/// must not vanish are 1.
inline CalibratedOperation Fitted(Operation operation, Dtype dtype, std::optional<int64_t> head_dim,
                                  const std::vector<Constant>& constants, int64_t most) {
  CalibratedOperation fitted = {.operation = operation, .dtype = dtype, .head_dim = head_dim};
  for (const ConstantSpec& spec : ModelOf(operation, dtype, {}).constants) {
    CalibratedConstant constant = {.name = std::string(spec.name),
                                   .value = spec.may_vanish ? 0.0 : 1.0};
    for (const Constant& given : constants) {
      constant.value = given.name == spec.name ? given.value : constant.value;
    }
    fitted.constants.push_back(constant);
  }
  for (const ShapeField& field : ShapeFields(operation)) {
    fitted.ranges.push_back({.key = std::string(field.key), .low = 1, .high = most});
  }
  return fitted;
}

/// 100 FLOP/s and 10 byte/s, reached exactly by attention and by linear layers at head size 4:
/// time is bytes / bandwidth of attention, and FLOPs / peak of linear layers.
inline Hardware CalibratedToy(int64_t most = 1'000'000) {
  Hardware hardware = {.name = "toy"};
  hardware.peak_flops[0] = {{FlopsPerSecond{100}, "made up"}};
  hardware.memory_bandwidth = {{BytesPerSecond{10}, "made up"}};
  hardware.calibration = {
      .device = "toy",
      .operations = {Fitted(Operation::kDecodeAttention, Dtype::kBf16, 4,
                            {{"seconds_per_byte", 0.1}, {"cached_share", 1}}, most),
                     Fitted(Operation::kGemm, Dtype::kBf16, std::nullopt,
                            {{"seconds_per_flop", 0.01}}, most)}};
  return hardware;
}

}  // namespace kinetics::test
