#pragma once

#include <string>
#include <vector>

#include "kinetics/calibrate/calibrate.h"
#include "kinetics/render/format.h"

namespace kinetics {

/// The errors of a device's models on measurements, beside those of its data sheet; as a table also
/// the constants.
struct CalibrationReport {
  std::string hardware;  ///< Its name.
  std::string device;    ///< As the measurements name it.
  std::string how;       ///< "5-fold cross-validation", for people.
  std::vector<OperationErrors> errors;
  std::optional<Calibration> calibration;  ///< Whose constants are shown.
};

/// As JSON: the schema kinetics.calibration/1.
std::string RenderCalibration(const CalibrationReport& report, Format format,
                              const MadeBy& made_by);

}  // namespace kinetics
