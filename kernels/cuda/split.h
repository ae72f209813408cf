#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/cuda/target.h"

namespace kinetics::kernels {

/// Warps of a thread block of attention at most.
inline constexpr int kMostBlockWarps = 8;

/// The tiles of 16 tokens that a row, a KV head of a request, attends to: `count` from `first` on.
struct RowTiles {
  int32_t first = 0;
  int32_t count = 0;
};

/// Those of a context of `length` tokens, of which only the last `window` count (0: all).
RowTiles TilesOf(int64_t length, int64_t window);

/// What warps that work together attend to at once: some of a row's tiles.
struct alignas(16) AttendUnit {
  static constexpr int32_t kWhole = -1;

  int32_t row = 0;
  int32_t first = 0;
  int32_t count = 0;
  int32_t part = kWhole;  ///< Its place among the parts of all rows that are split.
};

/// A row of several units, whose results are put together afterwards.
struct SplitRow {
  int32_t row = 0;
  int32_t first_part = 0;
  int32_t parts = 0;  ///< At least 2.
};

struct SplitPlan {
  std::vector<AttendUnit> units;  ///< In the order in which they are begun.
  std::vector<SplitRow> rows;     ///< Those that are split.
  int32_t parts = 0;              ///< Of all of these.
  int unit_warps = 1;             ///< That work on a unit together.
};

/// The thread blocks of attention that a device runs at once.
struct AttendBlocks {
  int64_t count = 1;
  int warps = kMostBlockWarps;  ///< Of each: 4 or 8.
};

/// Splits rows among the warps of `blocks`, which take the next unit when they are done with one.
/// Many short rows are a warp's each. Others are shared by the warps of a block, in as many even
/// parts as seem to take the least time.
SplitPlan PlanSplits(std::span<const RowTiles> rows, const AttendBlocks& blocks);

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
    return TileIn(page, head, tile);
  }
  /// The same of a page that was looked up before, as wide as `Index`.
  template <typename Index>
  KINETICS_SHARED Index TileIn(Index page, Index head, int32_t tile) const {
    return (page * kv_heads + head) * page_tiles + tile % page_tiles;
  }
};

}  // namespace kinetics::kernels
