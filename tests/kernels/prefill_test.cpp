// Every implementation against the double-precision reference, on the same stored values.
#include "kernels/cpu/prefill.h"

#include <numeric>

#include "kernels/reference.h"
#include "kinetics/core/draws.h"
#include "tests/kernels/cache.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::DataType;
using kernels::Team;
using test::Cache;
using test::CacheOptions;

/// A prompt with its memory: a cache, and random queries of all its tokens.
struct Prompt {
  Prompt(const CacheOptions& options, const std::vector<int64_t>& lengths, uint64_t seed)
      : cache(options, lengths, seed) {
    const kernels::KvCache& of = cache.problem.cache;
    const int64_t tokens = std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
    queries.resize(static_cast<size_t>(tokens * of.kv_heads * options.group * of.head_dim));
    Draws draws(SplitMix64{seed + 1000});
    for (float& query : queries) {
      query = static_cast<float>(options.spread * draws.Normal());
    }
    problem = {.cache = of,
               .requests = cache.problem.requests,
               .group = options.group,
               .queries = queries.data(),
               .lengths = cache.lengths.data(),
               .scale = cache.problem.scale};
  }

  Cache cache;
  std::vector<float> queries;
  kernels::PrefillProblem problem;
};

void CheckPrefill(const Prompt& prompt, int threads) {
  const std::vector<double> expected = kernels::ReferencePrefill(prompt.problem);
  Team team(threads);
  for (const kernels::Isa isa : test::SupportedIsas()) {
    std::vector<float> output(prompt.queries.size());
    kernels::PrefillAttention(isa, team, prompt.problem, output.data());
    INFO(kernels::NameOf(isa) << ", group " << prompt.problem.group << ", threads " << threads);
    CHECK(test::WorstError(output, expected, prompt.problem.cache.head_dim) < 1e-5);
  }
}

TEST_CASE("prefill attention is the reference's for every type, head size and length") {
  for (const DataType type : {DataType::kF32, DataType::kF16, DataType::kBf16}) {
    for (const int head_dim : {64, 128, 256}) {
      for (const bool is_paged : {true, false}) {
        const CacheOptions options = {
            .type = type, .head_dim = head_dim, .is_paged = is_paged, .group = 3};
        CheckPrefill(Prompt(options, {0, 1, 2, 17, 64, 70, 0}, 1), 1);
      }
    }
  }
}

TEST_CASE("prefill attention is the reference's for groups of 1 to 16") {
  for (int group = 1; group <= 16; ++group) {
    CheckPrefill(Prompt({.kv_heads = 1, .group = group}, {100, 5, 1}, 2), 1);
  }
}

TEST_CASE("a prompt of many tiles is attended to by many threads") {
  CheckPrefill(Prompt({.kv_heads = 1, .head_dim = 64, .group = 2}, {400}, 3), 2);
  CheckPrefill(Prompt({.kv_heads = 3, .head_dim = 64, .page_tokens = 3}, {65, 0, 1, 129}, 4), 3);
}

TEST_CASE("a token attends to none after it") {
  // Each key is worth more than those before it: a token's output is its own value, nearly, and
  // would be the last value if it saw that.
  Prompt prompt({.type = DataType::kF32, .kv_heads = 1, .head_dim = 64, .is_paged = false}, {100},
                5);
  for (size_t i = 0; i < prompt.queries.size(); ++i) {
    prompt.queries[i] = i % 64 == 0 ? 1.0F : 0.0F;
    kernels::StoreElement(prompt.cache.keys.data(), i, DataType::kF32,
                          i % 64 == 0 ? static_cast<float>(i / 64) : 0.0F);
  }
  prompt.problem.scale = 100;
  Team team(1);
  for (const kernels::Isa isa : test::SupportedIsas()) {
    std::vector<float> output(prompt.queries.size());
    kernels::PrefillAttention(isa, team, prompt.problem, output.data());
    for (size_t i = 0; i < output.size(); ++i) {
      REQUIRE(output[i] == kernels::LoadElement(prompt.cache.values.data(), i, DataType::kF32));
    }
  }
  CheckPrefill(prompt, 1);
}

TEST_CASE("scores of a prompt that are large, or all the same, are weighed exactly") {
  CheckPrefill(Prompt({.type = DataType::kF32, .group = 2, .spread = 3}, {90, 20}, 6), 1);
  CheckPrefill(Prompt({.group = 3, .spread = 0}, {90, 20}, 7), 1);
  Prompt negative({.type = DataType::kF32, .group = 2}, {33}, 8);
  negative.problem.scale = -1e4F;
  CheckPrefill(negative, 1);
}

TEST_CASE("the last token of a prompt is a decode step") {
  const Prompt prompt({.group = 4}, {150}, 9);
  const size_t step = prompt.cache.queries.size();
  const std::vector<double> whole = kernels::ReferencePrefill(prompt.problem);
  kernels::DecodeProblem decode = prompt.cache.problem;
  decode.queries = prompt.queries.data() + prompt.queries.size() - step;
  const std::vector<double> last = kernels::ReferenceDecode(decode);
  CHECK(std::vector<double>(whole.end() - static_cast<ptrdiff_t>(step), whole.end()) == last);
}

TEST_CASE("a prompt of a shape without a kernel is refused") {
  Team team(1);
  float output = 0;
  CHECK_THROWS_WITH(kernels::PrefillAttention(kernels::Isa::kPortable, team,
                                              {.cache = {.head_dim = 80}}, &output),
                    "head size 80: expected 64, 128 or 256");
  CHECK_THROWS_WITH(kernels::PrefillAttention(kernels::Isa::kPortable, team, {.group = 0}, &output),
                    "group 0: expected 1 to 16");
}

}  // namespace
}  // namespace kinetics
