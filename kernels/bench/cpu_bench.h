#pragma once

#include <memory>
#include <span>

#include "kernels/bench/bench.h"

namespace kinetics::kernels {

/// Measures the CPU kernels.
class CpuBench : public Bench {
 public:
  /// `isa` must be supported, `threads` at least 1.
  CpuBench(Isa isa, int threads, const BenchOptions& options);

  void Expect(const BenchCase& x) const override;
  void Reserve(std::span<const BenchCase> cases) override;
  double HugeShare() const override { return numbers_ ? numbers_->HugeShare() : 0; }
  size_t CacheBytes() const override { return options_.cache_bytes; }

 protected:
  const SamplingOptions& Sampling() const override { return options_.sampling; }
  double MostError(const BenchCase&) const override { return options_.most_error; }
  void Provide(std::span<const BenchCase> cases) override;
  std::unique_ptr<Workload> Make(const BenchCase& x) override;

 private:
  size_t BytesFor(double set, double caches) const;
  void Provide(std::unique_ptr<Arena>& arena, size_t bytes);

  Isa isa_;
  Team team_;
  BenchOptions options_;
  std::unique_ptr<Arena> numbers_;
  std::unique_ptr<Arena> written_;  // while there are cases that write
  size_t written_bytes_ = 0;        // that it gets
};

}  // namespace kinetics::kernels
