#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kinetics/benchmark/benchmark.h"
#include "kinetics/hardware/calibration.h"
#include "kinetics/hardware/hardware.h"

namespace kinetics {

/// How the held-out error is found. The constants are always fitted to all rows.
struct CalibrateOptions {
  int64_t folds = 5;              ///< Of a cross-validation over all shapes; at least 2.
  std::optional<double> holdout;  ///< Instead: one split, this share of the rows held out.
  uint64_t seed = 1;              ///< Of the split.
};

/// How well times of one operation, number format and head size are predicted.
struct OperationErrors {
  Operation operation = Operation::kDecodeAttention;
  std::optional<Dtype> dtype;
  std::optional<int64_t> head_dim;
  int64_t train = 0;         ///< Rows that were fitted to: a fold's, or all behind a file.
  int64_t test = 0;          ///< Rows that were predicted.
  int64_t extrapolated = 0;  ///< Of those, how many lie outside the fitted shapes.
  std::optional<PredictionError> error;      ///< Absent where it is not calibrated.
  std::optional<PredictionError> datasheet;  ///< Of the roofline; absent without its figures.
};

/// A calibrated device and the errors of its models, in the same order.
struct CalibrationResult {
  Calibration calibration;
  std::vector<OperationErrors> errors;
};

/// Fits every operation, number format and head size of the benchmark that there is a model of;
/// other rows are left alone. Rows of one shape stay in one fold. Throws Error, naming the
/// operation, where there are too few rows or different shapes for the constants of its model,
/// where all have the same shape, or where no row has a model.
CalibrationResult Calibrate(const Benchmark& benchmark, const Hardware& hardware,
                            const CalibrateOptions& options);

/// The errors of a device's file, calibrated or not, on any benchmark.
std::vector<OperationErrors> Validate(const Benchmark& benchmark, const Hardware& hardware);

}  // namespace kinetics
