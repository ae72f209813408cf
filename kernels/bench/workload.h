#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kernels/attention.h"
#include "kernels/bench/arena.h"
#include "kernels/bench/case.h"
#include "kernels/cpu/isa.h"

namespace kinetics::kernels {

/// What all workloads of a run share.
struct BenchMachine {
  Isa isa = Isa::kPortable;
  Team* team = nullptr;
  const Arena* numbers = nullptr;  ///< Operands; read only.
  Arena* written = nullptr;        ///< What copy and triad write; null for the others.
  bool cold = true;                ///< Whether working sets are to be.
};

/// One operation on the CPU, ready to be run.
class Workload {
 public:
  Workload() = default;
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;
  virtual ~Workload() = default;

  /// Runs it once, on the next working set; the seconds that it took.
  virtual double Once() = 0;
  /// Runs it once and compares the output with the double-precision reference, where that takes
  /// long on a part of it: the largest error relative to the largest value of a head; infinity for
  /// a wrong choice.
  virtual double Check() = 0;
  virtual BenchWork Work() const = 0;
  /// Bytes touched between two uses of the same memory.
  virtual double BytesBetween() const = 0;
  /// Of every run, for sparse attention.
  virtual std::vector<BenchParts> Parts() const { return {}; }
};

/// Throws std::invalid_argument for a case that there is no kernel for.
void ExpectKernel(const BenchCase& x);

/// `x` must have a kernel.
std::unique_ptr<Workload> MakeWorkload(const BenchCase& x, const BenchMachine& machine);

/// Bytes of numbers that one working set takes, that it writes past the caches, and of inputs and
/// outputs beside it. Numbers of any size: these tell whether there is memory for a case.
double SetBytes(const BenchCase& x);
double WrittenBytes(const BenchCase& x);
double OtherBytes(const BenchCase& x);

/// Of the pooled keys of all blocks.
double PooledBytes(const BenchCase& x);

/// Pages of a request that are read: with a window, those at its end.
int64_t ReadPages(const BenchCase& x);

/// Keys and values of an attention case in `arena`, and the cache that one of the sets is.
PagedSets SetsOf(const Arena& arena, const BenchCase& x);
KvCache CacheOf(const PagedSets& sets, const BenchCase& x, int64_t set);

/// Those of a group of operations each.
std::unique_ptr<Workload> MakeAttentionWorkload(const BenchCase& x, const BenchMachine& machine);
std::unique_ptr<Workload> MakePrefillWorkload(const BenchCase& x, const BenchMachine& machine);
std::unique_ptr<Workload> MakeLinearWorkload(const BenchCase& x, const BenchMachine& machine);
std::unique_ptr<Workload> MakeSelectWorkload(const BenchCase& x, const BenchMachine& machine);
std::unique_ptr<Workload> MakeTrafficWorkload(const BenchCase& x, const BenchMachine& machine);
std::unique_ptr<Workload> MakeFlopsWorkload(const BenchCase& x, const BenchMachine& machine);

/// Seconds of a call.
template <typename Call>
double Timed(const Call& call) {
  const double start = SteadySeconds();
  call();
  return SteadySeconds() - start;
}

}  // namespace kinetics::kernels
