// The CUDA kernels' block top-k, run on the host by all threads of a block in turn.
#include "kernels/cuda/select.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "kernels/attention.h"
#include "kernels/cpu/select.h"
#include "kinetics/core/draws.h"
#include "tests/kernels/cuda/host_warp.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::BlockTiles;
using kernels::kTileTokens;
using kernels::Selection;
using kernels::SelectResult;

/// Runs threads one after the other. Nothing that they do between two barriers may depend on their
/// order, so that tests run them both ways.
template <bool ascending>
struct HostBlock {
  template <class Work>
  static void ForEachThread(const Work& work) {
    for (int i = 0; i < kernels::kSelectThreads; ++i) {
      work(ascending ? i : kernels::kSelectThreads - 1 - i);
    }
  }
  static void Add(uint32_t* to, uint32_t amount) { *to += amount; }
};

struct HostSelection {
  std::vector<int32_t> chosen;
  SelectResult result = {.count = 0, .has_last = false};
};

template <bool ascending>
HostSelection SelectOnHost(const std::vector<float>& scores, const Selection& selection) {
  constexpr int32_t kEmpty = -7;
  HostSelection selected;
  selected.chosen.assign(scores.size(), kEmpty);
  const auto state = std::make_unique<kernels::SelectState>();
  std::fill_n(reinterpret_cast<unsigned char*>(state.get()), sizeof(*state), uint8_t{0xa5});
  selected.result = kernels::SelectTop<HostBlock<ascending>>(
      {.scores = scores.data(),
       .count = static_cast<int32_t>(scores.size()),
       .top = static_cast<int32_t>(selection.top),
       .with_first = selection.with_first,
       .with_last = selection.with_last},
      *state, [&](int32_t position, int32_t index) {
        REQUIRE(selected.chosen.at(static_cast<size_t>(position)) == kEmpty);
        selected.chosen[static_cast<size_t>(position)] = index;
      });
  const auto end = std::find(selected.chosen.begin(), selected.chosen.end(), kEmpty);
  selected.chosen.erase(end, selected.chosen.end());
  return selected;
}

std::vector<int32_t> SelectOnCpu(const std::vector<float>& scores, const Selection& selection) {
  std::vector<int32_t> chosen;
  kernels::Selector(kernels::PortableKernels()).Select(scores, selection, chosen);
  return chosen;
}

void CheckBlockSelect(const std::vector<float>& scores, const Selection& selection) {
  INFO(scores.size() << " scores, top " << selection.top << ", first " << selection.with_first
                     << ", last " << selection.with_last);
  const std::vector<int32_t> expected = SelectOnCpu(scores, selection);
  const auto last = static_cast<int32_t>(scores.size()) - 1;
  for (const HostSelection& selected :
       {SelectOnHost<true>(scores, selection), SelectOnHost<false>(scores, selection)}) {
    REQUIRE(selected.chosen == expected);
    REQUIRE(selected.result.count == static_cast<int32_t>(expected.size()));
    REQUIRE(selected.result.has_last == (!expected.empty() && expected.back() == last));
  }
}

/// All combinations of sizes and tops on scores(index).
template <typename Scores>
void CheckBlockSelects(Scores score) {
  for (const size_t count : {0, 1, 2, 63, 64, 65, 255, 256, 257, 1000, 2048, 8192}) {
    std::vector<float> scores(count);
    for (size_t i = 0; i < count; ++i) {
      scores[i] = score(i);
    }
    const auto all = static_cast<int64_t>(count);
    for (const int64_t top : {int64_t{0}, int64_t{1}, int64_t{2}, int64_t{64}, all - 1, all,
                              all + 1, int64_t{100000}}) {
      for (int ends = 0; ends < 4 && top >= 0; ++ends) {
        CheckBlockSelect(scores,
                         {.top = top, .with_first = ends % 2 != 0, .with_last = ends / 2 != 0});
      }
    }
  }
}

TEST_CASE("a block of threads selects random scores as the CPU does") {
  Draws draws(SplitMix64{1});
  CheckBlockSelects([&](size_t) { return static_cast<float>(draws.Normal()); });
}

TEST_CASE("a block of threads selects the first of scores that are all alike") {
  CheckBlockSelects([](size_t) { return 1.5F; });
}

TEST_CASE("a block of threads selects among many ties those of the lowest index") {
  Draws draws(SplitMix64{2});
  CheckBlockSelects([&](size_t) { return static_cast<float>(std::round(2 * draws.Normal())); });
}

TEST_CASE("a block of threads selects ascending and descending scores as the CPU does") {
  CheckBlockSelects([](size_t i) { return static_cast<float>(i) - 1000; });
  CheckBlockSelects([](size_t i) { return 1000 - static_cast<float>(i); });
}

TEST_CASE("a block of threads tells scores apart that differ in their last bits only") {
  Draws draws(SplitMix64{3});
  const auto nearly = [&](float value, double bits) {
    return __builtin_bit_cast(
        float, __builtin_bit_cast(uint32_t, value) + static_cast<uint32_t>(draws.Uniform() * bits));
  };
  CheckBlockSelects([&](size_t) { return nearly(3, 100); });
  CheckBlockSelects([&](size_t) { return nearly(-3, 256); });
  CheckBlockSelects([&](size_t) { return nearly(1, 65536); });
}

TEST_CASE("a block of threads gives infinities, NaN and both zeros their place in the order") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const float tiny = std::numeric_limits<float>::denorm_min();
  const float huge = std::numeric_limits<float>::max();
  const std::vector<float> values = {nan,   -nan, infinity, -infinity, 0.0F, -0.0F,
                                     -tiny, tiny, huge,     -huge,     1,    -1};
  Draws draws(SplitMix64{4});
  const auto any = [&](size_t values_used) {
    return values[static_cast<size_t>(draws.Uniform() * static_cast<double>(values_used))];
  };
  CheckBlockSelects([&](size_t) { return any(values.size()); });
  CheckBlockSelects([&](size_t) { return any(2); });
  CheckBlockSelects([&](size_t) { return any(4); });
  CheckBlockSelects([&](size_t i) { return i % 2 == 0 ? 0.0F : -0.0F; });
  CheckBlockSelects([&](size_t i) { return i % 100 == 50 ? 1.0F : nan; });
}

TEST_CASE("keys of scores order as those of the CPU, beyond its sign") {
  Draws draws(SplitMix64{5});
  std::vector<float> scores(10000);
  for (float& score : scores) {
    score = __builtin_bit_cast(float, static_cast<uint32_t>(draws.Uniform() * 0x1p32));
  }
  std::vector<int32_t> keys(scores.size());
  kernels::PortableKernels().keys(scores.data(), static_cast<int64_t>(scores.size()), keys.data());
  for (size_t i = 0; i < scores.size(); ++i) {
    REQUIRE(kernels::SelectKey(scores[i]) == (static_cast<uint32_t>(keys[i]) ^ 0x80000000U));
  }
}

/// A row of a cache: head 1 of 3 of the last of three requests.
struct TileCase {
  int64_t page_tokens = 16;
  int32_t block_tokens = 16;
  bool is_paged = true;
  int64_t length = 0;
};

constexpr int32_t kTileHeads = 3;
constexpr int64_t kTileRequest = 2;

std::vector<int32_t> PagesOf(const TileCase& tile_case) {
  const int64_t pages = kernels::BlocksOf(tile_case.length, tile_case.page_tokens) + 1;
  std::vector<int32_t> table(static_cast<size_t>((kTileRequest + 1) * pages));
  for (size_t i = 0; i < table.size(); ++i) {
    table[i] = static_cast<int32_t>(i * 7919 % 1009);
  }
  return table;
}

void CheckTiles(const TileCase& tile_case, const std::vector<int32_t>& blocks) {
  INFO("pages of " << tile_case.page_tokens << ", blocks of " << tile_case.block_tokens << ", "
                   << tile_case.length << " tokens");
  const std::vector<int32_t> table = PagesOf(tile_case);
  const auto stride = static_cast<int64_t>(table.size()) / (kTileRequest + 1);
  const int32_t head = 1;
  const BlockTiles of_row = {
      .table = {.page_table = tile_case.is_paged ? table.data() : nullptr,
                .table_stride = stride,
                .kv_heads = kTileHeads,
                .page_tiles = static_cast<int32_t>(tile_case.page_tokens / kTileTokens)},
      .request = kTileRequest,
      .head = head,
      .block_tokens = tile_case.block_tokens,
      .length = static_cast<int32_t>(tile_case.length)};
  const int64_t count = kernels::BlocksOf(tile_case.length, tile_case.block_tokens);
  REQUIRE(of_row.Blocks() == count);

  std::vector<int32_t> expected;  // token by token
  int64_t tokens = 0;
  for (const int32_t block : blocks) {
    for (int64_t i = 0; i < tile_case.block_tokens; ++i) {
      const int64_t token = int64_t{block} * tile_case.block_tokens + i;
      if (token >= tile_case.length) {
        continue;
      }
      ++tokens;
      const int64_t page =
          tile_case.is_paged
              ? table[static_cast<size_t>(kTileRequest * stride + token / tile_case.page_tokens)]
              : kTileRequest;
      const int64_t tile = (page * kTileHeads + head) * (tile_case.page_tokens / 16) +
                           token % tile_case.page_tokens / 16;
      if (token % 16 == 0) {
        expected.push_back(static_cast<int32_t>(tile));
      }
      REQUIRE(expected.back() == tile);
    }
  }
  constexpr int32_t kEmpty = -7;
  std::vector<int32_t> tiles(expected.size() + 1, kEmpty);
  for (size_t i = blocks.size(); i-- > 0;) {
    of_row.Write(static_cast<int32_t>(i), blocks[i], tiles.data());
  }
  expected.push_back(kEmpty);
  CHECK(tiles == expected);
  const bool has_last = !blocks.empty() && blocks.back() == count - 1;
  CHECK(of_row.Tokens({.count = static_cast<int32_t>(blocks.size()), .has_last = has_last}) ==
        tokens);
}

TEST_CASE("tiles of blocks are those of their tokens, the last block cut by the length") {
  for (const int64_t page_tokens : {16, 32, 128}) {
    for (const int32_t block_tokens : {16, 32, 64, 128}) {
      for (const int64_t length : {1, 15, 16, 17, 127, 128, 129, 1000, 1024, 1041}) {
        const TileCase tile_case = {page_tokens, block_tokens, true, length};
        const auto count =
            static_cast<int32_t>(kernels::BlocksOf(tile_case.length, tile_case.block_tokens));
        std::vector<int32_t> all(static_cast<size_t>(count));
        std::vector<int32_t> some;
        for (int32_t block = 0; block < count; ++block) {
          all[static_cast<size_t>(block)] = block;
          if (block % 3 == 1) {
            some.push_back(block);
          }
        }
        CheckTiles(tile_case, all);
        CheckTiles(tile_case, some);
        CheckTiles(tile_case, {count - 1});
        CheckTiles(tile_case, {});
      }
    }
  }
}

TEST_CASE("tiles of blocks in a contiguous cache lie in the request's one page") {
  for (const int32_t block_tokens : {16, 32, 64, 128}) {
    for (const int64_t length : {1, 16, 1000, 1024, 1041}) {
      const TileCase tile_case = {1152, block_tokens, false, length};
      const auto count = static_cast<int32_t>(kernels::BlocksOf(length, block_tokens));
      CheckTiles(tile_case, {0});
      CheckTiles(tile_case, {count - 1});
      CheckTiles(tile_case, {count / 2});
    }
  }
}

TEST_CASE("a request without tokens has no blocks, tiles or tokens") {
  CheckTiles({.page_tokens = 32, .block_tokens = 64, .is_paged = true, .length = 0}, {});
}

TEST_CASE("selection and tiles together list a row's tokens, short last block and all") {
  // Blocks of 32: 0 to 6 and 4 tokens of block 7.
  const std::vector<float> scores = {1, 9, 2, 8, 3, 7, 4, 0};
  const BlockTiles of_row = {
      .table = {.page_table = nullptr, .table_stride = 0, .kv_heads = 1, .page_tiles = 16},
      .request = 1,
      .head = 0,
      .block_tokens = 32,
      .length = 228};
  std::vector<int32_t> tiles(8, -7);
  kernels::SelectState state;
  const SelectResult result = kernels::SelectTop<HostBlock<true>>(
      {.scores = scores.data(),
       .count = of_row.Blocks(),
       .top = 2,
       .with_first = true,
       .with_last = true},
      state, [&](int32_t position, int32_t block) { of_row.Write(position, block, tiles.data()); });
  CHECK(tiles == std::vector<int32_t>{16, 17, 18, 19, 22, 23, 30, -7});
  CHECK(of_row.Tokens(result) == 3 * 32 + 4);
}

template <int dim>
void CheckScores() {
  using Layout = kernels::ScoreLayout<dim>;
  using Warp = kernels::HostWarp<kernels::DataType::kF16>;
  Draws draws(SplitMix64{dim});
  std::vector<float> query(dim);
  std::vector<float> pooled(Layout::kRows * dim);
  const auto whole = [&] { return static_cast<float>(std::round(4 * draws.Normal())); };
  std::generate(query.begin(), query.end(), whole);
  std::generate(pooled.begin(), pooled.end(), whole);

  const auto element = [](int row, int i) {
    return static_cast<size_t>(row) * dim + static_cast<size_t>(i);
  };
  Warp::Float shares[Layout::kLoads];
  for (int load = 0; load < Layout::kLoads; ++load) {
    for (int lane = 0; lane < kernels::kWarpLanes; ++lane) {
      float share = 0;
      for (int i = 8 * Layout::Chunk(lane); i < 8 * Layout::Chunk(lane) + 8; ++i) {
        share += query[static_cast<size_t>(i)] * pooled[element(Layout::Row(lane, load), i)];
      }
      shares[load][lane] = share;
    }
  }
  const Warp::Float sums = Layout::template Sum<Warp>(shares);
  std::vector<int> times(Layout::kRows, 0);
  for (int lane = 0; lane < kernels::kWarpLanes; ++lane) {
    const int row = Layout::ScoredRow(lane);
    float expected = 0;
    for (int i = 0; i < dim; ++i) {
      expected += query[static_cast<size_t>(i)] * pooled[element(row, i)];
    }
    CHECK(sums[lane] == expected);  // whole numbers, which add up without error
    times[static_cast<size_t>(row)] += Layout::IsFirstCopy(lane) ? 1 : 0;
  }
  CHECK(times == std::vector<int>(Layout::kRows, 1));
}

TEST_CASE("the lanes of a warp end up with the score of every row that they load") {
  CheckScores<64>();
  CheckScores<128>();
}

TEST_CASE("a warp loads rows without gaps, 512 bytes at a time") {
  for (int lane = 0; lane < kernels::kWarpLanes; ++lane) {
    for (int load = 0; load < 8; ++load) {
      using Wide = kernels::ScoreLayout<128>;
      using Narrow = kernels::ScoreLayout<64>;
      CHECK(Wide::Row(lane, load) * 16 + Wide::Chunk(lane) == load * 32 + lane);
      CHECK(Narrow::Row(lane, load) * 8 + Narrow::Chunk(lane) == load * 32 + lane);
    }
  }
}

}  // namespace
}  // namespace kinetics
