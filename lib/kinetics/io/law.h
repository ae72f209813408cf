#pragma once

#include <string>

#include "kinetics/law/law.h"

namespace kinetics {

/// Reads the schema kinetics.law/1, as `kinetics fit law -o` writes it. `source` names the text in
/// errors. Throws Error, naming line and JSON pointer, on an unknown or missing key, an index out
/// of range, a list of the wrong length, and on everything that JsonDocument refuses.
Law ReadLaw(std::string text, const std::string& source);

}  // namespace kinetics
