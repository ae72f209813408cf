// Block top-k on the device from queries to outputs.
#include <algorithm>

#include "kernels/reference.h"
#include "tests/gpu/device_fixture.h"
#include "tests/gpu/device_selection.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::BlocksOf;
using kernels::DataType;
using test::Cache;
using test::DeviceAttention;
using test::DeviceSelection;
using test::RowChoice;

/// Selects blocks by mean-pooled keys and attends to them: the reference does so over what was
/// chosen, which must be among the best.
void CheckBlockTopk(Cache cache, int64_t block_tokens, int64_t top, bool with_ends) {
  DeviceAttention attention(cache);
  const DataType type = cache.problem.cache.type;
  const test::PooledKeys pooled(cache, block_tokens, type);
  kernels::BlockTopkProblem problem = pooled.Problem(cache, top);
  problem.with_first = with_ends;
  problem.with_last = with_ends;
  std::vector<uint16_t> pooled_bits(pooled.data.size() / sizeof(uint16_t));
  std::copy(pooled.data.begin(), pooled.data.end(), reinterpret_cast<uint8_t*>(pooled_bits.data()));

  DeviceSelection selection(problem, pooled_bits);
  kernels::DeviceDecode& decode = attention.Decode();
  const std::vector<RowChoice> choices =
      selection.Run(decode.queries, decode.lengths, decode.table.page_table);
  kernels::BlockLists chosen = {.block_tokens = block_tokens, .offsets = {0}};
  std::vector<kernels::RowTiles> rows;
  for (size_t row = 0; row < choices.size(); ++row) {
    const std::vector<int32_t>& blocks = choices[row].blocks;
    const int64_t request = static_cast<int64_t>(row) / cache.problem.cache.kv_heads;
    const int head = static_cast<int>(row) % cache.problem.cache.kv_heads;
    const std::vector<double> scores = kernels::ReferenceBlockScores(problem, request, head);
    if (!with_ends) {
      CHECK(kernels::AreLargest(scores, blocks, top));
    } else if (!scores.empty()) {
      CHECK(blocks.front() == 0);
      CHECK(blocks.back() == static_cast<int32_t>(scores.size()) - 1);
    }
    chosen.blocks.insert(chosen.blocks.end(), blocks.begin(), blocks.end());
    chosen.offsets.push_back(static_cast<int64_t>(chosen.blocks.size()));
    const int64_t most = std::min(selection.Launch().MostTiles(),
                                  BlocksOf(cache.lengths[static_cast<size_t>(request)], 16));
    rows.push_back({.first = 0, .count = static_cast<int32_t>(most)});
  }
  decode.tiles = selection.Launch().tiles;
  decode.tiles_stride = selection.Launch().tiles_stride;
  decode.row_tokens = selection.Launch().row_tokens;
  attention.Plan(rows);
  const std::vector<double> expected =
      kernels::ReferenceDecode(cache.problem, kernels::TokensOf(chosen, cache.problem));
  CHECK(test::WorstError(attention.Run(), expected, cache.problem.cache.head_dim) <
        test::DecodeTolerance(type));
}

TEST_CASE("block top-k on a device attends to the best blocks", "[small]") {
  const std::vector<int64_t> lengths = {1008, 0, 1, 16, 17, 700, 480};
  for (const DataType type : {DataType::kF16, DataType::kBf16}) {
    for (const int head_dim : {64, 128}) {
      for (const bool with_ends : {false, true}) {
        CheckBlockTopk(Cache({.type = type, .head_dim = head_dim, .group = 4}, lengths, 37), 16, 7,
                       with_ends);
        CheckBlockTopk(Cache({.type = type, .head_dim = head_dim, .page_tokens = 128, .group = 3},
                             lengths, 38),
                       32, 5, with_ends);
      }
    }
  }
  CheckBlockTopk(Cache({.is_paged = false, .group = 2}, lengths, 39), 16, 7, false);
}

TEST_CASE("block top-k on a device splits rows of many blocks") {
  CheckBlockTopk(Cache({.kv_heads = 1, .group = 8}, {20000, 3000}, 40), 16, 600, false);
}

}  // namespace
}  // namespace kinetics
