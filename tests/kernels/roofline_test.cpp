// The kernels whose times are ceilings must do the work that they are timed for.
#include <numeric>

#include "kernels/cpu/isa.h"
#include "tests/kernels/cache.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::KernelsOf;

/// Small whole numbers, whose sums and multiples are exact in any order.
std::vector<float> Numbers(size_t count) {
  std::vector<float> numbers(count);
  for (size_t i = 0; i < count; ++i) {
    numbers[i] = static_cast<float>(i % 100) + 1;
  }
  return numbers;
}

TEST_CASE("reading adds up all numbers") {
  for (const size_t count : {0, 1, 7, 64, 127, 128, 129, 1000, 4099}) {
    const std::vector<float> numbers = Numbers(count);
    const double expected = std::accumulate(numbers.begin(), numbers.end(), 0.0);
    for (const kernels::Isa isa : test::SupportedIsas()) {
      INFO(kernels::NameOf(isa) << ", " << count << " numbers");
      CHECK(KernelsOf(isa).read(numbers.data(), count) == expected);
    }
  }
}

TEST_CASE("copy and triad write all numbers, and none beside them") {
  for (const size_t count : {0, 1, 15, 16, 17, 1000}) {
    const std::vector<float> from = Numbers(count);
    const std::vector<float> other(count, 3.0F);
    std::vector<float> copied = from;
    copied.push_back(-5);
    std::vector<float> sum = from;
    for (float& x : sum) {
      x += 6;
    }
    sum.push_back(-5);
    for (const kernels::Isa isa : test::SupportedIsas()) {
      // Non-temporal stores want whole vectors: memory of 64 bytes, as buffers have it.
      std::vector<float> memory(count + 1 + 16, -5.0F);
      const size_t skip = (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64) % 64 / 4;
      float* to = memory.data() + skip;
      INFO(kernels::NameOf(isa) << ", " << count << " numbers");
      KernelsOf(isa).copy(to, from.data(), count);
      CHECK(std::vector<float>(to, to + count + 1) == copied);
      std::fill(memory.begin(), memory.end(), -5.0F);
      KernelsOf(isa).triad(to, from.data(), other.data(), 2, count);
      CHECK(std::vector<float>(to, to + count + 1) == sum);
    }
  }
}

TEST_CASE("multiply-adds are counted as they are done") {
  for (const kernels::Isa isa : test::SupportedIsas()) {
    float sink = 0;
    const double once = KernelsOf(isa).flops(1000, &sink);
    INFO(kernels::NameOf(isa));
    const double lanes = isa == kernels::Isa::kPortable ? 4 : 8;  // at least
    CHECK(once >= 2.0 * 1000 * 12 * lanes);
    CHECK(KernelsOf(isa).flops(3000, &sink) == 3 * once);
    // Each lane goes to 0.001 / (1 - 0.999) = 1 from 0 .. 11: after many rounds the sum is the
    // number of lanes, once / 1000 / 2.
    KernelsOf(isa).flops(40000, &sink);
    CHECK(sink == Approx(once / 2000).epsilon(1e-2));
  }
}

}  // namespace
}  // namespace kinetics
