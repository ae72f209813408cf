#pragma once

#include <compare>
#include <map>
#include <string>

#include "kinetics/calibrate/fit_operation.h"

namespace kinetics {

/// What has constants of its own: an operation in a number format, attention also by head size.
struct OperationKey {
  Operation operation = Operation::kDecodeAttention;
  std::optional<Dtype> dtype;
  std::optional<int64_t> head_dim;

  auto operator<=>(const OperationKey&) const = default;
};

/// "decode_attention bf16, head size 128".
std::string Describe(const OperationKey& key);

/// The rows of every key that there is a model of, in the order of the file.
std::map<OperationKey, std::vector<TimedShape>> GroupMeasurements(const Benchmark& benchmark);

/// Puts every row into one of `folds` folds (0 ...), at random but the same for the same seed; rows
/// of one shape go together.
std::vector<int64_t> FoldRows(const std::vector<TimedShape>& rows, int64_t folds, uint64_t seed);

/// The number of different shapes.
size_t CountShapes(const std::vector<TimedShape>& rows);

/// `errors` must not be empty.
PredictionError Summarize(std::vector<double> errors);

}  // namespace kinetics
