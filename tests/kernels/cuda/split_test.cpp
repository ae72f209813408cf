// How rows are divided into units of thread blocks or warps.
#include "kernels/cuda/split.h"

#include <algorithm>
#include <map>

#include "kernels/bench/arena.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::AttendUnit;
using kernels::RowTiles;
using kernels::SplitPlan;

constexpr kernels::AttendBlocks kOfH200 = {.count = 132, .warps = 8};

std::vector<RowTiles> EqualRows(int64_t rows, int64_t tokens) {
  return {static_cast<size_t>(rows), kernels::TilesOf(tokens, 0)};
}

/// Every tile of every row is in one unit, and parts are those of the rows that have several.
void CheckCovers(const std::vector<RowTiles>& rows, const SplitPlan& plan) {
  REQUIRE((plan.unit_warps == 1 || plan.unit_warps == 4 || plan.unit_warps == 8));
  std::map<int32_t, std::vector<AttendUnit>> by_row;
  for (const AttendUnit& unit : plan.units) {
    by_row[unit.row].push_back(unit);
  }
  REQUIRE(by_row.size() == rows.size());
  std::vector<int32_t> parts;
  auto split = plan.rows.begin();
  for (auto& [row, units] : by_row) {
    std::sort(units.begin(), units.end(),
              [](const AttendUnit& a, const AttendUnit& b) { return a.first < b.first; });
    const RowTiles& of = rows[static_cast<size_t>(row)];
    int32_t end = of.first;
    for (const AttendUnit& unit : units) {
      REQUIRE(unit.first == end);
      end += unit.count;
      if (units.size() > 1) {
        REQUIRE(unit.count > 0);
        parts.push_back(unit.part);
      } else {
        REQUIRE(unit.part == AttendUnit::kWhole);
      }
    }
    REQUIRE(end == of.first + of.count);
    if (units.size() > 1) {
      REQUIRE(split != plan.rows.end());
      REQUIRE(split->row == row);
      REQUIRE(split->parts == static_cast<int32_t>(units.size()));
      REQUIRE(split->first_part == units.front().part);
      ++split;
    }
  }
  CHECK(split == plan.rows.end());
  std::sort(parts.begin(), parts.end());
  REQUIRE(static_cast<int32_t>(parts.size()) == plan.parts);
  for (int32_t i = 0; i < plan.parts; ++i) {
    REQUIRE(parts[static_cast<size_t>(i)] == i);
  }
}

TEST_CASE("rows of any lengths are divided into units that cover them") {
  kernels::Noise noise(1);
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<RowTiles> rows(1 + noise.Below(40));
    const uint64_t most = uint64_t{1} << noise.Below(14);
    for (RowTiles& row : rows) {
      row = {.first = static_cast<int32_t>(noise.Below(100)),
             .count = static_cast<int32_t>(noise.Below(most))};
    }
    const kernels::AttendBlocks blocks = {.count = static_cast<int64_t>(1 + noise.Below(300)),
                                          .warps = noise.Below(2) == 0 ? 4 : 8};
    CheckCovers(rows, kernels::PlanSplits(rows, blocks));
  }
}

TEST_CASE("no rows make no units") {
  const SplitPlan plan = kernels::PlanSplits({}, kOfH200);
  CHECK(plan.units.empty());
  CHECK(plan.rows.empty());
}

TEST_CASE("many short rows are a warp's each") {
  for (const int64_t tokens : {1, 128, 384}) {
    const std::vector<RowTiles> rows = EqualRows(1056, tokens);
    const SplitPlan plan = kernels::PlanSplits(rows, kOfH200);
    CheckCovers(rows, plan);
    CHECK(plan.unit_warps == 1);
    CHECK(plan.rows.empty());
  }
  CHECK(kernels::PlanSplits(EqualRows(1056, 400), kOfH200).unit_warps == 8);
  CHECK(kernels::PlanSplits(EqualRows(500, 128), kOfH200).unit_warps == 8);
}

TEST_CASE("rows that are enough for all blocks stay whole") {
  for (const int64_t rows : {128, 132, 768, 5000}) {
    for (const int64_t tokens : {1000, 32768}) {
      CHECK(kernels::PlanSplits(EqualRows(rows, tokens), kOfH200).rows.empty());
    }
  }
}

TEST_CASE("few rows are shared by about half of the blocks or more, once each") {
  for (const int64_t rows : {1, 2, 5, 16}) {
    for (const int64_t tokens : {4096, 8192, 32768}) {
      const std::vector<RowTiles> equal = EqualRows(rows, tokens);
      const SplitPlan plan = kernels::PlanSplits(equal, kOfH200);
      CheckCovers(equal, plan);
      INFO(rows << " rows of " << tokens << " tokens");
      CHECK(plan.units.size() >= std::min<size_t>(50, static_cast<size_t>(rows * tokens / 128)));
      CHECK(plan.units.size() <= 132);
    }
  }
}

TEST_CASE("few very long rows keep all blocks busy") {
  for (const int64_t rows : {32, 64}) {
    const std::vector<RowTiles> equal = EqualRows(rows, 131072);
    const SplitPlan plan = kernels::PlanSplits(equal, kOfH200);
    CheckCovers(equal, plan);
    CHECK(plan.units.size() == 128);
  }
}

}  // namespace
}  // namespace kinetics
