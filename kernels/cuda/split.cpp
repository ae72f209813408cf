#include "kernels/cuda/split.h"

#include <algorithm>
#include <functional>
#include <queue>

#include "kernels/cuda/attend.h"

namespace kinetics::kernels {
namespace {

constexpr int32_t kLeastChunk = 16;
constexpr int32_t kChunkStep = 4;
constexpr int32_t kStartTiles = 4;  // a block's start and end take about as long as so many tiles

int64_t PartsOf(const RowTiles& row, int32_t chunk) {
  return std::max<int64_t>(1, (row.count + chunk - 1) / chunk);
}

/// The units of rows in chunks of so many tiles, longest first.
SplitPlan Split(std::span<const RowTiles> rows, int32_t chunk) {
  SplitPlan plan;
  for (size_t r = 0; r < rows.size(); ++r) {
    const auto parts = static_cast<int32_t>(PartsOf(rows[r], chunk));
    for (int32_t part = 0; part < parts; ++part) {
      const auto edge = [&](int64_t i) { return static_cast<int32_t>(rows[r].count * i / parts); };
      plan.units.push_back({.row = static_cast<int32_t>(r),
                            .first = rows[r].first + edge(part),
                            .count = edge(part + 1) - edge(part),
                            .parts = parts,
                            .first_part = plan.parts,
                            .part = part});
    }
    plan.parts += parts > 1 ? parts : 0;
  }
  std::stable_sort(plan.units.begin(), plan.units.end(),
                   [](const AttendUnit& a, const AttendUnit& b) { return a.count > b.count; });
  return plan;
}

/// Share of the time that blocks read tiles, if each takes the next unit when it is done.
double EfficiencyOf(const SplitPlan& plan, int64_t blocks) {
  std::priority_queue<int64_t, std::vector<int64_t>, std::greater<>> ends;
  int64_t tiles = 0;
  int64_t last = 0;
  for (const AttendUnit& unit : plan.units) {
    int64_t start = 0;
    if (static_cast<int64_t>(ends.size()) >= blocks) {
      start = ends.top();
      ends.pop();
    }
    ends.push(start + unit.count + kStartTiles);
    last = std::max(last, start + unit.count + kStartTiles);
    tiles += unit.count;
  }
  return last == 0 ? 1 : static_cast<double>(tiles) / static_cast<double>(last * blocks);
}

}  // namespace

RowTiles TilesOf(int64_t length, int64_t window) {
  const int64_t begin = window > 0 && window < length ? length - window : 0;
  const int64_t first = begin / kTileTokens;
  const int64_t end = (length + kTileTokens - 1) / kTileTokens;
  return {.first = static_cast<int32_t>(first), .count = static_cast<int32_t>(end - first)};
}

SplitPlan PlanSplits(std::span<const RowTiles> rows, int64_t resident_blocks) {
  constexpr double kEnough = 0.85;
  constexpr int64_t kManyRows = 4;
  int32_t longest = 0;
  for (const RowTiles& row : rows) {
    longest = std::max(longest, row.count);
  }
  SplitPlan best = Split(rows, std::max(longest, 1));
  best.efficiency = EfficiencyOf(best, resident_blocks);
  if (static_cast<int64_t>(rows.size()) >= kManyRows * resident_blocks) {
    return best;
  }
  int32_t before = longest;
  for (int32_t parts = 2; best.efficiency < kEnough && parts <= std::min(longest, kMostParts);
       ++parts) {
    const int32_t even = (longest + parts - 1) / parts;
    const int32_t chunk = std::max(kLeastChunk, (even + kChunkStep - 1) / kChunkStep * kChunkStep);
    if (chunk >= before) {
      if (chunk == kLeastChunk) {
        break;
      }
      continue;
    }
    before = chunk;
    SplitPlan plan = Split(rows, chunk);
    plan.efficiency = EfficiencyOf(plan, resident_blocks);
    if (plan.efficiency > best.efficiency) {
      best = std::move(plan);
    }
  }
  return best;
}

}  // namespace kinetics::kernels
