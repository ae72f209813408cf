#include "kinetics/plan/extrapolation.h"

#include <algorithm>
#include <cmath>

namespace kinetics {

LawSupport::LawSupport(const Law& law) : sizes_({}) {
  using Points = std::vector<std::pair<double, double>>;
  Points sizes;
  std::map<Kind, Points> budgets;
  for (const LawRun& run : law.data.runs) {
    levels_.insert(run.level);
    const double size = run.parameters ? LogSize(*run.parameters) : 0;
    if (run.parameters) {
      sizes.emplace_back(size, 0);
    }
    if (const auto budget = run.attention ? KvBudget(*run.attention) : std::nullopt) {
      budgets[{run.attention->kind, run.parameters.has_value()}].emplace_back(
          size, std::log(static_cast<double>(*budget)));
    }
  }
  sizes_ = ConvexHull(std::move(sizes));
  for (auto& [kind, points] : budgets) {
    budgets_.emplace(kind, ConvexHull(std::move(points)));
  }
  for (const std::vector<LawCell>& cells : law.data.cells) {
    for (const LawCell& cell : cells) {
      most_attempts_ = std::max(most_attempts_, cell.attempts);
    }
  }
}

std::vector<std::string_view> LawSupport::Extrapolation(const LawSite& site,
                                                        std::optional<int64_t> limit,
                                                        std::optional<int64_t> recorded_limit,
                                                        int64_t samples) const {
  std::vector<std::string_view> reasons;
  if (!site.level || !levels_.contains(*site.level)) {
    reasons.emplace_back("model");
  }
  if (site.log_size && !sizes_.Contains(*site.log_size, 0)) {
    reasons.emplace_back("size");
  }
  if (const auto budget = site.attention ? KvBudget(*site.attention) : std::nullopt) {
    const auto hull = budgets_.find({site.attention->kind, site.log_size.has_value()});
    if (hull == budgets_.end() ||
        !hull->second.Contains(site.log_size.value_or(0), std::log(static_cast<double>(*budget)))) {
      reasons.emplace_back("kv_budget");
    }
  }
  if (limit && recorded_limit && *limit > *recorded_limit) {
    reasons.emplace_back("generation_tokens");
  }
  if (samples > most_attempts_) {
    reasons.emplace_back("samples");
  }
  return reasons;
}

}  // namespace kinetics
