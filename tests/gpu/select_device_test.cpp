// Block top-k on the device. Queries and pooled keys are whole numbers, so that scores are exact
// in any order of summation and choices can be compared one by one, ties and all.
#include <algorithm>
#include <limits>
#include <numeric>

#include "kernels/bench/arena.h"
#include "kernels/reference.h"
#include "tests/gpu/device_fixture.h"
#include "tests/gpu/device_selection.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::BlocksOf;
using kernels::DataType;
using kernels::DeviceBuffer;
using kernels::Noise;
using test::DeviceSelection;
using test::OnDevice;
using test::RowChoice;
using test::WholeNumber;

struct BlockCase {
  DataType type = DataType::kF16;
  int kv_heads = 2;
  int head_dim = 128;
  int group = 1;
  int64_t page_tokens = 16;
  int64_t block_tokens = 16;
  bool is_paged = true;
  int64_t top = 4;
  bool with_first = false;
  bool with_last = false;
};

/// What a selection reads, on the host, and where it is to be found there.
struct BlockProblem {
  BlockProblem(const BlockCase& x, std::vector<int64_t> of_requests, uint64_t seed);

  std::vector<int64_t> lengths;
  std::vector<float> queries;
  std::vector<uint16_t> query_bits;
  std::vector<uint16_t> pooled;
  std::vector<int32_t> page_table;
  kernels::BlockTopkProblem problem;
};

/// The mean of a group's queries must be exact, with a factor of 1 / group that is rounded: a
/// group's size is a power of 2, or divides them and is one of those whose factor errs by little.
void FillQueries(const BlockCase& x, Noise& noise, std::vector<float>& queries) {
  const float factor = (x.group & (x.group - 1)) == 0 ? 1.0F : static_cast<float>(x.group);
  for (float& query : queries) {
    query = factor * WholeNumber(noise);
  }
}

BlockProblem::BlockProblem(const BlockCase& x, std::vector<int64_t> of_requests, uint64_t seed)
    : lengths(std::move(of_requests)) {
  Noise noise(seed);
  const auto requests = static_cast<int64_t>(lengths.size());
  const int64_t longest = *std::max_element(lengths.begin(), lengths.end());
  problem = {
      .decode = {.cache = {.type = x.type,
                           .kv_heads = x.kv_heads,
                           .head_dim = x.head_dim,
                           .page_tokens = x.is_paged ? x.page_tokens : BlocksOf(longest, 16) * 16},
                 .requests = requests,
                 .group = x.group},
      .block_tokens = x.block_tokens,
      .top = x.top,
      .with_first = x.with_first,
      .with_last = x.with_last,
      .pooled_type = x.type,
      .pooled_stride = BlocksOf(longest, x.block_tokens)};
  if (x.is_paged) {
    const int64_t pages = BlocksOf(longest, x.page_tokens) + 1;
    page_table.resize(static_cast<size_t>(requests * pages));
    std::iota(page_table.begin(), page_table.end(), 0);
    for (size_t i = page_table.size(); i > 1; --i) {
      std::swap(page_table[i - 1], page_table[noise.Below(i)]);
    }
    problem.decode.cache.page_table = page_table.data();
    problem.decode.cache.table_stride = pages;
  }
  const auto row_size = static_cast<size_t>(x.head_dim);
  const auto rows = static_cast<size_t>(requests * x.kv_heads);
  queries.resize(rows * static_cast<size_t>(x.group) * row_size);
  FillQueries(x, noise, queries);
  query_bits = test::RoundedBits(queries, x.type);

  // Blocks that a request does not have are NaN.
  const auto stride = static_cast<size_t>(problem.pooled_stride);
  std::vector<float> keys(rows * stride * row_size, std::numeric_limits<float>::quiet_NaN());
  for (size_t row = 0; row < rows; ++row) {
    const int64_t length = lengths[row / static_cast<size_t>(x.kv_heads)];
    const auto size = static_cast<size_t>(BlocksOf(length, x.block_tokens)) * row_size;
    std::generate_n(keys.begin() + static_cast<std::ptrdiff_t>(row * stride * row_size), size,
                    [&] { return WholeNumber(noise); });
  }
  pooled = test::RoundedBits(keys, x.type);
  problem.decode.queries = queries.data();
  problem.decode.lengths = lengths.data();
  problem.pooled = pooled.data();
}

/// By the reference, block by block and tile by tile.
RowChoice ExpectedChoice(const kernels::BlockTopkProblem& problem, int64_t row) {
  const kernels::KvCache& cache = problem.decode.cache;
  const int64_t request = row / cache.kv_heads;
  const int64_t head = row % cache.kv_heads;
  const std::vector<double> exact =
      kernels::ReferenceBlockScores(problem, request, static_cast<int>(head));
  const std::vector<float> scores(exact.begin(), exact.end());
  RowChoice choice = {.blocks = kernels::ReferenceSelect(scores, problem.top, problem.with_first,
                                                         problem.with_last)};
  for (const int32_t block : choice.blocks) {
    const int64_t begin = block * problem.block_tokens;
    const int64_t end = std::min(begin + problem.block_tokens, problem.decode.lengths[request]);
    choice.tokens += end - begin;
    for (int64_t token = begin; token < end; token += 16) {
      choice.tiles.push_back(static_cast<int32_t>(test::PlaceOf(cache, request, head, token) / 16));
    }
  }
  return choice;
}

void CheckBlockCase(const BlockCase& x, const std::vector<int64_t>& lengths) {
  const BlockProblem host(x, lengths, 31);
  const DeviceBuffer queries = OnDevice(host.query_bits);
  const DeviceBuffer device_lengths = OnDevice(host.lengths);
  const DeviceBuffer page_table = OnDevice(host.page_table);
  DeviceSelection selection(host.problem, host.pooled);
  const std::vector<RowChoice> choices =
      selection.Run(queries.Data(), device_lengths.Data<int64_t>(), page_table.Data<int32_t>());
  INFO((x.type == DataType::kF16 ? "f16" : "bf16")
       << ", head size " << x.head_dim << ", group " << x.group << ", pages of " << x.page_tokens
       << ", blocks of " << x.block_tokens << ", top " << x.top << ", first " << x.with_first
       << ", last " << x.with_last);
  for (size_t row = 0; row < choices.size(); ++row) {
    const RowChoice expected = ExpectedChoice(host.problem, static_cast<int64_t>(row));
    INFO("row " << row);
    REQUIRE((choices[row].blocks == expected.blocks));
    REQUIRE((choices[row].tiles == expected.tiles));
    REQUIRE(choices[row].tokens == expected.tokens);
  }
}

const std::vector<int64_t>& MixedLengths() {
  static const std::vector<int64_t> lengths = {1040, 0, 1, 16, 17, 1000, 333, 128};
  return lengths;
}

TEST_CASE("a device chooses the reference's blocks for every type, head size and group",
          "[small]") {
  for (const DataType type : {DataType::kF16, DataType::kBf16}) {
    for (const int head_dim : {64, 128}) {
      for (const int group : {1, 2, 3, 4, 5, 6, 8, 9, 12, 16}) {
        CheckBlockCase({.type = type, .head_dim = head_dim, .group = group, .top = 9},
                       MixedLengths());
      }
    }
  }
}

TEST_CASE("a device chooses as many blocks as are wanted, with the first and the last", "[small]") {
  for (const int64_t top : {0, 1, 2, 16, 64, 65, 66, 100'000}) {
    for (int ends = 0; ends < 4; ++ends) {
      CheckBlockCase({.top = top, .with_first = ends % 2 != 0, .with_last = ends / 2 != 0},
                     MixedLengths());
    }
  }
}

TEST_CASE("a device finds the tiles of chosen blocks in pages of any size", "[small]") {
  for (const int64_t page_tokens : {16, 32, 128}) {
    for (const int64_t block_tokens : {16, 32, 64, 128}) {
      CheckBlockCase({.kv_heads = 3,
                      .page_tokens = page_tokens,
                      .block_tokens = block_tokens,
                      .top = 3,
                      .with_last = true},
                     MixedLengths());
    }
  }
  for (const int64_t block_tokens : {16, 32, 64, 128}) {
    CheckBlockCase({.kv_heads = 3, .block_tokens = block_tokens, .is_paged = false, .top = 3},
                   MixedLengths());
  }
}

TEST_CASE("a device chooses in more rows than run at once") {
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < 700; ++i) {
    lengths.push_back(i * 37 % 1500);
  }
  CheckBlockCase({.kv_heads = 8, .head_dim = 64, .group = 2, .top = 8, .with_first = true},
                 lengths);
}

TEST_CASE("a device chooses among 8,192 blocks") {
  for (const int head_dim : {64, 128}) {
    for (const int64_t top : {1, 64, 1024, 8191, 8192}) {
      CheckBlockCase({.head_dim = head_dim, .group = 4, .top = top, .with_last = true},
                     {131'072, 131'057, 70'000});
    }
  }
}

}  // namespace
}  // namespace kinetics
