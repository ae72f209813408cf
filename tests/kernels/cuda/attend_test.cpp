// The CUDA kernels' decode attention, run on the host: fragments, swizzles, masks, tiles and
// splits.
#include "kernels/cuda/attend.h"

#include <cmath>
#include <cstring>

#include "kernels/cuda/split.h"
#include "kernels/reference.h"
#include "tests/kernels/cache.h"
#include "tests/kernels/cuda/host_warp.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::DataType;
using kernels::kTileTokens;
using test::Cache;

/// Rounds queries to what the device gets.
std::vector<uint16_t> QueriesAs16Bit(Cache& cache) {
  std::vector<uint16_t> bits(cache.queries.size());
  const DataType type = cache.problem.cache.type;
  for (size_t i = 0; i < bits.size(); ++i) {
    kernels::StoreElement(bits.data(), i, type, cache.queries[i]);
    cache.queries[i] = kernels::LoadElement(bits.data(), i, type);
  }
  return bits;
}

/// Copies one row of keys or values to where TileAttention looks for it.
template <int dim>
void CopySwizzled(const char* from, int row, char* tile) {
  for (int column = 0; column < dim / 8; ++column) {
    std::memcpy(tile + kernels::kChunkBytes * kernels::SwizzledChunk<dim>(row, column),
                from + kernels::kChunkBytes * column, kernels::kChunkBytes);
  }
}

/// What warps or blocks leave: by head the largest score, the sum of weights, and outputs.
struct AttendParts {
  std::vector<float> most;
  std::vector<float> sum;
  std::vector<float> output;
};

template <DataType type, int dim, int head_tiles>
class HostAttention {
 public:
  HostAttention(Cache& cache, std::vector<uint16_t> queries)
      : problem_(cache.problem), queries_(std::move(queries)) {
    table_ = {.page_table = problem_.cache.page_table,
              .table_stride = problem_.cache.table_stride,
              .kv_heads = problem_.cache.kv_heads,
              .page_tiles = static_cast<int32_t>(problem_.cache.page_tokens / kTileTokens)};
  }

  std::vector<float> Decode(int64_t resident_blocks) const {
    const int64_t rows = problem_.requests * problem_.cache.kv_heads;
    std::vector<kernels::RowTiles> tiles;
    for (int64_t row = 0; row < rows; ++row) {
      tiles.push_back(kernels::TilesOf(LengthOf(row), problem_.window));
    }
    std::vector<std::vector<AttendParts>> parts(static_cast<size_t>(rows));
    const kernels::SplitPlan plan = kernels::PlanSplits(tiles, {.count = resident_blocks});
    for (const kernels::AttendUnit& unit : plan.units) {
      for (int member = 0; member < plan.unit_warps; ++member) {
        parts[static_cast<size_t>(unit.row)].push_back(AttendByWarp(unit, member, plan.unit_warps));
      }
    }
    std::vector<float> output;
    for (const auto& of_row : parts) {
      const std::vector<float> merged = Merged(of_row);
      output.insert(output.end(), merged.begin(), merged.end());
    }
    return output;
  }

 private:
  int64_t LengthOf(int64_t row) const { return problem_.lengths[row / problem_.cache.kv_heads]; }

  AttendParts AttendByWarp(const kernels::AttendUnit& unit, int member, int warps) const {
    const int64_t length = LengthOf(unit.row);
    const int64_t begin = problem_.window > 0 ? std::max<int64_t>(0, length - problem_.window) : 0;
    kernels::TileAttention<kernels::HostWarp<type>, dim, head_tiles> attention(
        queries_.data() + int64_t{unit.row} * problem_.group * dim, problem_.group,
        problem_.scale * kernels::kLog2E);
    for (int32_t i = member; i < unit.count; i += warps) {
      const int32_t tile = unit.first + i;
      const kernels::TileRange range = kernels::RangeIn(begin, length, int64_t{tile} * kTileTokens);
      const int64_t at = table_.TileAt(unit.row / problem_.cache.kv_heads,
                                       unit.row % problem_.cache.kv_heads, tile);
      alignas(16) std::array<char, size_t{kTileTokens} * dim * 2> keys{};
      alignas(16) std::array<char, size_t{kTileTokens} * dim * 2> values{};
      for (int row = range.begin; row < range.end; ++row) {
        const int64_t offset = (at * kTileTokens + row) * dim * 2;
        CopySwizzled<dim>(static_cast<const char*>(problem_.cache.keys) + offset, row, keys.data());
        CopySwizzled<dim>(static_cast<const char*>(problem_.cache.values) + offset, row,
                          values.data());
      }
      attention.Add(keys.data(), values.data(), range);
    }
    const auto group = static_cast<size_t>(problem_.group);
    AttendParts parts = {std::vector<float>(group), std::vector<float>(group),
                         std::vector<float>(group * dim)};
    attention.Store(problem_.group, parts.most.data(), parts.sum.data(), parts.output.data());
    if (warps == 1 && unit.part == kernels::AttendUnit::kWhole) {
      CheckOutputs(attention, parts);
    }
    return parts;
  }

  /// Outputs that a warp stores by itself are those that it would leave to be divided.
  template <class Attention>
  void CheckOutputs(const Attention& attention, const AttendParts& parts) const {
    std::vector<uint16_t> outputs(parts.output.size());
    attention.StoreOutputs(problem_.group, outputs.data());
    for (size_t i = 0; i < outputs.size(); ++i) {
      const float sum = parts.sum[i / dim];
      const float inverse = sum > 0 ? 1 / sum : 0;
      REQUIRE(outputs[i] == kernels::HostWarp<type>::ToElement(parts.output[i] * inverse));
    }
  }

  std::vector<float> Merged(const std::vector<AttendParts>& parts) const {
    std::vector<float> output(static_cast<size_t>(problem_.group) * dim);
    for (size_t head = 0; head < static_cast<size_t>(problem_.group); ++head) {
      float most = -std::numeric_limits<float>::infinity();
      for (const AttendParts& part : parts) {
        most = std::max(most, part.most[head]);
      }
      float sum = 0;
      for (const AttendParts& part : parts) {
        const float factor =
            kernels::PartFactor(part.most[head], most, problem_.scale * kernels::kLog2E);
        sum += factor * part.sum[head];
        for (size_t i = 0; i < dim; ++i) {
          output[head * dim + i] += factor * part.output[head * dim + i];
        }
      }
      for (size_t i = 0; i < dim; ++i) {
        output[head * dim + i] = sum > 0 ? output[head * dim + i] / sum : 0;
      }
    }
    return output;
  }

  kernels::DecodeProblem problem_;
  std::vector<uint16_t> queries_;
  kernels::TileTable table_;
};

template <DataType type, int dim>
std::vector<float> DecodeOnHost(Cache& cache, int64_t resident_blocks) {
  std::vector<uint16_t> queries = QueriesAs16Bit(cache);
  return cache.problem.group <= kernels::kFragmentHeads
             ? HostAttention<type, dim, 1>(cache, std::move(queries)).Decode(resident_blocks)
             : HostAttention<type, dim, 2>(cache, std::move(queries)).Decode(resident_blocks);
}

/// Compares with the double-precision reference on the same stored values.
void CheckOnHost(Cache cache, int64_t resident_blocks = 1) {
  const bool is_half = cache.problem.cache.type == DataType::kF16;
  const int dim = cache.problem.cache.head_dim;
  const std::vector<float> output =
      is_half     ? dim == 64 ? DecodeOnHost<DataType::kF16, 64>(cache, resident_blocks)
                              : DecodeOnHost<DataType::kF16, 128>(cache, resident_blocks)
          : dim == 64 ? DecodeOnHost<DataType::kBf16, 64>(cache, resident_blocks)
                  : DecodeOnHost<DataType::kBf16, 128>(cache, resident_blocks);
  const std::vector<double> expected = kernels::ReferenceDecode(cache.problem);
  // Weights are rounded to 11 and 8 bits.
  const double tolerance = is_half ? 1e-3 : 8e-3;
  INFO("group " << cache.problem.group << ", head size " << dim << ", f16 " << is_half);
  CHECK(test::WorstError(output, expected, dim) < tolerance);
}

TEST_CASE("tiles on the device's lanes are the reference's for every type, head size and length") {
  for (const DataType type : {DataType::kF16, DataType::kBf16}) {
    for (const int head_dim : {64, 128}) {
      CheckOnHost(Cache({.type = type, .head_dim = head_dim, .group = 3},
                        {0, 1, 2, 15, 16, 17, 31, 33, 100, 500}, 1));
    }
  }
}

TEST_CASE("tiles on the device's lanes are the reference's for groups of 1 to 16") {
  for (int group = 1; group <= 16; ++group) {
    CheckOnHost(Cache({.group = group}, {77, 5}, 2));
  }
}

TEST_CASE("short rows that are a warp's each are the reference's for groups of 1 to 16") {
  for (int group = 1; group <= 16; ++group) {
    for (const int head_dim : {64, 128}) {
      CheckOnHost(Cache({.head_dim = head_dim, .group = group}, {77, 0, 1, 16, 300}, 8));
    }
  }
}

TEST_CASE("a context that is split over blocks is put together again") {
  CheckOnHost(Cache({.kv_heads = 1, .group = 4}, {5000}, 3), 7);
  CheckOnHost(Cache({.kv_heads = 2, .group = 2}, {3000, 0, 1, 700}, 4), 100);
}

TEST_CASE("tiles of pages of 16 tokens and more are found") {
  for (const int64_t page_tokens : {16, 32, 128, 1008}) {
    CheckOnHost(Cache({.page_tokens = page_tokens, .group = 2}, {1000, 129, 17}, 5));
  }
}

TEST_CASE("a window begins within a tile") {
  for (const int64_t window : {1, 15, 16, 100, 499, 500, 1000}) {
    Cache cache({.group = 2}, {500, 16, 3}, 6);
    cache.problem.window = window;
    std::vector<uint16_t> queries = QueriesAs16Bit(cache);
    const std::vector<float> output =
        HostAttention<DataType::kF16, 128, 1>(cache, std::move(queries)).Decode(3);
    INFO("window " << window);
    CHECK(test::WorstError(output, kernels::ReferenceDecode(cache.problem), 128) < 1e-3);
  }
}

TEST_CASE("tiles hold scores of hundreds, where one weight is all") {
  CheckOnHost(Cache({.group = 4, .spread = 12}, {700, 3}, 7));
}

}  // namespace
}  // namespace kinetics
