#pragma once

#include <string>
#include <vector>

#include "kinetics/benchmark/benchmark.h"
#include "kinetics/render/format.h"

namespace kinetics {

/// A dense and a sparse measurement that took turns.
struct BenchmarkGain {
  std::string models;
  int64_t scale = 1;  ///< The batch is so many times smaller than the one that is meant.
  size_t dense = 0;   ///< Their places among the measurements.
  size_t sparse = 0;
  double gain = 0;  ///< Dense seconds over sparse ones: the median over rounds.
  double gain_p10 = 0;
  double gain_p90 = 0;
};

/// What was measured, and under which conditions.
struct BenchmarkReport {
  Benchmark benchmark;
  /// By measurement: bytes and FLOPs as the kernels count them, and how they count bytes.
  struct Work {
    double bytes = 0;
    double flops = 0;
    std::string formula;
  };
  std::vector<Work> work;
  std::vector<std::string> conditions;  ///< Lines at the head, for people.
  std::vector<BenchmarkGain> gains;
  size_t first_shown = 0;  ///< Measurements before this one only set the best rates.
};

/// As a table with a section for each operation and format, each row with its rate and what share
/// of the best read rate of the same run that is; as JSON: the schema kinetics.benchmark/1, what
/// calibrate reads.
std::string RenderBenchmark(const BenchmarkReport& report, Format format, const MadeBy& made_by);

/// The schema kinetics.benchmark/1.
std::string RenderBenchmarkFile(const Benchmark& benchmark, const MadeBy& made_by);

}  // namespace kinetics
