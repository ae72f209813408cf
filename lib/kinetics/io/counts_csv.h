#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kinetics/records/counts.h"

namespace kinetics {

/// More samples than anybody draws of one problem; fits take time that grows with it.
inline constexpr int64_t kMostSamples = 1'000'000;

/// Reads one row per problem with the columns n (samples, 1 to kMostSamples) and c (how many of
/// them are right, 0 to n), optionally problem, and others, which are ignored. Rows are grouped by
/// `group_column`; without it by the column group, else by model, else not at all. Groups come out
/// in the order of their first row. `source` names the text in errors. Throws Error, naming line
/// and column, also where a group has a problem twice.
std::vector<CountGroup> ReadCountsCsv(std::string_view text, const std::string& source,
                                      const std::optional<std::string>& group_column);

}  // namespace kinetics
