// Kernels that only move memory or only calculate.
#include "kernels/cuda/device/roofline.h"

#include <cmath>

#include "kernels/bench/cuda_bench.h"
#include "kernels/cuda/layer.h"
#include "tests/gpu/device_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::DataType;
using kernels::DeviceBuffer;
using kernels::FillWord;
using test::FromDevice;
using test::OnDevice;
using test::PoisonedBytes;

constexpr size_t kGuardBytes = 64;  ///< Behind what is to be written.

std::vector<uint8_t> FilledBytes(uint64_t seed, size_t bytes) {
  std::vector<uint8_t> filled(bytes);
  for (size_t i = 0; i < bytes; ++i) {
    filled[i] = static_cast<uint8_t>(FillWord(seed, i / 8) >> (8 * (i % 8)));
  }
  return filled;
}

TEST_CASE("a device fills memory with the words of its seed, and nothing behind it", "[small]") {
  for (const size_t bytes : {1, 7, 8, 9, 4096, 1'000'003}) {
    const DeviceBuffer memory = PoisonedBytes(bytes + kGuardBytes);
    kernels::LaunchFill(memory.Data(), bytes, 51, nullptr);
    std::vector<uint8_t> expected = FilledBytes(51, bytes);
    expected.resize(bytes + kGuardBytes, 0xff);
    INFO(bytes << " bytes");
    CHECK((FromDevice<uint8_t>(memory.Data(), memory.Size()) == expected));
  }
}

TEST_CASE("a device copies memory of any size, and nothing behind it", "[small]") {
  for (const size_t bytes : {1, 15, 16, 17, 32'768, 32'784, 1'000'003}) {
    for (const int blocks : {1, 7, 264}) {
      std::vector<uint8_t> expected = FilledBytes(52, bytes);
      const DeviceBuffer from = OnDevice(expected);
      const DeviceBuffer to = PoisonedBytes(bytes + kGuardBytes);
      kernels::LaunchCopy(to.Data(), from.Data(), bytes, blocks, nullptr);
      expected.resize(bytes + kGuardBytes, 0xff);
      INFO(bytes << " bytes by " << blocks << " blocks");
      CHECK((FromDevice<uint8_t>(to.Data(), to.Size()) == expected));
    }
  }
}

TEST_CASE("a device's triad adds b and c times a factor, rounded once", "[small]") {
  constexpr float kFactor = 0.3F;
  for (const size_t count : {1, 3, 4, 5, 4096, 4100, 300'003}) {
    std::vector<float> b(count);
    std::vector<float> c(count);
    std::vector<float> expected(count);
    for (size_t i = 0; i < count; ++i) {
      b[i] = static_cast<float>(i % 1000) / 7;
      c[i] = 3 - static_cast<float>(i % 999) / 11;
      expected[i] = std::fma(kFactor, c[i], b[i]);
    }
    const DeviceBuffer device_b = OnDevice(b);
    const DeviceBuffer device_c = OnDevice(c);
    for (const int blocks : {1, 264}) {
      const DeviceBuffer to = PoisonedBytes(count * sizeof(float) + kGuardBytes);
      kernels::LaunchTriad(to.Data<float>(), device_b.Data<float>(), device_c.Data<float>(),
                           kFactor, count, blocks, nullptr);
      INFO(count << " elements by " << blocks << " blocks");
      CHECK((FromDevice<float>(to.Data(), count) == expected));
      const auto guard = FromDevice<uint8_t>(to.Data<uint8_t>() + count * 4, kGuardBytes);
      CHECK((guard == std::vector<uint8_t>(kGuardBytes, 0xff)));
    }
  }
}

TEST_CASE("a device reads each byte of memory once", "[small]") {
  // What the kernel waits for, so that its loads are needed: where all else is 0, a thread finds
  // it if it reads this word an odd number of times.
  constexpr uint32_t kNeedle = 0x7fffffff;
  for (const size_t bytes : {16, 32'768, 32'784, 1'000'000}) {
    const size_t words = bytes / sizeof(uint32_t);
    for (const int blocks : {1, 7, 264}) {
      for (const size_t place : {size_t{0}, size_t{3}, words / 3, words / 2, words - 1}) {
        std::vector<uint32_t> memory(words);
        memory[place] = kNeedle;
        const DeviceBuffer device_memory = OnDevice(memory);
        const DeviceBuffer sink = OnDevice(std::vector<float>{-1});
        kernels::LaunchRead(device_memory.Data(), bytes, sink.Data<float>(), blocks, nullptr);
        INFO("word " << place << " of " << words << " by " << blocks << " blocks");
        CHECK(FromDevice<float>(sink.Data(), 1).front() == 1);
      }
    }
  }
}

TEST_CASE("a device leaves the sink alone when it reads filled memory", "[small]") {
  for (const size_t bytes : {0, 8, 100, 1'000'003}) {
    const DeviceBuffer memory(bytes + 16);
    kernels::LaunchFill(memory.Data(), memory.Size(), 53, nullptr);
    const DeviceBuffer sink = OnDevice(std::vector<float>{-1});
    kernels::LaunchRead(memory.Data(), bytes, sink.Data<float>(), 16, nullptr);
    CHECK(FromDevice<float>(sink.Data(), 1).front() == -1);
  }
}

TEST_CASE("a device's peak kernels run and count their operations", "[small]") {
  const DeviceBuffer sink = OnDevice(std::vector<float>{-1});
  for (const DataType type : {DataType::kF16, DataType::kBf16}) {
    CHECK(kernels::LaunchPeakFlops(type, 100, sink.Data<float>(), 5, nullptr) ==
          5.0 * 8 * 100 * 8 * 4096);
    test::AwaitDevice();
  }
  CHECK(kernels::LaunchPeakFma(100, sink.Data<float>(), 5, nullptr) == 5.0 * 256 * 100 * 8 * 2);
  CHECK(FromDevice<float>(sink.Data(), 1).front() == -1);
}

TEST_CASE("a device has a name, and a clock that is not above what it can") {
  const kernels::CudaMachine machine = kernels::FindCudaMachine();
  CHECK_FALSE(machine.device.empty());
  CHECK(machine.memory_bytes > 0);
  const double clock = kernels::MeasureCudaClock();
  CHECK(clock > 1e8);
  CHECK(clock < 1.05 * machine.most_clock_hz);
}

}  // namespace
}  // namespace kinetics
