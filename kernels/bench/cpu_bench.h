#pragma once

#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "kernels/bench/workload.h"

namespace kinetics::kernels {

struct BenchOptions {
  bool cold = true;         ///< Whether no call is to find its operands in a cache.
  size_t cache_bytes = 0;   ///< Of the last cache; 0: LastLevelCacheBytes().
  size_t memory_bytes = 0;  ///< To use at most; 0: four fifths of what is available.
  double most_error = 1e-5;
  SamplingOptions sampling;
};

/// A kernel's output was not what the reference computes.
class WrongResult : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Samples of cases that took turns, over all looks at them.
struct BenchSamples {
  PairedSamples seconds;
  std::vector<std::vector<BenchParts>> parts;  ///< By case.
};

/// Measures the CPU kernels. Working sets rotate through memory of more than twice the last cache,
/// as far as `memory_bytes` reaches; whether that was enough is in every row. Before an operation
/// is timed its output is compared with the reference, on memory that the timing uses.
class CpuBench {
 public:
  /// `isa` must be supported, `threads` at least 1.
  CpuBench(Isa isa, int threads, const BenchOptions& options);

  /// Throws what Run would for a case whatever is measured: that there is no kernel for it, or no
  /// memory.
  void Expect(const BenchCase& x) const;

  /// Makes memory for all of these at once, so that none has to be made in between. Throws
  /// std::runtime_error where one working set alone is more than there may be.
  void Reserve(std::span<const BenchCase> cases);

  /// Measures cases that take turns, so that whatever else the machine does hits all of them: one
  /// row each. Throws std::invalid_argument for what there is no kernel for, WrongResult,
  /// std::runtime_error as Reserve does.
  std::vector<BenchRow> Run(std::span<const BenchCase> cases);
  /// The same as a further look at cases of which there are samples: adds to these, and gives the
  /// rows of all. Only the first look checks outputs.
  std::vector<BenchRow> Run(std::span<const BenchCase> cases, BenchSamples& samples);

  /// Of the memory, in huge pages.
  double HugeShare() const { return numbers_ ? numbers_->HugeShare() : 0; }
  size_t CacheBytes() const { return options_.cache_bytes; }

 private:
  void Check(Workload& workload, BenchRow& row) const;
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
