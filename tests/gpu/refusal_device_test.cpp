// What there is no kernel for is refused before anything is launched.
#include <stdexcept>

#include "kernels/cuda/device/select.h"
#include "tests/gpu/device_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::DataType;
using kernels::DeviceDecode;
using kernels::SelectLaunch;

void RefuseDecode(const DeviceDecode& decode, DataType type) {
  CHECK_THROWS_AS(kernels::LaunchDecode(decode, type, nullptr), std::invalid_argument);
}

void RefuseSelect(const SelectLaunch& launch, DataType type = DataType::kF16) {
  CHECK_THROWS_AS(kernels::LaunchSelect(launch, type, nullptr), std::invalid_argument);
}

TEST_CASE("decode attention of other shapes and types is refused", "[small]") {
  RefuseDecode({.head_dim = 96}, DataType::kF16);
  RefuseDecode({.head_dim = 256}, DataType::kBf16);
  RefuseDecode({.group = 17}, DataType::kF16);
  RefuseDecode({.group = 0}, DataType::kBf16);
  RefuseDecode({.scale = 0}, DataType::kF16);
  RefuseDecode({}, DataType::kF32);
  RefuseDecode({.unit_warps = 16}, DataType::kF16);
  CHECK_THROWS_AS(kernels::ResidentAttendBlocks(DataType::kF32, 128, 1), std::invalid_argument);
  CHECK_THROWS_AS(kernels::ResidentAttendBlocks(DataType::kF16, 80, 1), std::invalid_argument);
  CHECK_THROWS_AS(kernels::ResidentAttendBlocks(DataType::kF16, 128, 17), std::invalid_argument);
}

TEST_CASE("selections of other shapes and types are refused", "[small]") {
  const SelectLaunch good = {.requests = 1, .pooled_stride = 10, .top = 4, .tiles_stride = 4};
  const auto changed = [&](auto change) {
    SelectLaunch launch = good;
    change(launch);
    return launch;
  };
  RefuseSelect(good, DataType::kF32);
  RefuseSelect(changed([](SelectLaunch& launch) { launch.head_dim = 96; }));
  RefuseSelect(changed([](SelectLaunch& launch) { launch.group = 17; }));
  RefuseSelect(changed([](SelectLaunch& launch) { launch.group = 0; }));
  RefuseSelect(changed([](SelectLaunch& launch) { launch.block_tokens = 8; }));
  RefuseSelect(changed([](SelectLaunch& launch) { launch.page_tokens = 24; }));
  RefuseSelect(changed([](SelectLaunch& launch) { launch.pooled_stride = 8193; }));
  RefuseSelect(changed([](SelectLaunch& launch) { launch.tiles_stride = 3; }));
  RefuseSelect(changed([](SelectLaunch& launch) { launch.top = -1; }));
  CHECK_THROWS_AS(kernels::LaunchSelectOnly(nullptr, 1, 8193, 1, nullptr, nullptr),
                  std::invalid_argument);
  CHECK_THROWS_AS(kernels::LaunchSelectOnly(nullptr, 1, 100, -1, nullptr, nullptr),
                  std::invalid_argument);
}

TEST_CASE("nothing is launched for no rows", "[small]") {
  kernels::LaunchDecode({}, DataType::kF16, nullptr);
  kernels::LaunchSelect({.pooled_stride = 1, .top = 1, .tiles_stride = 1}, DataType::kF16, nullptr);
  kernels::LaunchSelectOnly(nullptr, 0, 100, 1, nullptr, nullptr);
  CHECK_NOTHROW(test::AwaitDevice());
}

}  // namespace
}  // namespace kinetics
