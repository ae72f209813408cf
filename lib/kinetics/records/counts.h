#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kinetics {

/// c right of n samples for one problem.
struct ProblemCount {
  std::string problem;  ///< Its name, or the line it stands on.
  int64_t n = 0;        ///< At least 1.
  int64_t c = 0;        ///< 0 <= c <= n.
};

/// Problems that belong together, such as those of one model.
struct CountGroup {
  std::optional<std::string> name;  ///< Absent where all problems are one group.
  std::vector<ProblemCount> problems;
};

/// The fewest and the most samples of a problem of `group`, which has at least one.
int64_t FewestSamples(const CountGroup& group);
int64_t MostSamples(const CountGroup& group);

}  // namespace kinetics
