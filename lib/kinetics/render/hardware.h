#pragma once

#include <string>
#include <vector>

#include "kinetics/hardware/hardware.h"
#include "kinetics/render/format.h"

namespace kinetics {

/// Devices one a line.
std::string RenderHardwareList(const std::vector<Hardware>& devices, Format format,
                               const MadeBy& made_by);

/// One device with the source of every figure. As JSON it can be read back (kinetics.hardware/1).
std::string RenderHardware(const Hardware& hardware, Format format, const MadeBy& made_by);

}  // namespace kinetics
