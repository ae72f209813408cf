#pragma once

#include <string>
#include <vector>

#include "apps/kinetics/commands.h"
#include "kernels/bench/case.h"

namespace kinetics::app {

/// The one operation that the arguments describe, what they leave open at its default. Throws
/// UsageError where a size is given that it does not have.
BenchmarkCase SingleCase(const BenchArgs& args);

/// A size where it is not given; every required one has a default.
int64_t DefaultSize(const ShapeField& field);

/// "decode_attention fp16, batch 4, query_heads 32, ...".
std::string Describe(const BenchmarkCase& x);

/// The same for the kernels, on pages of so many tokens, with queries, inputs and outputs of a
/// type.
kernels::BenchCase KernelCase(const BenchmarkCase& x, int64_t page_tokens,
                              kernels::DataType io_type);

/// What was measured, for the library. FLOPs are those that were run.
Measurement MeasurementOf(const BenchmarkCase& x, const kernels::BenchRow& row);

}  // namespace kinetics::app
