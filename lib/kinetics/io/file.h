#pragma once

#include <string>
#include <string_view>

namespace kinetics {

/// The whole of a file. Throws Error, naming it and the system's reason.
std::string ReadFile(const std::string& path);

/// Replaces a file's contents, or makes the file: written beside it and renamed, so that a reader
/// sees the old contents or the new, and a failure leaves the old. What is not a regular file (a
/// device, a pipe) is written in place. Throws Error, naming the path and the system's reason.
void WriteFile(const std::string& path, std::string_view contents);

/// Throws what WriteFile would for a file that cannot be made there: for before long work.
void ExpectWritable(const std::string& path);

}  // namespace kinetics
