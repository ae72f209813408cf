#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kinetics/core/dtype.h"
#include "kinetics/core/operation.h"

namespace kinetics {

/// A constant of an operation's model, fitted to measurements.
struct CalibratedConstant {
  std::string name;
  double value = 0;  ///< At least 0.
  /// To first order; absent where the constant vanished or the data do not determine it.
  std::optional<double> standard_error;
};

/// What one size of the fitted shapes spans.
struct CalibratedRange {
  std::string key;  ///< As in measurements: "context".
  int64_t low = 0;
  int64_t high = 0;
};

/// Relative errors of predictions, predicted / measured - 1, on measurements that the fit behind
/// them has not seen.
struct PredictionError {
  double mean_absolute = 0;
  double median_absolute = 0;
  double bias = 0;  ///< The mean.
};

/// The fitted model of one operation in one number format; attention also by head size.
struct CalibratedOperation {
  Operation operation = Operation::kDecodeAttention;
  std::optional<Dtype> dtype;
  std::optional<int64_t> head_dim;
  std::vector<CalibratedConstant> constants;  ///< In the order of the model.
  std::vector<CalibratedRange> ranges;        ///< Of the fitted shapes.
  int64_t rows = 0;                           ///< Measurements that it was fitted to.
  PredictionError error;
};

/// What calibration knows of a device.
struct Calibration {
  std::string device;    ///< As the measurements name it.
  std::string software;  ///< What was measured; may be empty.
  std::string source;    ///< Where the measurements are from; may be empty.
  std::vector<CalibratedOperation> operations;
};

}  // namespace kinetics
