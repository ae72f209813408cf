#pragma once

#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "kernels/bench/workload.h"

namespace kinetics::kernels {

struct BenchOptions {
  bool cold = true;          ///< Whether no call is to find its operands in a cache.
  size_t cache_bytes = 0;    ///< Of the last cache; 0: that of the machine.
  size_t memory_bytes = 0;   ///< To use at most; 0: four fifths of what is available.
  double most_error = 1e-5;  ///< Of the CPU kernels.
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

inline constexpr double kColdCaches = 2;  ///< So many last caches pass between two uses.

/// Measures kernels of one backend. Working sets rotate through memory of more than twice the last
/// cache, as far as `memory_bytes` reaches; whether that was enough is in every row. Before an
/// operation is timed its output is compared with the reference, on memory that the timing uses.
class Bench {
 public:
  /// `options` without zeros.
  explicit Bench(const BenchOptions& options) : options_(options) {}
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  virtual ~Bench() = default;

  /// Throws what Run would for a case whatever is measured: std::invalid_argument where there is no
  /// kernel for it, std::runtime_error where there is no memory.
  void Expect(const BenchCase& x) const;

  /// Makes memory for all of these at once, so that none has to be made in between. Throws
  /// std::runtime_error where one working set alone is more than there may be.
  void Reserve(std::span<const BenchCase> cases);

  /// Measures cases that take turns, so that whatever else the machine does hits all of them: one
  /// row each. Throws as Expect and Reserve do, and WrongResult.
  std::vector<BenchRow> Run(std::span<const BenchCase> cases);
  /// The same as a further look at cases of which there are samples: adds to these, and gives the
  /// rows of all. Only the first look checks outputs.
  std::vector<BenchRow> Run(std::span<const BenchCase> cases, BenchSamples& samples);

  /// Of the memory, in huge pages.
  virtual double HugeShare() const { return 0; }
  /// Of the last cache.
  size_t CacheBytes() const { return options_.cache_bytes; }

 protected:
  bool IsCold() const { return options_.cold; }
  /// Throws std::invalid_argument where there is no kernel for a case.
  virtual void ExpectKernelOf(const BenchCase& x) const = 0;
  /// How far an output may be from the reference, relative to a head's largest.
  virtual double MostError(const BenchCase&) const { return options_.most_error; }
  /// Makes so much memory of operands, unless there is as much already, and of what is written past
  /// the caches; 0 frees the latter.
  virtual void ProvideNumbers(size_t bytes) = 0;
  virtual void ProvideWritten(size_t bytes) = 0;
  virtual std::unique_ptr<Workload> Make(const BenchCase& x) = 0;

 private:
  size_t BytesFor(double set, double caches) const;

  BenchOptions options_;
  size_t written_bytes_ = 0;  // of the cases that write
};

}  // namespace kinetics::kernels
