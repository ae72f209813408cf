#pragma once

#include <string>
#include <vector>

#include "apps/kinetics/bench_cases.h"
#include "kernels/bench/bench.h"
#include "kinetics/render/benchmark.h"

namespace kinetics::app {

/// What is to be measured, in order. Cases that stand together, one or two, take turns.
struct BenchPlan {
  std::vector<std::vector<BenchmarkCase>> turns;
  /// Of turns of a sparse case and a dense one: `sparse` is the place of the turn, and will be that
  /// of its first measurement. Measurements are the first ones of all turns, then the second ones.
  std::vector<BenchmarkGain> gains;
  size_t first_shown = 0;  ///< See BenchmarkReport.
  /// Of the KV cache. With small pages the rate also depends on how many KV heads share one, which
  /// models of operations do not know.
  int64_t page_tokens = 128;
  kernels::DataType io_type = kernels::DataType::kF32;  ///< Of queries, inputs and outputs.
};

/// What suites are planned for.
struct BenchTarget {
  double memory_bytes = 0;      ///< For one working set of the paper's shapes at most.
  bool is_accelerator = false;  ///< See ForAccelerator.
  kernels::DataType io_type = kernels::DataType::kF32;  ///< Of queries, inputs and outputs.
};

/// The plan of the arguments.
BenchPlan PlanBench(const BenchArgs& args, const BenchTarget& target);

/// Leaves out of a suite what the backend has no kernel or no memory for, or no library; returns
/// the names of operations that nothing is left of.
std::vector<std::string> LeaveOutUnsupported(const kernels::Bench& bench, BenchPlan& plan);

/// How long each look at a measurement samples it. Cases whose samples have not converged are
/// looked at again once all others were, kLooks times in all.
kernels::SamplingOptions SamplingOf(const BenchArgs& args);
inline constexpr int kLooks = 3;

/// Measures it all: measurements, work and gains of a report, without its head. Throws
/// Error, which names the case, and UsageError for a shape that there is no kernel for.
BenchmarkReport RunPlan(const BenchPlan& plan, kernels::Bench& bench, const Streams& streams);

}  // namespace kinetics::app
