#include "kernels/bench/sampler.h"

#include "kernels/bench/memory.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::SamplingOptions;
using kernels::Spread;

/// A clock that each measurement moves on by an eighth of a second.
struct Clock {
  double seconds = 0;
  SamplingOptions Options() {
    return {.now = [this] { return seconds; }};
  }
  double Tick() {
    seconds += 0.125;
    return seconds;
  }
};

TEST_CASE("a spread is of order statistics") {
  const Spread spread = kernels::SpreadOf({5, 1, 3, 2, 4});
  CHECK(spread.median == 3);
  CHECK(spread.p10 == Approx(1.4));
  CHECK(spread.p90 == Approx(4.6));
  CHECK(spread.samples == 5);
  CHECK(kernels::SpreadOf({7}).p90 == 7);
}

TEST_CASE("a steady value converges after the least number of samples") {
  Clock clock;
  int calls = 0;
  const Spread spread = kernels::Sample(
      [&] {
        clock.Tick();
        ++calls;
        return 2.0;
      },
      clock.Options());
  CHECK(spread.converged);
  CHECK(spread.samples == 10);
  CHECK(spread.median == 2);
  CHECK(calls == 11);  // one to warm up
}

TEST_CASE("a value that jumps is given up when time is up, and says so") {
  Clock clock;
  int calls = 0;
  const Spread spread = kernels::Sample(
      [&] {
        clock.Tick();
        return ++calls % 2 == 0 ? 1.0 : 3.0;
      },
      clock.Options());
  CHECK_FALSE(spread.converged);
  CHECK(spread.samples == 120);
  CHECK(spread.median == 2);
}

TEST_CASE("alternatives take turns, and their ratios are of the same round") {
  Clock clock;
  double drift = 1;  // the machine slows down
  const auto once = [&](double value) {
    return [&, value] {
      clock.Tick();
      drift *= 1.003;
      return value * drift;
    };
  };
  SamplingOptions options = clock.Options();
  options.precision = 0.01;
  const kernels::PairedSpread spread = kernels::SamplePaired({once(1), once(4)}, options);
  CHECK_FALSE(spread.values[1].converged);
  CHECK(spread.ratio[1].median == Approx(4).epsilon(0.004));
  CHECK(spread.ratio[1].converged);
  CHECK(spread.ratio[0].median == 1);
}

TEST_CASE("a buffer is zeroed, aligned to huge pages and all there") {
  kernels::Team team(2);
  const kernels::Buffer buffer(5'000'000, team);
  CHECK(reinterpret_cast<uintptr_t>(buffer.Data()) % (2 << 20) == 0);
  bool is_zero = true;
  for (size_t i = 0; i < buffer.Size(); ++i) {
    is_zero &= buffer.Data()[i] == 0;
  }
  CHECK(is_zero);
  buffer.Data()[buffer.Size() - 1] = 1;
  const double share = buffer.HugeShare();
  CHECK((share >= 0 && share <= 1));
  CHECK(kernels::LastLevelCacheBytes() > 0);
}

}  // namespace
}  // namespace kinetics
