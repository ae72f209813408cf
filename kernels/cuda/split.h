#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/cuda/target.h"

namespace kinetics::kernels {

/// The tiles of 16 tokens that a row, a KV head of a request, attends to: `count` from `first` on.
struct RowTiles {
  int32_t first = 0;
  int32_t count = 0;
};

/// Those of a context of `length` tokens, of which only the last `window` count (0: all).
RowTiles TilesOf(int64_t length, int64_t window);

/// What one thread block attends to: some of a row's tiles. Blocks that share a row leave parts,
/// which the last of them to finish puts together.
struct AttendUnit {
  int32_t row = 0;
  int32_t first = 0;
  int32_t count = 0;
  int32_t parts = 1;       ///< Of the row.
  int32_t first_part = 0;  ///< Where the row's parts begin; meaningless with one.
  int32_t part = 0;        ///< Of 0 .. parts - 1.
};

struct SplitPlan {
  std::vector<AttendUnit> units;  ///< Longest first, so that none starts late and ends last.
  int32_t parts = 0;              ///< Of all rows that are split.
  double efficiency = 1;          ///< Estimated share of the time that blocks are busy.
};

/// Parts of a row at most: what puts them together holds two numbers of each head and part.
inline constexpr int32_t kMostParts = 512;

/// Splits rows among `resident_blocks` thread blocks that run at once. Rows are left whole where
/// there are four times as many of them. Otherwise the largest chunk, a multiple of 4 tiles and at
/// least 16, with which the blocks would be busy for 85 % of the time, or else the best.
SplitPlan PlanSplits(std::span<const RowTiles> rows, int64_t resident_blocks);

/// Where a tile of a context lies among all tiles of a paged cache (kernels/attention.h): keys and
/// values of its 16 tokens follow each other. Pages are multiples of 16 tokens.
struct TileTable {
  const int32_t* page_table = nullptr;  ///< Null: a contiguous cache.
  int64_t table_stride = 0;
  int32_t kv_heads = 1;
  int32_t page_tiles = 1;

  KINETICS_SHARED int64_t TileAt(int64_t request, int64_t head, int32_t tile) const {
    const int64_t page =
        page_table == nullptr ? request : page_table[request * table_stride + tile / page_tiles];
    return (page * kv_heads + head) * page_tiles + tile % page_tiles;
  }
};

}  // namespace kinetics::kernels
