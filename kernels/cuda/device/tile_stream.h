#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/cuda/attend.h"
#include "kernels/cuda/device/attend.h"
#include "kernels/cuda/device/team.h"
#include "kernels/cuda/device/warp.h"
#include "kernels/cuda/split.h"

/// Copies of keys and values on their way to a warp. For nvcc alone.
namespace kinetics::kernels {

inline constexpr int kMostStages = 8;

/// Keys and values of one tile.
template <int dim>
constexpr int kTileBytes = kTileTokens* dim * 2;
template <int dim>
constexpr int kStageBytes = 2 * kTileBytes<dim>;

/// 16 bytes to shared memory, of what is read only once: in the second-level cache it gives way to
/// outputs, parts and tables.
__device__ __forceinline__ void CopyAsync(char* to, const char* from) {
  const auto address = static_cast<uint32_t>(__cvta_generic_to_shared(to));
  asm volatile(
      "cp.async.cg.shared.global.L2::cache_hint.L2::128B [%0], [%1], 16, %2;" ::"r"(address),
      "l"(from), "l"(ReadOncePolicy())
      : "memory");
}
/// The same, zeros where `condition` does not hold: rows that are not read, whatever they hold,
/// must not turn sums into NaN.
__device__ __forceinline__ void CopyAsyncIf(bool condition, char* to, const char* from) {
  const auto address = static_cast<uint32_t>(__cvta_generic_to_shared(to));
  const int bytes = condition ? kChunkBytes : 0;
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(address), "l"(from),
               "r"(bytes)
               : "memory");
}
__device__ __forceinline__ void CommitCopies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
/// Awaits all but the last `left` groups of copies.
template <int most = kMostStages - 1>
__device__ __forceinline__ void AwaitCopies(int left) {
  if (most == 0 || left >= most) {
    asm volatile("cp.async.wait_group %0;" ::"n"(most) : "memory");
  } else {
    AwaitCopies<(most > 0 ? most - 1 : 0)>(left);
  }
}
__device__ __forceinline__ void PrefetchToL2(const void* from) {
  asm volatile("prefetch.global.L2 [%0];" ::"l"(from));
}

/// Where a row's tiles are found: in the page table, or in lists of tiles or of tokens.
enum class Source { kContext, kTiles, kTokens };

/// What one warp of a team attends to in a unit: tiles `first`, `first` + warps, ..., and of these
/// the tokens [begin, end) of the row.
struct WarpTiles {
  AttendUnit unit;
  int begin = 0;
  int end = 0;
  int first = 0;
  int count = 0;
};

__device__ __forceinline__ AttendUnit LoadUnit(const DeviceDecode& decode, int index) {
  return index < decode.unit_count ? decode.units[index] : AttendUnit{};
}

template <int dim>
__device__ __forceinline__ const uint16_t* QueriesOf(const DeviceDecode& decode, int row) {
  return static_cast<const uint16_t*>(decode.queries) +
         row / decode.table.kv_heads * decode.query_stride +
         int64_t{row % decode.table.kv_heads} * decode.group * dim;
}

/// What a warp needs to know of a unit, on its way from memory while the unit before is worked on:
/// under load that takes as long as reading several tiles. So nothing here may look at what was
/// loaded until Settled does.
template <int dim, Source source>
class ComingUnit {
 public:
  __device__ void Begin(const DeviceDecode& decode, const Team& team, const AttendUnit& unit) {
    const int lane = static_cast<int>(threadIdx.x) % kWarpLanes;
    unit_ = unit;
    tokens_ =
        source == Source::kContext ? decode.lengths[Request(decode)] : decode.row_tokens[unit_.row];
    places_ = Lookup(decode, unit_.first + team.Member() + lane * team.Warps());
    constexpr int kLine = 128;
    if (team.Member() == 0 && lane < decode.group * dim * 2 / kLine) {
      PrefetchToL2(QueriesOf<dim>(decode, unit_.row) + lane * (kLine / 2));
    }
  }

  __device__ WarpTiles Settled(const DeviceDecode& decode, const Team& team) const {
    WarpTiles tiles = {.unit = unit_, .end = static_cast<int>(tokens_)};
    if (source == Source::kContext && decode.window > 0 && decode.window < tokens_) {
      tiles.begin = static_cast<int>(tokens_ - decode.window);
    }
    tiles.first = unit_.first + team.Member();
    // Lists may have fewer tiles than was planned.
    const int last = min(unit_.first + unit_.count, (tiles.end + kTileTokens - 1) / kTileTokens);
    tiles.count = last > tiles.first ? (last - tiles.first + team.Warps() - 1) / team.Warps() : 0;
    return tiles;
  }

  /// Where a lane's tile lies, of what Lookup found.
  __device__ int Place(const DeviceDecode& decode, int tile, int found) const {
    if constexpr (source == Source::kContext) {
      return decode.table.TileIn(found, unit_.row % decode.table.kv_heads, tile);
    } else {
      return found;
    }
  }
  __device__ int Lookup(const DeviceDecode& decode, int tile) const {
    if (tile >= unit_.first + unit_.count) {
      return 0;
    }
    if constexpr (source == Source::kContext) {
      return decode.table.page_table == nullptr
                 ? Request(decode)
                 : decode.table.page_table[Request(decode) * decode.table.table_stride +
                                           tile / decode.table.page_tiles];
    } else if constexpr (source == Source::kTiles) {
      return tile < decode.tiles_stride
                 ? decode.tiles[int64_t{unit_.row} * decode.tiles_stride + tile]
                 : 0;
    } else {
      return 0;
    }
  }
  __device__ int Found() const { return places_; }

 private:
  __device__ int Request(const DeviceDecode& decode) const {
    return unit_.row / decode.table.kv_heads;
  }

  AttendUnit unit_;
  int64_t tokens_ = 0;
  int places_ = 0;
};

/// Starts the copies of one tile, at `place` of all tiles, into a stage.
template <int dim, Source source>
__device__ __forceinline__ void FetchTile(const DeviceDecode& decode, const WarpTiles& tiles,
                                          int tile, int place, char* stage) {
  constexpr int kRowChunks = dim / 8;
  constexpr int kChunks = kTileTokens * kRowChunks / kWarpLanes;
  constexpr int kRows = kWarpLanes / kRowChunks;
  const int lane = static_cast<int>(threadIdx.x) % kWarpLanes;
  const int column = lane % kRowChunks;
  const TileRange range = RangeIn(tiles.begin, tiles.end, int64_t{tile} * kTileTokens);
  const auto* keys = static_cast<const char*>(decode.keys);
  const auto* values = static_cast<const char*>(decode.values);
  const auto chunk = [&](int c, auto copy, int64_t offset) {
    char* to = stage + SwizzledChunk<dim>(c * kRows + lane / kRowChunks, column) * kChunkBytes;
    copy(to, keys + offset);
    copy(to + kTileBytes<dim>, values + offset);
  };
  if constexpr (source == Source::kTokens) {
    const int at = tile * kTileTokens + lane % kTileTokens;
    const int64_t token =
        at < tiles.end ? decode.tokens[int64_t{tiles.unit.row} * decode.tokens_stride + at] : 0;
    KINETICS_UNROLL
    for (int c = 0; c < kChunks; ++c) {
      const int row = c * kRows + lane / kRowChunks;
      const int64_t offset = __shfl_sync(kAllLanes, token, row) * (dim * 2) + column * kChunkBytes;
      chunk(
          c, [&](char* to, const char* from) { CopyAsyncIf(row < range.end, to, from); }, offset);
    }
    return;
  }
  const int64_t first = int64_t{place} * kTileBytes<dim> + lane * kChunkBytes;
  if (range.begin == 0 && range.end == kTileTokens) {
    KINETICS_UNROLL
    for (int c = 0; c < kChunks; ++c) {
      chunk(c, CopyAsync, first + c * (kWarpLanes * kChunkBytes));
    }
    return;
  }
  KINETICS_UNROLL
  for (int c = 0; c < kChunks; ++c) {
    const int row = c * kRows + lane / kRowChunks;
    const bool is_read = row >= range.begin && row < range.end;
    chunk(
        c, [&](char* to, const char* from) { CopyAsyncIf(is_read, to, from); },
        is_read ? first + c * (kWarpLanes * kChunkBytes) : 0);
  }
}

/// Copies tiles of unit after unit, in the order in which a warp attends to them, through stages of
/// shared memory of its own.
template <int dim, Source source>
class TileStream {
 public:
  __device__ TileStream(char* memory, int stages) : memory_(memory), stages_(stages) {}

  __device__ const WarpTiles& Tiles() const { return tiles_; }
  __device__ bool IsAtEnd() const { return index_ == tiles_.count; }
  __device__ bool HasRoom() const { return filled_ < stages_; }

  /// Goes on with the tiles of a unit.
  __device__ void Take(const DeviceDecode& decode, const Team& team,
                       const ComingUnit<dim, source>& unit) {
    unit_ = unit;
    tiles_ = unit.Settled(decode, team);
    index_ = 0;
    places_ = unit.Place(decode, LaneTile(team, 0), unit.Found());
    coming_ = unit.Lookup(decode, LaneTile(team, kWarpLanes));
  }

  /// Starts copying the next tile. The places of 32 are found at once, a lane each, and 32 more
  /// ahead of their use.
  __device__ void Fetch(const DeviceDecode& decode, const Team& team) {
    if (index_ > 0 && index_ % kWarpLanes == 0) {
      places_ = unit_.Place(decode, LaneTile(team, index_), coming_);
      coming_ = unit_.Lookup(decode, LaneTile(team, index_ + kWarpLanes));
    }
    const int place = __shfl_sync(kAllLanes, places_, index_ % kWarpLanes);
    FetchTile<dim, source>(decode, tiles_, tiles_.first + index_ * team.Warps(), place,
                           memory_ + fill_ * kStageBytes<dim>);
    CommitCopies();
    fill_ = fill_ + 1 == stages_ ? 0 : fill_ + 1;
    ++filled_;
    ++index_;
  }

  /// The tile that was fetched first, once it has arrived.
  __device__ const char* Await() const {
    AwaitCopies(filled_ - 1);
    __syncwarp();
    return memory_ + use_ * kStageBytes<dim>;
  }
  /// Makes room of that tile when all lanes are done with it.
  __device__ void Free() {
    __syncwarp();
    use_ = use_ + 1 == stages_ ? 0 : use_ + 1;
    --filled_;
  }

 private:
  __device__ int LaneTile(const Team& team, int index) const {
    return tiles_.first + (index + static_cast<int>(threadIdx.x) % kWarpLanes) * team.Warps();
  }

  char* memory_;
  int stages_;
  int fill_ = 0;
  int use_ = 0;
  int filled_ = 0;
  ComingUnit<dim, source> unit_;
  WarpTiles tiles_;
  int index_ = 0;
  int places_ = 0;
  int coming_ = 0;
};

}  // namespace kinetics::kernels
