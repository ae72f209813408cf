#include "kernels/cpu/team.h"

#include <array>

#include "kernels/cpu/isa.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::Isa;
using kernels::Team;

TEST_CASE("every thread of a team works once a round") {
  for (const int threads : {1, 2, 5}) {
    Team team(threads);
    CHECK(team.Size() == threads);
    std::array<int, 5> rounds = {};
    for (int round = 0; round < 200; ++round) {
      team.Run([&](int thread) { ++rounds[static_cast<size_t>(thread)]; });
    }
    for (size_t thread = 0; thread < rounds.size(); ++thread) {
      CHECK(rounds[thread] == (static_cast<int>(thread) < threads ? 200 : 0));
    }
  }
  CHECK(kernels::AvailableThreads() >= 1);
}

TEST_CASE("the instruction set can be forced, by a name that is known") {
  CHECK(kernels::ParseIsa("avx2") == Isa::kAvx2);
  CHECK(kernels::ParseIsa("portable") == Isa::kPortable);
  CHECK_FALSE(kernels::ParseIsa("AVX2"));
  CHECK(kernels::NameOf(Isa::kAvx512) == "avx512");
  CHECK(kernels::IsSupported(Isa::kPortable));
  CHECK(kernels::IsSupported(kernels::ChosenIsa()));
}

}  // namespace
}  // namespace kinetics
