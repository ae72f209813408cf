#pragma once

#include <memory>

#include "kernels/bench/bench.h"

namespace kinetics::kernels {

/// Measures the CPU kernels.
class CpuBench : public Bench {
 public:
  /// `isa` must be supported, `threads` at least 1.
  CpuBench(Isa isa, int threads, const BenchOptions& options);

  double HugeShare() const override { return numbers_ ? numbers_->HugeShare() : 0; }

 protected:
  void ExpectKernelOf(const BenchCase& x) const override { ExpectKernel(x); }
  void ProvideNumbers(size_t bytes) override { Provide(numbers_, bytes); }
  void ProvideWritten(size_t bytes) override;
  std::unique_ptr<Workload> Make(const BenchCase& x) override;

 private:
  void Provide(std::unique_ptr<Arena>& arena, size_t bytes);

  Isa isa_;
  Team team_;
  std::unique_ptr<Arena> numbers_;
  std::unique_ptr<Arena> written_;  // while there are cases that write
};

}  // namespace kinetics::kernels
