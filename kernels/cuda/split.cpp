#include "kernels/cuda/split.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>

#include "kernels/cuda/attend.h"

namespace kinetics::kernels {
namespace {

int64_t RoundedUp(int64_t count, int64_t step) { return (count + step - 1) / step * step; }

/// Of a row, in parts of at most `chunk` tiles.
int32_t PartsOf(const RowTiles& row, int32_t chunk) {
  return static_cast<int32_t>(std::max<int64_t>(1, (int64_t{row.count} + chunk - 1) / chunk));
}

/// Of all rows that do not stay whole.
int64_t PartsOf(std::span<const RowTiles> rows, int32_t chunk) {
  int64_t parts = 0;
  for (const RowTiles& row : rows) {
    parts += row.count > chunk ? PartsOf(row, chunk) : 0;
  }
  return parts;
}

/// Rows in even parts of at most `chunk` tiles, longest first, so that none starts late and ends
/// last.
SplitPlan SplitEvenly(std::span<const RowTiles> rows, int32_t chunk, int unit_warps) {
  SplitPlan plan{.unit_warps = unit_warps};
  for (size_t r = 0; r < rows.size(); ++r) {
    const auto row = static_cast<int32_t>(r);
    const int64_t count = rows[r].count;
    const int32_t parts = PartsOf(rows[r], chunk);
    const auto edge = [&](int64_t part) { return static_cast<int32_t>(count * part / parts); };
    for (int32_t p = 0; p < parts; ++p) {
      plan.units.push_back({.row = row,
                            .first = rows[r].first + edge(p),
                            .count = edge(p + 1) - edge(p),
                            .part = parts == 1 ? AttendUnit::kWhole : plan.parts + p});
    }
    if (parts > 1) {
      plan.rows.push_back({.row = row, .first_part = plan.parts, .parts = parts});
      plan.parts += parts;
    }
  }
  std::stable_sort(plan.units.begin(), plan.units.end(),
                   [](const AttendUnit& a, const AttendUnit& b) { return a.count > b.count; });
  return plan;
}

/// When the last of `teams` is done, in tiles, if each takes the next unit when it is done.
int64_t LastEnd(const SplitPlan& plan, int64_t teams) {
  constexpr int64_t kStartTiles = 4;  // a unit's start and end take about as long as so many
  std::priority_queue<int64_t, std::vector<int64_t>, std::greater<>> ends;
  int64_t last = 0;
  for (const AttendUnit& unit : plan.units) {
    int64_t start = 0;
    if (static_cast<int64_t>(ends.size()) >= teams) {
      start = ends.top();
      ends.pop();
    }
    // A tile more for one of the warps is one more for all.
    const int64_t end = start + RoundedUp(unit.count, plan.unit_warps) + kStartTiles;
    ends.push(end);
    last = std::max(last, end);
  }
  return last;
}

/// How long plans for so many tiles and teams take, in tiles that one team reads by itself.
class Estimate {
 public:
  Estimate(int64_t tiles, int64_t teams)
      : teams_(static_cast<double>(teams)),
        at_full_bandwidth_(kAloneOverShare * static_cast<double>(tiles) / teams_) {}

  double Of(const SplitPlan& plan) const {
    const auto last = static_cast<double>(LastEnd(plan, static_cast<int64_t>(teams_)));
    // Neither limit is reached close to where the other takes over.
    return std::pow(std::pow(at_full_bandwidth_, 4) + std::pow(last, 4), 1.0 / 4) +
           Merging(plan.parts);
  }

  /// Of any plan with so many parts.
  double AtLeast(int64_t parts) const { return at_full_bandwidth_ + Merging(parts); }

 private:
  // Of an H200, chosen so that of some 20 plans each for 18 small shapes one of the fastest is
  // taken: a team by itself reads 3 times as fast as its share of all memory bandwidth; putting
  // parts together takes as long as 26 tiles, and 25 more if each team leaves one.
  static constexpr double kAloneOverShare = 3;
  static constexpr double kMergeTiles = 26;
  static constexpr double kPartTiles = 25;

  double Merging(int64_t parts) const {
    return parts == 0 ? 0 : kMergeTiles + kPartTiles * static_cast<double>(parts) / teams_;
  }

  double teams_;
  double at_full_bandwidth_;
};

}  // namespace

RowTiles TilesOf(int64_t length, int64_t window) {
  const int64_t begin = window > 0 && window < length ? length - window : 0;
  const int64_t first = begin / kTileTokens;
  const int64_t end = (length + kTileTokens - 1) / kTileTokens;
  return {.first = static_cast<int32_t>(first), .count = static_cast<int32_t>(end - first)};
}

SplitPlan PlanSplits(std::span<const RowTiles> rows, const AttendBlocks& blocks) {
  constexpr int32_t kShort = 24;
  int32_t longest = 1;
  int64_t tiles = 0;
  for (const RowTiles& row : rows) {
    longest = std::max(longest, row.count);
    tiles += row.count;
  }
  const int64_t warps = blocks.count * blocks.warps;
  if (longest <= kShort && static_cast<int64_t>(rows.size()) >= warps * 7 / 8) {
    return SplitEvenly(rows, longest, 1);
  }
  const Estimate estimate(tiles, blocks.count);
  SplitPlan best = SplitEvenly(rows, longest, blocks.warps);
  double least = estimate.Of(best);
  int32_t before = longest;
  for (int32_t parts = 2; before > blocks.warps; parts += 1 + parts / 10) {
    const auto chunk =
        static_cast<int32_t>(RoundedUp((int64_t{longest} + parts - 1) / parts, blocks.warps));
    if (chunk >= before) {
      continue;
    }
    if (estimate.AtLeast(PartsOf(rows, chunk)) >= least) {
      break;
    }
    before = chunk;
    SplitPlan plan = SplitEvenly(rows, chunk, blocks.warps);
    const double time = estimate.Of(plan);
    if (time < least) {
      best = std::move(plan);
      least = time;
    }
  }
  return best;
}

}  // namespace kinetics::kernels
