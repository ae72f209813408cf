#pragma once

#include "kinetics/hardware/calibration.h"
#include "kinetics/io/json.h"

namespace kinetics {

/// Reads the member "calibration" of kinetics.hardware/1. Throws Error, naming line and JSON
/// pointer: on an operation or a constant that there is no model of, among others.
Calibration ReadCalibration(const JsonValue& value);

}  // namespace kinetics
