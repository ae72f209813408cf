#pragma once

#include <cstdint>
#include <vector>

#include "kinetics/cost/operation_model.h"
#include "kinetics/hardware/calibration.h"

namespace kinetics {

/// A shape and how long it took.
struct TimedShape {
  OperationShape shape;
  double seconds = 0;
};

/// The constants that minimise
///
///   sum over rows of huber(predicted / measured - 1; 0.05),
///
/// each at least 0, over their logarithms with Levenberg-Marquardt (Ceres). A constant that the
/// rows do not tell from 0 (a relative standard error above 1) is set to 0 and the others are
/// fitted again. Standard errors are those of M-estimators, A^-1 B A^-1.
///
/// `rows` must not be empty.
std::vector<CalibratedConstant> FitOperation(const OperationModel& model, double element_bytes,
                                             const std::vector<TimedShape>& rows);

}  // namespace kinetics
