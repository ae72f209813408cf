#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kinetics/law/law.h"
#include "kinetics/plan/budget.h"

namespace kinetics {

/// The joint grid that a law is planned over.
struct LawGrid {
  std::vector<std::optional<int64_t>> limits;  ///< Generation tokens; nullopt: the records' limit.
  std::vector<int64_t> samples;                ///< Ascending.
};

/// The grid of lists that were given; by default every number of samples to 32, and as limits that
/// of the records and 20 more in steps of 2^(1/4) below it.
LawGrid MakeLawGrid(const Law& law, const CountList& samples,
                    const std::optional<CountList>& generation_tokens);

/// The attentions to consider for each model. Without filters: dense, every recorded one, and top-k
/// and sliding ones in steps of 2^(1/4) from the smallest to the largest recorded KV budget of
/// their kind. A filter keeps those that it matches and adds the one that it names. Throws Error on
/// a kind of sparse attention that the law has no run of.
std::vector<Attention> LawAttentions(const Law& law, const std::vector<AttentionFilter>& filters);

/// The limit that a level's runs had, else the longest of any run; nullopt where none is known.
std::optional<int64_t> LimitOf(const Law& law, size_t level);

}  // namespace kinetics
