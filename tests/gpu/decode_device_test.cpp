// Decode attention on the device, against the reference on the same stored values. Memory beyond
// a request's length is NaN, and so is the output before each run.
#include <algorithm>

#include "kernels/cuda/device/graph.h"
#include "kernels/reference.h"
#include "tests/gpu/device_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::DataType;
using test::Cache;
using test::DeviceAttention;

constexpr DataType kDeviceTypes[] = {DataType::kF16, DataType::kBf16};

/// `resident_blocks`, `block_warps`: see DeviceAttention.
void CheckDeviceDecode(Cache cache, int64_t resident_blocks = 0, int block_warps = 0) {
  const kernels::KvCache& of = cache.problem.cache;
  INFO((of.type == DataType::kF16 ? "f16" : "bf16")
       << ", head size " << of.head_dim << ", group " << cache.problem.group << ", pages of "
       << of.page_tokens << ", window " << cache.problem.window);
  const DeviceAttention attention(cache, resident_blocks, block_warps);
  const std::vector<float> output = attention.Run();
  const std::vector<double> expected = kernels::ReferenceDecode(cache.problem);
  REQUIRE(output.size() == expected.size());
  CHECK(test::WorstError(output, expected, of.head_dim) < test::DecodeTolerance(of.type));
}

/// Makes all queries of head g of a group g + 1 in their first element, and keys `score(token,
/// length)` there, all else being 0: so that scores are their products, exactly.
template <typename Score>
void SetKeyScores(Cache& cache, Score score) {
  const kernels::KvCache& of = cache.problem.cache;
  const auto dim = static_cast<size_t>(of.head_dim);
  for (size_t i = 0; i < cache.queries.size(); ++i) {
    const size_t head = i / dim % static_cast<size_t>(cache.problem.group);
    cache.queries[i] = i % dim == 0 ? static_cast<float>(head + 1) : 0;
  }
  for (int64_t request = 0; request < cache.problem.requests; ++request) {
    const int64_t length = cache.problem.lengths[request];
    for (int64_t head = 0; head < of.kv_heads; ++head) {
      for (int64_t token = 0; token < length; ++token) {
        const auto first = static_cast<size_t>(test::PlaceOf(of, request, head, token)) * dim;
        for (size_t i = 0; i < dim; ++i) {
          kernels::StoreElement(cache.keys.data(), first + i, of.type,
                                i == 0 ? static_cast<float>(score(token, length)) : 0);
        }
      }
    }
  }
  cache.problem.scale = 1;
}

TEST_CASE("a device attends as the reference for every type, head size and length", "[small]") {
  for (const DataType type : kDeviceTypes) {
    for (const int head_dim : {64, 128}) {
      CheckDeviceDecode(Cache({.type = type, .head_dim = head_dim, .group = 3},
                              {0, 1, 2, 15, 16, 17, 31, 33, 100, 500}, 1));
    }
  }
}

TEST_CASE("a device attends as the reference for groups of 1 to 16", "[small]") {
  for (const DataType type : kDeviceTypes) {
    for (const int head_dim : {64, 128}) {
      for (int group = 1; group <= 16; ++group) {
        CheckDeviceDecode(Cache({.type = type, .head_dim = head_dim, .group = group}, {77, 5}, 2));
      }
    }
  }
}

TEST_CASE("a device finds tokens in pages of 16, 32 and 128, and without pages", "[small]") {
  const std::vector<int64_t> lengths = {1008, 129, 0, 17, 128};
  for (const int64_t page_tokens : {16, 32, 128}) {
    CheckDeviceDecode(Cache({.kv_heads = 3, .page_tokens = page_tokens, .group = 2}, lengths, 3));
  }
  CheckDeviceDecode(Cache({.kv_heads = 3, .is_paged = false, .group = 2}, lengths, 3));
  CheckDeviceDecode(
      Cache({.kv_heads = 3, .head_dim = 64, .is_paged = false, .group = 2}, lengths, 3));
}

TEST_CASE("a device attends to a window that begins within a tile", "[small]") {
  for (const int64_t window : {1, 15, 16, 17, 100, 499, 500, 1000}) {
    Cache cache({.group = 2}, {500, 16, 3, 0}, 4);
    cache.problem.window = window;
    CheckDeviceDecode(std::move(cache));
  }
}

TEST_CASE("a device puts a context together that blocks share", "[small]") {
  for (const int group : {1, 4, 16}) {
    CheckDeviceDecode(Cache({.kv_heads = 1, .group = group}, {3000}, 5), 7);
    CheckDeviceDecode(Cache({.head_dim = 64, .group = group}, {2000, 0, 1, 700}, 6), 100);
  }
  Cache cache({.group = 2}, {3000, 10, 2500}, 7);
  cache.problem.window = 2222;
  CheckDeviceDecode(std::move(cache), 50);
}

TEST_CASE("a device splits one long context over all of itself") {
  for (const DataType type : kDeviceTypes) {
    for (const int head_dim : {64, 128}) {
      CheckDeviceDecode(
          Cache({.type = type, .kv_heads = 1, .head_dim = head_dim, .group = 4}, {20000}, 8));
    }
  }
}

TEST_CASE("a device splits several long contexts among short ones") {
  const std::vector<int64_t> lengths = {20000, 0, 1, 5000, 300, 12345};
  CheckDeviceDecode(Cache({.group = 2}, lengths, 9));
  CheckDeviceDecode(Cache({.page_tokens = 128, .group = 16}, lengths, 10), 1000);
  Cache cache({.group = 5}, lengths, 11);
  cache.problem.window = 9999;
  CheckDeviceDecode(std::move(cache));
}

TEST_CASE("a device attends to more requests than run at once") {
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < 1500; ++i) {
    lengths.push_back(i * 37 % 200);
  }
  CheckDeviceDecode(Cache({.head_dim = 64, .group = 2}, lengths, 12));
}

TEST_CASE("a device's warps and blocks ask for units until there are none left") {
  const kernels::AttendBlocks blocks = kernels::ResidentAttendBlocks(DataType::kF16, 64, 2);
  // Three units of each warp or block follow from its number: more are asked for from the fourth
  // on.
  for (const auto& [rows, tokens] :
       {std::pair<int64_t, int64_t>{5 * blocks.count * blocks.warps, 40},
        std::pair<int64_t, int64_t>{5 * blocks.count + 1, 400}}) {
    const std::vector<int64_t> lengths(static_cast<size_t>(rows / 2 + 1), tokens);
    Cache cache({.head_dim = 64, .group = 2}, lengths, 21);
    const DeviceAttention attention(cache);
    REQUIRE(attention.Rows() > rows);
    const std::vector<float> output = attention.Run();
    CHECK(test::WorstError(output, kernels::ReferenceDecode(cache.problem), 64) <
          test::DecodeTolerance(DataType::kF16));
    CHECK((attention.Run() == output));
  }
}

TEST_CASE("teams of four warps share a device's blocks", "[small]") {
  for (const int group : {1, 8, 16}) {
    for (const std::vector<int64_t>& lengths :
         {std::vector<int64_t>{3000}, {700, 0, 1, 17, 2000, 33, 1500, 900, 64}}) {
      CheckDeviceDecode(Cache({.group = group}, lengths, 22), 3, 4);
    }
  }
}

TEST_CASE("a device holds scores of hundreds, where one weight is all", "[small]") {
  for (const DataType type : kDeviceTypes) {
    CheckDeviceDecode(Cache({.type = type, .group = 4, .spread = 12}, {700, 3}, 13));
    CheckDeviceDecode(Cache({.type = type, .group = 4, .spread = 12}, {1500, 3}, 14), 20);
  }
}

TEST_CASE("a device follows maxima that rise, fall, or stand alone", "[small]") {
  for (const DataType type : kDeviceTypes) {
    for (const int64_t resident_blocks : {1, 30}) {
      Cache cache({.type = type, .group = 3}, {500, 17, 999}, 15);
      SetKeyScores(cache, [](int64_t token, int64_t) { return token; });
      CheckDeviceDecode(std::move(cache), resident_blocks);
      cache = Cache({.type = type, .group = 3}, {500, 17, 999}, 16);
      SetKeyScores(cache, [](int64_t token, int64_t length) { return length - token; });
      CheckDeviceDecode(std::move(cache), resident_blocks);
      cache = Cache({.type = type, .group = 3}, {500, 17, 999}, 17);
      SetKeyScores(
          cache, [](int64_t token, int64_t length) { return token == length / 3 ? 1000 : -1000; });
      CheckDeviceDecode(std::move(cache), resident_blocks);
    }
  }
}

TEST_CASE("a device averages values whose scores are all the same", "[small]") {
  for (const DataType type : kDeviceTypes) {
    for (const int64_t score : {0, -200, 300}) {
      Cache cache({.type = type, .group = 2}, {1, 16, 500, 1000}, 18);
      SetKeyScores(cache, [&](int64_t, int64_t) { return score; });
      CheckDeviceDecode(std::move(cache), 20);
    }
  }
}

TEST_CASE("a device gives the same output in every run", "[small]") {
  for (const DataType type : kDeviceTypes) {
    Cache cache({.type = type, .group = 4}, {3000, 0, 40}, 19);
    const DeviceAttention attention(cache, 100);
    const std::vector<float> first = attention.Run();
    for (int i = 0; i < 3; ++i) {
      CHECK((attention.Run() == first));
    }
  }
}

TEST_CASE("a graph of launches attends as a launch does") {
  Cache cache({.group = 4}, {3000, 0, 40}, 20);
  const DeviceAttention attention(cache, 100);
  const std::vector<float> expected = attention.Run();
  attention.PoisonResults();
  test::AwaitDevice();
  const kernels::Stream stream = kernels::MakeStream();
  const kernels::Graph graph = kernels::Capture(stream.get(), [&] {
    for (int i = 0; i < 3; ++i) {
      attention.Launch(stream.get());
    }
  });
  for (int i = 0; i < 2; ++i) {
    kernels::CheckCuda(cudaGraphLaunch(graph.get(), stream.get()), "launch a graph");
  }
  CHECK((attention.Output() == expected));
}

}  // namespace
}  // namespace kinetics
