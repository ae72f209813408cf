#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "kinetics/core/error.h"

namespace kinetics {

/// The line (from 1) of the byte at `offset`.
size_t LineAtOffset(std::string_view text, size_t offset);

/// The line (from 1) on which the value at `pointer` (RFC 6901) stands in `text`, valid JSON up to
/// there; of repeated keys the last. nullopt where there is none.
std::optional<size_t> LineOf(std::string_view text, std::string_view pointer);

/// A key as it stands in a pointer: ~ and / escaped.
std::string EscapePointer(std::string_view key);

/// The Error "source:line: /pointer: message", for `text` as in LineOf.
Error JsonErrorAt(std::string_view source, std::string_view text, const std::string& pointer,
                  const std::string& message);

}  // namespace kinetics
