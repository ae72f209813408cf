#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace kinetics {

/// Parses JSON; `source` names the text in errors. Refuses what is not JSON (NaN, Infinity,
/// comments), repeated keys, numbers that do not fit a double, and nesting deeper than 64: throws
/// Error.
nlohmann::json ParseJson(const std::string& text, const std::string& source);

}  // namespace kinetics
