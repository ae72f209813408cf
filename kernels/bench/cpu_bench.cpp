#include "kernels/bench/cpu_bench.h"

#include "kernels/bench/machine.h"

namespace kinetics::kernels {
namespace {

BenchOptions OfThisMachine(BenchOptions options) {
  if (options.cache_bytes == 0) {
    options.cache_bytes = LastLevelCacheBytes();
  }
  if (options.memory_bytes == 0) {
    options.memory_bytes = AvailableMemory() / 5 * 4;
  }
  return options;
}

}  // namespace

CpuBench::CpuBench(Isa isa, int threads, const BenchOptions& options)
    : Bench(OfThisMachine(options)), isa_(isa), team_(threads) {}

void CpuBench::Provide(std::unique_ptr<Arena>& arena, size_t bytes) {
  if (!arena || arena->Size() < bytes) {
    arena.reset();  // before the new one is made
    arena = std::make_unique<Arena>(bytes, team_);
  }
}

void CpuBench::ProvideWritten(size_t bytes) {
  if (bytes > 0) {
    Provide(written_, bytes);
  } else {
    written_.reset();
  }
}

std::unique_ptr<Workload> CpuBench::Make(const BenchCase& x) {
  return MakeWorkload(x, {.isa = isa_,
                          .team = &team_,
                          .numbers = numbers_.get(),
                          .written = written_.get(),
                          .cold = IsCold()});
}

}  // namespace kinetics::kernels
