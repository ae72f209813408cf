#pragma once

#include <string>

#include "kinetics/hardware/hardware.h"

namespace kinetics {

/// Reads the schema kinetics.hardware/1: every figure is {"value", "source"} or null, and a
/// calibrated device has "calibration". Throws Error, naming line and JSON pointer.
Hardware ReadHardware(std::string text, const std::string& source);

}  // namespace kinetics
