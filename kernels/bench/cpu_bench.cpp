#include "kernels/bench/cpu_bench.h"

#include <algorithm>
#include <cstdio>

#include "kernels/bench/machine.h"

namespace kinetics::kernels {
namespace {

std::string Gib(double bytes) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g GiB", bytes / (1U << 30U));
  return text;
}

}  // namespace

CpuBench::CpuBench(Isa isa, int threads, const BenchOptions& options)
    : isa_(isa), team_(threads), options_(options) {
  if (options_.cache_bytes == 0) {
    options_.cache_bytes = LastLevelCacheBytes();
  }
  if (options_.memory_bytes == 0) {
    options_.memory_bytes = AvailableMemory() / 5 * 4;
  }
}

size_t CpuBench::BytesFor(double set, double caches) const {
  const auto most = static_cast<double>(options_.memory_bytes);
  if (!(set <= most)) {
    throw std::runtime_error("one working set is " + Gib(set) + ", of which at most " + Gib(most) +
                             " can be had");
  }
  constexpr double kMargin = 1.1;  // sets do not fill all of it
  const double enough = kMargin * caches * static_cast<double>(options_.cache_bytes);
  const bool adds = options_.cold && set < enough;
  return static_cast<size_t>(adds ? std::min(set + enough, most) : set);
}

void CpuBench::Provide(std::unique_ptr<Arena>& arena, size_t bytes) {
  if (!arena || arena->Size() < bytes) {
    arena.reset();  // before the new one is made
    arena = std::make_unique<Arena>(bytes, team_);
  }
}

void CpuBench::Expect(const BenchCase& x) const {
  ExpectKernel(x);
  BytesFor(SetBytes(x) + WrittenBytes(x) + OtherBytes(x), 0);
}

void CpuBench::Reserve(std::span<const BenchCase> cases) {
  size_t bytes = sizeof(uint64_t);
  for (const BenchCase& x : cases) {
    Expect(x);
    // Of a context's last page, of a window's first and of values that are not chosen, not all is
    // read.
    const bool has_rest =
        x.op == BenchOp::kDecode || x.op == BenchOp::kSliding || x.op == BenchOp::kTokenTopk;
    const double unread = has_rest ? SetBytes(x) / WorkOf(x).bytes : 1;
    bytes = std::max(bytes, BytesFor(SetBytes(x), std::max(1.0, unread) * kColdCaches));
    if (WrittenBytes(x) > 0) {
      written_bytes_ = std::max(written_bytes_, BytesFor(WrittenBytes(x), 1));
    }
  }
  Provide(numbers_, bytes);
}

void CpuBench::Provide(std::span<const BenchCase> cases) {
  const bool writes = std::any_of(cases.begin(), cases.end(),
                                  [](const BenchCase& x) { return WrittenBytes(x) > 0; });
  if (writes) {
    Provide(written_, written_bytes_);
  } else {
    written_.reset();
  }
}

std::unique_ptr<Workload> CpuBench::Make(const BenchCase& x) {
  return MakeWorkload(x, {.isa = isa_,
                          .team = &team_,
                          .numbers = numbers_.get(),
                          .written = written_.get(),
                          .cold = options_.cold});
}

}  // namespace kinetics::kernels
