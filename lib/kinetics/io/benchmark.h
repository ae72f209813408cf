#pragma once

#include <string>

#include "kinetics/benchmark/benchmark.h"

namespace kinetics {

/// Reads the schema kinetics.benchmark/1. Throws Error, naming line and JSON pointer: on what it
/// does not know, an operation included, and on a time that is not above 0.
Benchmark ReadBenchmark(std::string text, const std::string& source);

}  // namespace kinetics
