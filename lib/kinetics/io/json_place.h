#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace kinetics {

/// The line (from 1) of the byte at `offset`.
size_t LineAtOffset(std::string_view text, size_t offset);

/// The line (from 1) on which the value at `pointer` (RFC 6901) stands in `text`, valid JSON up to
/// there; of repeated keys the last. nullopt where there is none.
std::optional<size_t> LineOf(std::string_view text, std::string_view pointer);

}  // namespace kinetics
