#pragma once

#include "kinetics/hardware/calibration.h"
#include "kinetics/render/json_writer.h"

namespace kinetics {

/// The member "calibration" of kinetics.hardware/1, in the open object.
void WriteCalibration(JsonWriter& json, const Calibration& calibration);

/// {"name":{"value","standard_error"},...}
void WriteConstants(JsonWriter& json, const std::vector<CalibratedConstant>& constants);

}  // namespace kinetics
