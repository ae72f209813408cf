#include "kinetics/plan/law_grid.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "kinetics/core/error.h"

namespace kinetics {
namespace {

constexpr double kSteps = 4;  // to a doubling
constexpr int64_t kMostGridSamples = 32;
constexpr int kLimits = 20;

std::set<Attention> RecordedAttentions(const Law& law) {
  std::set<Attention> recorded;
  for (const LawRun& run : law.data.runs) {
    recorded.insert(run.attention.value_or(Attention{}));
  }
  return recorded;
}

/// An attention of a kind that one number describes; nullopt for the others.
std::optional<Attention> WithBudget(AttentionKind kind, int64_t tokens) {
  if (kind == AttentionKind::kTopk) {
    return Attention{.kind = kind, .top_tokens = tokens};
  }
  if (kind == AttentionKind::kSliding) {
    return Attention{.kind = kind, .window_tokens = tokens};
  }
  return std::nullopt;
}

/// Adds steps between the smallest and the largest recorded KV budget of a kind.
void Refine(AttentionKind kind, const std::set<Attention>& recorded, std::set<Attention>& grid) {
  int64_t smallest = 0;
  int64_t largest = 0;
  for (const Attention& attention : recorded) {
    if (attention.kind == kind && attention.local_tokens == 0) {
      const int64_t budget = *KvBudget(attention);
      smallest = smallest == 0 ? budget : std::min(smallest, budget);
      largest = std::max(largest, budget);
    }
  }
  if (smallest == 0) {
    return;
  }
  const double range = std::log2(static_cast<double>(largest) / static_cast<double>(smallest));
  const int steps = static_cast<int>(std::lround(kSteps * range));
  for (int i = 0; i < steps; ++i) {
    const double budget = static_cast<double>(smallest) * std::exp2(i / kSteps);
    grid.insert(*WithBudget(kind, std::llround(budget)));
  }
}

}  // namespace

std::optional<int64_t> LimitOf(const Law& law, size_t level) {
  std::optional<int64_t> of_level;
  std::optional<int64_t> longest;
  for (const LawRun& run : law.data.runs) {
    if (run.max_tokens) {
      longest = std::max(longest.value_or(0), *run.max_tokens);
      if (run.level == level) {
        of_level = std::max(of_level.value_or(0), *run.max_tokens);
      }
    }
  }
  return of_level ? of_level : longest;
}

LawGrid MakeLawGrid(const Law& law, const CountList& samples,
                    const std::optional<CountList>& generation_tokens) {
  LawGrid grid;
  grid.samples = samples.counts.empty() ? UpTo(samples, kMostGridSamples) : samples.counts;
  constexpr int64_t kUnlimited = 131'072;
  const int64_t longest = LimitOf(law, law.data.levels.size()).value_or(kUnlimited);
  if (generation_tokens) {
    const std::vector<int64_t> limits = generation_tokens->counts.empty()
                                            ? UpTo(*generation_tokens, longest)
                                            : generation_tokens->counts;
    grid.limits.assign(limits.begin(), limits.end());
    return grid;
  }
  for (int i = kLimits; i > 0; --i) {
    const auto tokens = static_cast<int64_t>(static_cast<double>(longest) * std::exp2(-i / kSteps));
    if (tokens > 0) {
      grid.limits.emplace_back(tokens);
    }
  }
  grid.limits.emplace_back(std::nullopt);
  return grid;
}

std::vector<Attention> LawAttentions(const Law& law, const std::vector<AttentionFilter>& filters) {
  const std::set<Attention> recorded = RecordedAttentions(law);
  std::set<Attention> grid = recorded;
  grid.insert(Attention{});
  Refine(AttentionKind::kTopk, recorded, grid);
  Refine(AttentionKind::kSliding, recorded, grid);
  if (filters.empty()) {
    return {grid.begin(), grid.end()};
  }
  std::set<Attention> chosen;
  for (const AttentionFilter& filter : filters) {
    const auto same_kind = [&filter](const Attention& a) { return a.kind == filter.kind; };
    if (std::none_of(grid.begin(), grid.end(), same_kind)) {
      throw Error("the law has no run of " + std::string(Name(filter.kind)) +
                  " attention to predict others from");
    }
    if (filter.exactly) {
      chosen.insert(*filter.exactly);
    }
    std::copy_if(grid.begin(), grid.end(), std::inserter(chosen, chosen.end()),
                 [&filter](const Attention& attention) { return filter.Matches(attention); });
  }
  return {chosen.begin(), chosen.end()};
}

}  // namespace kinetics
