// Oracle top-k on the device. Queries and keys are whole numbers: scores are exact.
#include <algorithm>

#include "kernels/bench/arena.h"
#include "kernels/cuda/device/select.h"
#include "kernels/reference.h"
#include "tests/gpu/device_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::DataType;
using kernels::DeviceBuffer;
using test::Cache;

/// Makes queries and keys whole numbers.
void MakeWhole(Cache& cache, uint64_t seed) {
  kernels::Noise noise(seed);
  const auto whole = [&] { return test::WholeNumber(noise); };
  std::generate(cache.queries.begin(), cache.queries.end(), whole);
  const kernels::KvCache& of = cache.problem.cache;
  const auto dim = static_cast<size_t>(of.head_dim);
  for (int64_t request = 0; request < cache.problem.requests; ++request) {
    for (int64_t head = 0; head < of.kv_heads; ++head) {
      for (int64_t token = 0; token < cache.problem.lengths[request]; ++token) {
        const auto first = static_cast<size_t>(test::PlaceOf(of, request, head, token)) * dim;
        for (size_t i = first; i < first + dim; ++i) {
          kernels::StoreElement(cache.keys.data(), i, of.type, whole());
        }
      }
    }
  }
  cache.problem.scale = 0.01F;
}

/// The choice of a launch with the memory that it needs.
struct TokenChoice {
  TokenChoice(const Cache& cache, const kernels::DeviceDecode& decode, int64_t top) {
    const int64_t longest = *std::max_element(cache.lengths.begin(), cache.lengths.end());
    const int64_t rows = cache.problem.requests * cache.problem.cache.kv_heads;
    stride = static_cast<size_t>(std::max<int64_t>(1, std::min(top, longest)));
    scores = test::PoisonedBytes(static_cast<size_t>(rows * longest) * sizeof(float));
    places = test::PoisonedBytes(static_cast<size_t>(rows) * stride * sizeof(int32_t));
    chosen = test::PoisonedBytes(static_cast<size_t>(rows) * stride * sizeof(int32_t));
    counts = test::PoisonedBytes(static_cast<size_t>(rows) * sizeof(int64_t));
    const kernels::TokenSelectLaunch launch = {.queries = decode.queries,
                                               .keys = decode.keys,
                                               .lengths = decode.lengths,
                                               .table = decode.table,
                                               .requests = cache.problem.requests,
                                               .group = cache.problem.group,
                                               .head_dim = cache.problem.cache.head_dim,
                                               .most_tokens = longest,
                                               .top = top,
                                               .scores = scores.Data<float>(),
                                               .tokens = places.Data<int32_t>(),
                                               .tokens_stride = static_cast<int64_t>(stride),
                                               .row_tokens = counts.Data<int64_t>(),
                                               .chosen = chosen.Data<int32_t>()};
    kernels::LaunchTokenSelect(launch, cache.problem.cache.type, nullptr);
  }

  size_t stride = 0;
  DeviceBuffer scores;
  DeviceBuffer places;
  DeviceBuffer chosen;
  DeviceBuffer counts;
};

void CheckTokenTopk(Cache cache, int64_t top) {
  MakeWhole(cache, 41);
  test::DeviceAttention attention(cache);
  const TokenChoice choice(cache, attention.Decode(), top);
  const auto rows = static_cast<size_t>(attention.Rows());
  const auto counts = test::FromDevice<int64_t>(choice.counts.Data(), rows);
  const auto chosen = test::FromDevice<int32_t>(choice.chosen.Data(), rows * choice.stride);
  const auto places = test::FromDevice<int32_t>(choice.places.Data(), rows * choice.stride);
  const kernels::KvCache& of = cache.problem.cache;
  INFO((of.type == DataType::kF16 ? "f16" : "bf16")
       << ", head size " << of.head_dim << ", group " << cache.problem.group << ", top " << top);
  kernels::TokenLists lists = {.offsets = {0}};
  test::RowLists found;
  for (size_t row = 0; row < rows; ++row) {
    const auto at = static_cast<int64_t>(row);
    const std::vector<double> exact = kernels::MeanScores(cache.problem, at);
    const std::vector<float> scores(exact.begin(), exact.end());
    const std::vector<int32_t> expected = kernels::ReferenceSelect(scores, top, false, false);
    REQUIRE(counts[row] == static_cast<int64_t>(expected.size()));
    const auto first = static_cast<std::ptrdiff_t>(row * choice.stride);
    const auto size = static_cast<std::ptrdiff_t>(expected.size());
    REQUIRE(std::equal(expected.begin(), expected.end(), chosen.begin() + first));
    found.emplace_back(places.begin() + first, places.begin() + first + size);
    for (size_t i = 0; i < expected.size(); ++i) {
      REQUIRE(found.back()[i] ==
              test::PlaceOf(of, at / of.kv_heads, at % of.kv_heads, expected[i]));
    }
    lists.tokens.insert(lists.tokens.end(), expected.begin(), expected.end());
    lists.offsets.push_back(static_cast<int64_t>(lists.tokens.size()));
  }
  attention.UseTokens(found);
  CHECK(test::WorstError(attention.Run(), kernels::ReferenceDecode(cache.problem, lists),
                         of.head_dim) < test::DecodeTolerance(of.type));
}

TEST_CASE("oracle top-k on a device attends to the best tokens", "[small]") {
  const std::vector<int64_t> lengths = {1008, 0, 1, 16, 17, 700};
  for (const DataType type : {DataType::kF16, DataType::kBf16}) {
    for (const int head_dim : {64, 128}) {
      for (const int64_t top : {1, 30, 5000}) {
        CheckTokenTopk(Cache({.type = type, .head_dim = head_dim, .group = 4}, lengths, 42), top);
      }
    }
  }
  CheckTokenTopk(Cache({.page_tokens = 128, .group = 16}, lengths, 43), 50);
  CheckTokenTopk(Cache({.is_paged = false, .group = 1}, lengths, 44), 50);
}

TEST_CASE("oracle top-k on a device scores contexts in several chunks") {
  CheckTokenTopk(Cache({.kv_heads = 1, .group = 2}, {20000, 2048, 2049, 5}, 45), 1024);
}

}  // namespace
}  // namespace kinetics
