#include "kinetics/calibrate/new_device.h"

#include "tests/test.h"

namespace kinetics {
namespace {

Measurement ReadRow(int64_t bytes, double seconds, bool cold) {
  return {.operation = Operation::kReadBandwidth,
          .shape = {.bytes = bytes},
          .seconds = seconds,
          .samples = 12,
          .is_cold = cold};
}

Measurement Peak(Dtype dtype, int64_t flops) {
  return {
      .operation = Operation::kPeakFlops, .dtype = dtype, .shape = {.flops = flops}, .seconds = 2};
}

TEST_CASE("a new device has the best cold rates, and their source", "[calibrate]") {
  const Benchmark benchmark = {
      .device = "toy CPU",
      .measurements = {ReadRow(100, 1, true), ReadRow(300, 2, true), ReadRow(900, 1, false),
                       Peak(Dtype::kFp32, 50), Peak(Dtype::kFp32, 80)}};
  const auto device = NewDevice(benchmark, "mine");
  REQUIRE(device);
  CHECK(device->name == "mine");
  CHECK(device->device == "toy CPU");
  CHECK(device->memory_bandwidth->value.value == 150);
  CHECK(device->memory_bandwidth->source == "measured by kinetics bench, median of 12");
  CHECK(PeakFlops(*device, Dtype::kFp32)->value.value == 40);
  CHECK(PeakFlops(*device, Dtype::kFp32)->source == "measured by kinetics bench");
  // The kernels multiply 16-bit formats in FP32.
  CHECK(PeakFlops(*device, Dtype::kBf16)->value.value == 40);
  CHECK(PeakFlops(*device, Dtype::kFp16)->source ==
        "measured by kinetics bench, of fp32, which it is multiplied in");
  CHECK_FALSE(PeakFlops(*device, Dtype::kFp8));
  CHECK_FALSE(device->memory);
}

TEST_CASE("a 16-bit peak that was measured stands alone", "[calibrate]") {
  const Benchmark benchmark = {
      .device = "toy",
      .measurements = {ReadRow(1, 1, true), Peak(Dtype::kFp32, 50), Peak(Dtype::kBf16, 90)}};
  const auto device = NewDevice(benchmark, "mine");
  CHECK(PeakFlops(*device, Dtype::kBf16)->value.value == 45);
  CHECK_FALSE(PeakFlops(*device, Dtype::kFp16));
}

TEST_CASE("without a bandwidth or a peak there is no new device", "[calibrate]") {
  CHECK_FALSE(NewDevice({.measurements = {ReadRow(1, 1, true)}}, "mine"));
  CHECK_FALSE(NewDevice({.measurements = {Peak(Dtype::kFp32, 1)}}, "mine"));
}

}  // namespace
}  // namespace kinetics
