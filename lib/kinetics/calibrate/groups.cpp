#include "kinetics/calibrate/groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kinetics/core/random.h"
#include "kinetics/cost/operation_model.h"

namespace kinetics {
namespace {

/// The place of every row's shape among the different ones.
std::vector<size_t> ShapeNumbers(const std::vector<TimedShape>& rows, size_t& count) {
  std::map<OperationShape, size_t> places;
  std::vector<size_t> numbers;
  numbers.reserve(rows.size());
  for (const TimedShape& row : rows) {
    numbers.push_back(places.emplace(row.shape, places.size()).first->second);
  }
  count = places.size();
  return numbers;
}

}  // namespace

std::string Describe(const OperationKey& key) {
  std::string text(Name(key.operation));
  if (key.dtype) {
    text += fmt::format(" {}", Name(*key.dtype));
  }
  if (key.head_dim) {
    text += fmt::format(", head size {}", *key.head_dim);
  }
  return text;
}

std::map<OperationKey, std::vector<TimedShape>> GroupMeasurements(const Benchmark& benchmark) {
  std::map<OperationKey, std::vector<TimedShape>> groups;
  for (const Measurement& row : benchmark.measurements) {
    if (!HasModel(row.operation)) {
      continue;
    }
    OperationKey key = {.operation = row.operation, .dtype = row.dtype};
    if (row.shape.head_dim > 0) {
      key.head_dim = row.shape.head_dim;
    }
    groups[key].push_back({.shape = row.shape, .seconds = row.seconds});
  }
  return groups;
}

std::vector<int64_t> FoldRows(const std::vector<TimedShape>& rows, int64_t folds, uint64_t seed) {
  size_t count = 0;
  const std::vector<size_t> numbers = ShapeNumbers(rows, count);
  std::vector<int64_t> fold_of(count);
  for (size_t i = 0; i < count; ++i) {
    fold_of[i] = static_cast<int64_t>(i) % folds;
  }
  SplitMix64 random(seed);
  for (size_t i = count; i > 1; --i) {
    std::swap(fold_of[i - 1], fold_of[random.Below(static_cast<uint32_t>(i))]);
  }
  std::vector<int64_t> result;
  result.reserve(rows.size());
  for (const size_t number : numbers) {
    result.push_back(fold_of[number]);
  }
  return result;
}

size_t CountShapes(const std::vector<TimedShape>& rows) {
  size_t count = 0;
  ShapeNumbers(rows, count);
  return count;
}

PredictionError Summarize(std::vector<double> errors) {
  PredictionError summary;
  const auto size = static_cast<double>(errors.size());
  for (double& error : errors) {
    summary.bias += error / size;
    error = std::abs(error);
    summary.mean_absolute += error / size;
  }
  std::sort(errors.begin(), errors.end());
  const size_t half = errors.size() / 2;
  summary.median_absolute =
      errors.size() % 2 == 1 ? errors[half] : (errors[half - 1] + errors[half]) / 2;
  return summary;
}

}  // namespace kinetics
