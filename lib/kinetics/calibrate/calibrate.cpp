#include "kinetics/calibrate/calibrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kinetics/calibrate/groups.h"
#include "kinetics/core/error.h"
#include "kinetics/cost/operation_timer.h"

namespace kinetics {
namespace {

/// Refuses rows that cannot determine the constants of a model.
void CheckRows(const OperationKey& key, const OperationModel& model,
               const std::vector<TimedShape>& rows, const CalibrateOptions& options) {
  const size_t shapes = CountShapes(rows);
  if (shapes == 1 && rows.size() > 1) {
    throw Error(fmt::format("{}: all {} rows have the same shape: expected different ones",
                            Describe(key), rows.size()));
  }
  const double kept =
      options.holdout ? 1 - *options.holdout : 1 - 1 / static_cast<double>(options.folds);
  const auto train = static_cast<size_t>(kept * static_cast<double>(shapes));
  const size_t needed = model.constants.size() + 1;
  if (train < needed) {
    throw Error(
        fmt::format("{}: {} different shapes are too few: expected at least {} beside those "
                    "held out, found {}",
                    Describe(key), shapes, needed, train));
  }
}

std::vector<CalibratedRange> RangesOf(const OperationKey& key,
                                      const std::vector<TimedShape>& rows) {
  std::vector<CalibratedRange> ranges;
  for (const ShapeField& field : ShapeFields(key.operation)) {
    CalibratedRange range = {.key = std::string(field.key),
                             .low = rows.front().shape.*field.member,
                             .high = rows.front().shape.*field.member};
    for (const TimedShape& row : rows) {
      range.low = std::min(range.low, row.shape.*field.member);
      range.high = std::max(range.high, row.shape.*field.member);
    }
    ranges.push_back(range);
  }
  return ranges;
}

std::optional<PredictionError> DatasheetError(const OperationKey& key,
                                              const std::vector<TimedShape>& rows,
                                              const Hardware& hardware) {
  std::vector<double> errors;
  for (const TimedShape& row : rows) {
    const auto seconds = DatasheetSeconds(key.operation, key.dtype, row.shape, hardware);
    if (!seconds) {
      return std::nullopt;
    }
    errors.push_back(*seconds / row.seconds - 1);
  }
  return Summarize(std::move(errors));
}

/// The rows of the folds that are judged, each by a fit to the rows outside its fold.
struct HeldOut {
  std::vector<double> errors;
  std::vector<TimedShape> rows;
  int64_t train = 0;  // rows of the smallest fit
};

HeldOut JudgeFolds(const OperationKey& key, const OperationModel& model,
                   const std::vector<TimedShape>& rows, const CalibrateOptions& options) {
  // A holdout is the first folds of as many as there are shapes.
  const auto shapes = static_cast<int64_t>(CountShapes(rows));
  const int64_t folds = options.holdout ? shapes : options.folds;
  const auto held_shapes =
      static_cast<int64_t>(std::ceil(options.holdout.value_or(0) * static_cast<double>(shapes)));
  const auto held = [&](int64_t fold, int64_t round) {
    return options.holdout ? fold < held_shapes : fold == round;
  };
  const std::vector<int64_t> fold_of = FoldRows(rows, folds, options.seed);
  HeldOut result = {.train = static_cast<int64_t>(rows.size())};
  for (int64_t round = 0; round < (options.holdout ? 1 : folds); ++round) {
    std::vector<TimedShape> train;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!held(fold_of[i], round)) {
        train.push_back(rows[i]);
      }
    }
    const double element_bytes = ElementBytesOf(key.dtype);
    const std::vector<double> constants = ValuesOf(FitOperation(model, element_bytes, train));
    for (size_t i = 0; i < rows.size(); ++i) {
      if (held(fold_of[i], round)) {
        const double seconds = model.seconds(rows[i].shape, element_bytes, constants);
        result.errors.push_back(seconds / rows[i].seconds - 1);
        result.rows.push_back(rows[i]);
      }
    }
    result.train = std::min(result.train, static_cast<int64_t>(train.size()));
  }
  return result;
}

}  // namespace

CalibrationResult Calibrate(const Benchmark& benchmark, const Hardware& hardware,
                            const CalibrateOptions& options) {
  CalibrationResult result;
  result.calibration = {
      .device = benchmark.device, .software = benchmark.software, .source = benchmark.source};
  const auto groups = GroupMeasurements(benchmark);
  if (groups.empty()) {
    throw Error("expected a measurement of an operation that there is a model of");
  }
  for (const auto& [key, rows] : groups) {
    CheckRows(key, ModelOf(key.operation, key.dtype, hardware), rows, options);
  }
  for (const auto& [key, rows] : groups) {
    const OperationModel model = ModelOf(key.operation, key.dtype, hardware);
    const HeldOut held_out = JudgeFolds(key, model, rows, options);
    const PredictionError error = Summarize(held_out.errors);
    result.calibration.operations.push_back(
        {.operation = key.operation,
         .dtype = key.dtype,
         .head_dim = key.head_dim,
         .constants = FitOperation(model, ElementBytesOf(key.dtype), rows),
         .ranges = RangesOf(key, rows),
         .rows = static_cast<int64_t>(rows.size()),
         .error = error});
    result.errors.push_back({.operation = key.operation,
                             .dtype = key.dtype,
                             .head_dim = key.head_dim,
                             .train = held_out.train,
                             .test = static_cast<int64_t>(held_out.rows.size()),
                             .error = error,
                             .datasheet = DatasheetError(key, held_out.rows, hardware)});
  }
  return result;
}

std::vector<OperationErrors> Validate(const Benchmark& benchmark, const Hardware& hardware) {
  std::vector<OperationErrors> all;
  for (const auto& [key, rows] : GroupMeasurements(benchmark)) {
    OperationErrors errors = {.operation = key.operation,
                              .dtype = key.dtype,
                              .head_dim = key.head_dim,
                              .test = static_cast<int64_t>(rows.size()),
                              .datasheet = DatasheetError(key, rows, hardware)};
    if (const CalibratedOperation* fitted =
            FindCalibrated(hardware, key.operation, key.dtype, key.head_dim)) {
      errors.train = fitted->rows;
      const OperationModel model = ModelOf(key.operation, key.dtype, hardware);
      const std::vector<double> constants = ValuesOf(fitted->constants);
      std::vector<double> relative;
      for (const TimedShape& row : rows) {
        const double seconds = model.seconds(row.shape, ElementBytesOf(key.dtype), constants);
        relative.push_back(seconds / row.seconds - 1);
        errors.extrapolated += IsExtrapolated(*fitted, row.shape) ? 1 : 0;
      }
      errors.error = Summarize(std::move(relative));
    }
    all.push_back(errors);
  }
  return all;
}

}  // namespace kinetics
