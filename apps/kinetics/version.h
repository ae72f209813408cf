#pragma once

#include <string>

namespace kinetics::app {

/// The program's version, as in JSON documents: "0.1.0".
std::string Version();

/// Version, commit, CUDA and instruction set, as `kinetics --version` prints them.
std::string VersionText();

}  // namespace kinetics::app
