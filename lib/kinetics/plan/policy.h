#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "kinetics/plan/serving.h"

namespace kinetics {

/// How the samples of a question are drawn, and what makes its answer right.
enum class Policy {
  kCoverage,    ///< All at once; right if one is (best of N with a perfect verifier).
  kSequential,  ///< One after another until a perfect verifier finds a right one, at most N.
  kCascade,     ///< A second stage for questions that the first leaves unsolved.
  kMajority,    ///< All at once; right if the most frequent answer is.
  kAdaptive,    ///< As many for each question as are worth it, all at once, with hindsight.
};

/// "coverage", "sequential", "cascade", "majority" or "adaptive".
std::string_view Name(Policy policy);

/// Whether a policy of recorded trials knows how hard a question is from the very trials that it is
/// judged by, so that its accuracy is an upper bound.
bool NeedsHindsight(Policy policy);

/// Whether `policy` is one of `policies`.
bool Includes(const std::vector<Policy>& policies, Policy policy);

/// The second stage of a cascade.
struct Stage {
  size_t run = 0;  ///< Index into the planned runs.
  std::optional<int64_t> generation_tokens;
  int64_t samples = 0;
  Serving serving;  ///< Devices and batch.
};

}  // namespace kinetics
