#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "kinetics/law/law.h"
#include "kinetics/law/law_support.h"

namespace kinetics {

/// Where the runs behind a law lie: predictions elsewhere extrapolate.
class LawSupport {
 public:
  explicit LawSupport(const Law& law);

  /// In what an allocation at `site` lies outside, in this order: "model" (the law has no run of
  /// it), "size" (beyond the smallest and largest parameter counts), "kv_budget" (outside of the
  /// hull of sizes and KV budgets of runs with its kind of attention), "generation_tokens" (`limit`
  /// is above `recorded_limit`), "samples" (more than any question has attempts).
  std::vector<std::string_view> Extrapolation(const LawSite& site, std::optional<int64_t> limit,
                                              std::optional<int64_t> recorded_limit,
                                              int64_t samples) const;

 private:
  /// Runs whose size is not known have hulls of their own, at size 0.
  using Kind = std::pair<AttentionKind, bool>;

  std::set<size_t> levels_;
  ConvexHull sizes_;                    // of (log size, 0)
  std::map<Kind, ConvexHull> budgets_;  // of (log size, log KV budget)
  int64_t most_attempts_ = 0;
};

}  // namespace kinetics
