#pragma once

#include <string>

#include "kinetics/law/law.h"

namespace kinetics {

/// Reads the schema kinetics.law/1, as `kinetics fit law -o` writes it. `source` names the text in
/// errors. Throws Error, naming line and JSON pointer, on an unknown or missing key, an index out
/// of range or of another model, a list of the wrong length, parameters and effects beyond 100, and
/// on everything that JsonDocument refuses.
Law ReadLaw(std::string text, const std::string& source);

}  // namespace kinetics
