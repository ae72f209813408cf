// Every implementation against the double-precision reference, on the same stored values.
#include "kernels/cpu/attention.h"

#include <cmath>
#include <numeric>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/table.h"
#include "kernels/reference.h"
#include "tests/kernels/cache.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::CpuAttention;
using kernels::DataType;
using kernels::Isa;
using kernels::Team;
using test::Cache;
using test::CacheOptions;

constexpr double kTolerance = 1e-5;

std::vector<float> OutputOf(const Cache& cache) { return std::vector<float>(cache.queries.size()); }

/// Decodes with every instruction set, and compares.
void CheckDecode(const Cache& cache, int threads) {
  const std::vector<double> expected = kernels::ReferenceDecode(cache.problem);
  Team team(threads);
  for (const Isa isa : test::SupportedIsas()) {
    std::vector<float> output = OutputOf(cache);
    CpuAttention(isa, team).Decode(cache.problem, output.data());
    INFO(kernels::NameOf(isa) << ", group " << cache.problem.group << ", threads " << threads);
    CHECK(test::WorstError(output, expected, cache.problem.cache.head_dim) < kTolerance);
  }
}

TEST_CASE("decode attention is the reference's for every type, head size and length") {
  for (const DataType type : {DataType::kF32, DataType::kF16, DataType::kBf16}) {
    for (const int head_dim : {64, 128, 256}) {
      for (const bool is_paged : {true, false}) {
        const CacheOptions options = {
            .type = type, .head_dim = head_dim, .is_paged = is_paged, .group = 3};
        CheckDecode(Cache(options, {0, 1, 2, 15, 16, 17, 31, 33, 100, 500}, 1), 1);
      }
    }
  }
}

TEST_CASE("decode attention is the reference's for groups of 1 to 16") {
  for (int group = 1; group <= 16; ++group) {
    CheckDecode(Cache({.group = group}, {77, 5}, 2), 1);
  }
}

TEST_CASE("heads that go together are the reference's for every type and head size") {
  for (const DataType type : {DataType::kF32, DataType::kF16, DataType::kBf16}) {
    for (const int head_dim : {64, 128, 256}) {
      for (const int group : {4, 8, 15}) {
        const CacheOptions options = {.type = type, .head_dim = head_dim, .group = group};
        CheckDecode(Cache(options, {0, 1, 2, 3, 31, 32, 33, 95, 1100}, 14), 1);
      }
    }
  }
}

TEST_CASE("keys whose scores are all minus infinity weigh nothing") {
  Cache cache({.type = DataType::kF32, .kv_heads = 1, .is_paged = false, .group = 7}, {70}, 15);
  constexpr size_t kDim = 128;
  for (size_t g = 0; g < 7; ++g) {
    cache.queries[g * kDim] = 1;  // so that they are the same for all heads
  }
  // The first tile and a half: exp(-inf) = 0, so that the rest is attended to as if alone.
  const kernels::TokenLists rest = {.offsets = {0, 22},
                                    .tokens = {48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58,
                                               59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69}};
  auto* keys = reinterpret_cast<float*>(cache.keys.data());
  for (size_t t = 0; t < 48; ++t) {
    keys[t * kDim] = -INFINITY;
  }
  const std::vector<double> expected = kernels::ReferenceDecode(cache.problem, rest);
  Team team(1);
  for (const Isa isa : test::SupportedIsas()) {
    std::vector<float> output = OutputOf(cache);
    CpuAttention(isa, team).Decode(cache.problem, output.data());
    INFO(kernels::NameOf(isa));
    CHECK(test::WorstError(output, expected, 128) < kTolerance);
  }
}

TEST_CASE("every number of two bytes is read as it is") {
  constexpr size_t kDim = 128;
  const std::vector<uint16_t> key(kDim);
  const std::vector<float> query(kDim);
  for (const DataType type : {DataType::kF16, DataType::kBf16}) {
    for (const Isa isa : test::SupportedIsas()) {
      INFO(kernels::NameOf(isa));
      const kernels::AttendKernel attend =
          kernels::KernelsOf(isa).attend[static_cast<int>(type)][1];
      for (uint32_t first = 0; first < 0x10000; first += kDim) {
        std::vector<uint16_t> value(kDim);
        std::iota(value.begin(), value.end(), static_cast<uint16_t>(first));
        const auto* keys = reinterpret_cast<const char*>(key.data());
        const auto* values = reinterpret_cast<const char*>(value.data());
        float most = -INFINITY;
        float sum = 0;
        std::vector<float> output(kDim);
        attend({.keys = &keys, .values = &values, .rows = 1}, query.data(), 1,
               {.most = &most, .sum = &sum, .output = output.data()});
        for (size_t i = 0; i < kDim; ++i) {
          // The weight of a context's only token is 1.
          const float expected = kernels::LoadElement(value.data(), i, type);
          REQUIRE((std::isnan(expected) ? std::isnan(output[i]) : output[i] == expected));
        }
      }
    }
  }
}

TEST_CASE("a context that is split over threads is put together again") {
  CheckDecode(Cache({.kv_heads = 1, .group = 4}, {5000}, 3), 2);
  CheckDecode(Cache({.kv_heads = 2, .group = 1}, {3000, 0, 1, 700}, 4), 3);
}

TEST_CASE("pages of any size hold a context") {
  for (const int64_t page_tokens : {1, 3, 16, 64, 1000}) {
    CheckDecode(Cache({.page_tokens = page_tokens, .group = 2}, {130, 64, 0}, 5), 1);
  }
}

TEST_CASE("a window attends to the last tokens") {
  for (const int64_t window : {1, 16, 37, 1000}) {
    Cache cache({.group = 2}, {100, 20, 0}, 6);
    cache.problem.window = window;
    CheckDecode(cache, 1);
  }
}

TEST_CASE("scores that are large, or all the same, are weighed exactly") {
  CheckDecode(Cache({.type = DataType::kF32, .group = 5, .spread = 30}, {200, 40}, 7), 1);
  Cache same({.group = 5, .spread = 0}, {200, 40}, 8);
  CheckDecode(same, 1);
  Cache negative({.type = DataType::kF32, .group = 2}, {64}, 9);
  negative.problem.scale = -1e4F;
  CheckDecode(negative, 1);
}

TEST_CASE("listed tokens alone are attended to") {
  const Cache cache({.group = 4}, {50, 20}, 10);
  // Rows: request 0, heads 0 and 1; request 1, heads 0 and 1.
  const kernels::TokenLists lists = {.offsets = {0, 3, 3, 4, 24},
                                     .tokens = {0, 17, 49, 19, 0,  1,  2,  3,  4,  5,  6,  7,
                                                8, 9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19}};
  const std::vector<double> expected = kernels::ReferenceDecode(cache.problem, lists);
  Team team(1);
  for (const Isa isa : test::SupportedIsas()) {
    std::vector<float> output = OutputOf(cache);
    CpuAttention(isa, team).Decode(cache.problem, lists, output.data());
    CHECK(test::WorstError(output, expected, 128) < kTolerance);
  }
}

TEST_CASE("block top-k attends to the blocks that the reference chooses") {
  for (const DataType type : {DataType::kF16, DataType::kF32}) {
    for (const bool with_ends : {false, true}) {
      const Cache cache({.group = 4}, {1000, 160, 17, 16, 1, 0}, 11);
      const test::PooledKeys pooled(cache, 16, type);
      kernels::BlockTopkProblem problem = pooled.Problem(cache, 7);
      problem.with_first = problem.with_last = with_ends;
      kernels::BlockLists expected = {.block_tokens = 16, .offsets = {0}};
      for (int64_t r = 0; r < cache.problem.requests; ++r) {
        for (int h = 0; h < 2; ++h) {
          const std::vector<double> scores = kernels::ReferenceBlockScores(problem, r, h);
          const std::vector<int32_t> chosen = kernels::ReferenceSelect(
              std::vector<float>(scores.begin(), scores.end()), 7, with_ends, with_ends);
          expected.blocks.insert(expected.blocks.end(), chosen.begin(), chosen.end());
          expected.offsets.push_back(static_cast<int64_t>(expected.blocks.size()));
        }
      }
      const std::vector<double> output_expected =
          kernels::ReferenceDecode(cache.problem, kernels::TokensOf(expected, cache.problem));
      for (const int threads : {1, 2}) {
        Team team(threads);
        for (const Isa isa : test::SupportedIsas()) {
          std::vector<float> output = OutputOf(cache);
          kernels::BlockLists chosen;
          CpuAttention(isa, team).BlockTopk(problem, output.data(), &chosen);
          INFO(kernels::NameOf(isa));
          CHECK(chosen.offsets == expected.offsets);
          CHECK(chosen.blocks == expected.blocks);
          CHECK(test::WorstError(output, output_expected, 128) < kTolerance);
        }
      }
    }
  }
}

TEST_CASE("block top-k over all blocks is dense attention") {
  const Cache cache({.group = 2}, {300, 33}, 12);
  const test::PooledKeys pooled(cache, 16, DataType::kF16);
  const std::vector<double> expected = kernels::ReferenceDecode(cache.problem);
  Team team(1);
  for (const Isa isa : test::SupportedIsas()) {
    std::vector<float> output = OutputOf(cache);
    CpuAttention(isa, team).BlockTopk(pooled.Problem(cache, 1000), output.data());
    CHECK(test::WorstError(output, expected, 128) < kTolerance);
  }
}

TEST_CASE("oracle top-k attends to the tokens with the largest mean scores") {
  const Cache cache({.kv_heads = 1, .page_tokens = 3, .group = 2}, {200, 4, 0}, 13);
  Team team(2);
  for (const Isa isa : test::SupportedIsas()) {
    std::vector<float> output = OutputOf(cache);
    kernels::TokenLists chosen;
    CpuAttention(isa, team).TokenTopk(cache.problem, 9, output.data(), &chosen);
    REQUIRE(chosen.offsets == std::vector<int64_t>{0, 9, 13, 13});
    CHECK(test::WorstError(output, kernels::ReferenceDecode(cache.problem, chosen), 128) <
          kTolerance);
    // Blocks of one token, whose pooled key is the key itself, score the same.
    const test::PooledKeys keys(cache, 1, DataType::kF16);
    const std::vector<double> scores = kernels::ReferenceBlockScores(keys.Problem(cache, 9), 0, 0);
    const std::vector<int32_t> expected =
        kernels::ReferenceSelect(std::vector<float>(scores.begin(), scores.end()), 9, false, false);
    CHECK(std::vector<int32_t>(chosen.tokens.begin(), chosen.tokens.begin() + 9) == expected);
  }
}

TEST_CASE("a shape without a kernel is refused") {
  Team team(1);
  CpuAttention attention(Isa::kPortable, team);
  float output = 0;
  CHECK_THROWS_WITH(attention.Decode({.cache = {.head_dim = 80}}, &output),
                    "head size 80: expected 64, 128 or 256");
  CHECK_THROWS_WITH(attention.Decode({.group = 17}, &output), "group 17: expected 1 to 16");
}

}  // namespace
}  // namespace kinetics
