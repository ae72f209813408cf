#pragma once

#include <string>

#include "kinetics/model/model.h"

namespace kinetics {

/// Reads the schema kinetics.model/1, or where the text says none a config.json (see ReadConfig).
/// Figures that follow from the layers may be given, as `kinetics model` prints them, and must then
/// agree. Throws Error, naming line and JSON pointer.
Model ReadModel(std::string text, const std::string& source);

}  // namespace kinetics
