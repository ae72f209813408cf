// Decode attention on the device over lists of tiles and of tokens.
#include <algorithm>

#include "kernels/bench/arena.h"
#include "kernels/reference.h"
#include "tests/gpu/device_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::DataType;
using kernels::Noise;
using kernels::TokenLists;
using test::Cache;
using test::DeviceAttention;
using test::PlaceOf;
using test::RowLists;

/// Calls use(request, head) for each row.
template <typename Use>
void ForCacheRows(const Cache& cache, Use use) {
  for (int64_t request = 0; request < cache.problem.requests; ++request) {
    for (int64_t head = 0; head < cache.problem.cache.kv_heads; ++head) {
      use(request, head);
    }
  }
}

void CheckOverLists(const Cache& cache, const TokenLists& lists, const DeviceAttention& attention) {
  const std::vector<double> expected = kernels::ReferenceDecode(cache.problem, lists);
  const kernels::KvCache& of = cache.problem.cache;
  INFO((of.type == DataType::kF16 ? "f16" : "bf16")
       << ", head size " << of.head_dim << ", group " << cache.problem.group);
  CHECK(test::WorstError(attention.Run(), expected, of.head_dim) < test::DecodeTolerance(of.type));
}

/// Attends to one of `sparsity` tiles of a context, by chance.
void CheckTileLists(Cache cache, uint64_t sparsity, int64_t resident_blocks = 0) {
  constexpr int64_t kTile = 16;
  Noise noise(21);
  DeviceAttention attention(cache, resident_blocks);
  TokenLists lists = {.offsets = {0}};
  RowLists tiles;
  std::vector<int64_t> row_tokens;
  ForCacheRows(cache, [&](int64_t request, int64_t head) {
    const int64_t length = cache.problem.lengths[request];
    tiles.emplace_back();
    for (int64_t first = 0; first < length; first += kTile) {
      if (noise.Below(sparsity) > 0) {
        continue;
      }
      tiles.back().push_back(
          static_cast<int32_t>(PlaceOf(cache.problem.cache, request, head, first) / kTile));
      for (int64_t token = first; token < std::min(first + kTile, length); ++token) {
        lists.tokens.push_back(static_cast<int32_t>(token));
      }
    }
    row_tokens.push_back(static_cast<int64_t>(lists.tokens.size()) - lists.offsets.back());
    lists.offsets.push_back(static_cast<int64_t>(lists.tokens.size()));
  });
  attention.UseTiles(tiles, row_tokens);
  CheckOverLists(cache, lists, attention);

  // Planned for more tiles than the rows have, as a selection on the device may leave.
  std::vector<kernels::RowTiles> most;
  ForCacheRows(cache, [&](int64_t request, int64_t) {
    most.push_back(kernels::TilesOf(cache.problem.lengths[request], 0));
  });
  attention.Plan(most);
  CheckOverLists(cache, lists, attention);
}

/// Attends to one of `sparsity` tokens of a context, by chance.
void CheckTokenLists(Cache cache, uint64_t sparsity, int64_t resident_blocks = 0) {
  Noise noise(22);
  DeviceAttention attention(cache, resident_blocks);
  TokenLists lists = {.offsets = {0}};
  RowLists places;
  ForCacheRows(cache, [&](int64_t request, int64_t head) {
    places.emplace_back();
    for (int64_t token = 0; token < cache.problem.lengths[request]; ++token) {
      if (noise.Below(sparsity) == 0) {
        lists.tokens.push_back(static_cast<int32_t>(token));
        places.back().push_back(
            static_cast<int32_t>(PlaceOf(cache.problem.cache, request, head, token)));
      }
    }
    lists.offsets.push_back(static_cast<int64_t>(lists.tokens.size()));
  });
  attention.UseTokens(places);
  CheckOverLists(cache, lists, attention);
}

/// Calls check(options, lengths) for caches of every type, head size and layout.
template <typename Check>
void ForListCaches(Check check) {
  const std::vector<int64_t> lengths = {1008, 0, 1, 16, 17, 250, 480};
  for (const DataType type : {DataType::kF16, DataType::kBf16}) {
    for (const int head_dim : {64, 128}) {
      for (const int64_t page_tokens : {16, 128}) {
        check(test::CacheOptions{.type = type,
                                 .head_dim = head_dim,
                                 .page_tokens = page_tokens,
                                 .group = page_tokens == 16 ? 3 : 12},
              lengths);
      }
    }
  }
  check(test::CacheOptions{.kv_heads = 3, .is_paged = false, .group = 2}, lengths);
}

TEST_CASE("a device attends to lists of tiles, the last one cut by the length", "[small]") {
  ForListCaches([](const test::CacheOptions& options, const std::vector<int64_t>& lengths) {
    for (const uint64_t sparsity : {1, 4, 100}) {
      CheckTileLists(Cache(options, lengths, 23), sparsity);
    }
  });
}

TEST_CASE("a device attends to lists of tokens", "[small]") {
  ForListCaches([](const test::CacheOptions& options, const std::vector<int64_t>& lengths) {
    for (const uint64_t sparsity : {1, 5, 300}) {
      CheckTokenLists(Cache(options, lengths, 24), sparsity);
    }
  });
}

TEST_CASE("a device splits long lists over blocks") {
  const std::vector<int64_t> lengths = {20000, 3, 4000};
  CheckTileLists(Cache({.group = 4}, lengths, 25), 2);
  CheckTileLists(Cache({.group = 4}, lengths, 26), 3, 11);
  CheckTokenLists(Cache({.group = 4}, lengths, 27), 2);
  CheckTokenLists(Cache({.group = 4}, lengths, 28), 3, 11);
}

}  // namespace
}  // namespace kinetics
