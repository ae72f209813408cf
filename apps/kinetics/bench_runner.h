#pragma once

#include <vector>

#include "apps/kinetics/bench_cases.h"
#include "kernels/bench/cpu_bench.h"
#include "kinetics/render/benchmark.h"

namespace kinetics::app {

/// What is to be measured, in order. Cases that stand together, one or two, take turns.
struct BenchPlan {
  std::vector<std::vector<BenchmarkCase>> turns;
  /// Pairs of a sparse case and a dense one, by the places that their measurements will have: the
  /// first ones of all turns, then the second ones.
  std::vector<BenchmarkGain> gains;
  size_t first_shown = 0;  ///< See BenchmarkReport.
  /// Of the KV cache. With small pages the rate also depends on how many KV heads share one, which
  /// models of operations do not know.
  int64_t page_tokens = 128;
};

/// The plan of the arguments. `memory_bytes`: for one working set of the paper's shapes at most.
BenchPlan PlanBench(const BenchArgs& args, double memory_bytes);

/// How long each look at a measurement samples it. Cases whose samples have not converged are
/// looked at again once all others were, kLooks times in all.
kernels::SamplingOptions SamplingOf(const BenchArgs& args);
inline constexpr int kLooks = 3;

/// Measures it all on the CPU: measurements, work and gains of a report, without its head. Throws
/// Error, which names the case, and UsageError for a shape that there is no kernel for.
BenchmarkReport RunPlan(const BenchPlan& plan, kernels::CpuBench& bench, const Streams& streams);

}  // namespace kinetics::app
