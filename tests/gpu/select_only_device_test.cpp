// Selection alone on the device, of scores that lie in its memory.
#include <algorithm>
#include <limits>
#include <span>

#include "kernels/bench/arena.h"
#include "kernels/cuda/device/select.h"
#include "kernels/reference.h"
#include "tests/gpu/device_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::DeviceBuffer;
using kernels::Noise;
using test::FromDevice;
using test::OnDevice;
using test::WholeNumber;

/// Selects rows of scores and compares each with the reference.
void CheckSelectOnly(const std::vector<float>& scores, int64_t rows, int top) {
  const auto blocks = scores.size() / static_cast<size_t>(rows);
  const size_t size = std::min(static_cast<size_t>(top), blocks);
  const DeviceBuffer device_scores = OnDevice(scores);
  const DeviceBuffer chosen = test::PoisonedBytes(static_cast<size_t>(rows) * size * 4);
  kernels::LaunchSelectOnly(device_scores.Data<float>(), rows, static_cast<int>(blocks), top,
                            chosen.Data<int32_t>(), nullptr);
  INFO(rows << " rows of " << blocks << ", top " << top);
  for (size_t row = 0; row < static_cast<size_t>(rows); ++row) {
    const std::span<const float> of_row = std::span(scores).subspan(row * blocks, blocks);
    REQUIRE((FromDevice<int32_t>(chosen.Data<int32_t>() + row * size, size) ==
             kernels::ReferenceSelect(of_row, top, false, false)));
  }
}

/// All combinations of sizes and tops on score(index).
template <typename Score>
void CheckSelectsOnly(Score score) {
  constexpr int64_t kRows = 5;
  for (const int blocks : {1, 2, 63, 64, 65, 255, 256, 257, 1000, 2048, 8192}) {
    std::vector<float> scores(static_cast<size_t>(kRows) * static_cast<size_t>(blocks));
    for (size_t i = 0; i < scores.size(); ++i) {
      scores[i] = score(i);
    }
    for (const int top : {0, 1, 2, 64, blocks - 1, blocks, blocks + 1, 100'000}) {
      CheckSelectOnly(scores, kRows, top);
    }
  }
}

TEST_CASE("a device selects random scores as the reference does") {
  Noise noise(32);
  CheckSelectsOnly([&](size_t) { return noise.Uniform(); });
}

TEST_CASE("a device selects among ties those of the lowest index", "[small]") {
  Noise noise(33);
  CheckSelectsOnly([&](size_t) { return WholeNumber(noise); });
  CheckSelectsOnly([](size_t) { return 1.5F; });
}

TEST_CASE("a device gives infinities, NaN and both zeros their place in the order") {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kTiny = std::numeric_limits<float>::denorm_min();
  const std::vector<float> values = {kNan,  -kNan, kInfinity, -kInfinity, 0,
                                     -0.0F, kTiny, -kTiny,    1,          -1};
  Noise noise(34);
  CheckSelectsOnly([&](size_t) { return values[noise.Below(values.size())]; });
  CheckSelectsOnly([&](size_t) { return values[noise.Below(4)]; });
  CheckSelectsOnly([&](size_t i) { return i % 100 == 50 ? 1.0F : kNan; });
  CheckSelectsOnly([&](size_t i) { return i % 2 == 0 ? 0.0F : -0.0F; });
}

TEST_CASE("a device tells scores apart that differ in their last bits only") {
  Noise noise(35);
  CheckSelectsOnly([&](size_t) {
    return __builtin_bit_cast(float, 0x40400000U + static_cast<uint32_t>(noise.Below(100)));
  });
}

TEST_CASE("a device selects in thousands of rows") {
  Noise noise(36);
  std::vector<float> scores(4096 * 300);
  std::generate(scores.begin(), scores.end(), [&] { return WholeNumber(noise); });
  CheckSelectOnly(scores, 4096, 64);
}

}  // namespace
}  // namespace kinetics
