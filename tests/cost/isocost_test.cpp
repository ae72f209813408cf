#include "kinetics/cost/isocost.h"

#include "kinetics/core/error.h"
#include "kinetics/core/random.h"
#include "kinetics/io/catalogue.h"
#include "tests/test.h"

namespace kinetics {
namespace {

CostModel ModelOf(const char* name, const char* attention, const CostOptions& options) {
  return {LoadModel(name), ParseAttention(attention), LoadHardware("b200-paper"), options};
}

// Iso-cost lengths of Qwen3-14B at 8,192 tokens after 160 prompt tokens, worked out independently
// from the equations with exact parameter counts.
TEST_CASE("other models cost what 14B does at 8,192 tokens at these lengths", "[isocost]") {
  struct Row {
    const char* model;
    int additive, flops, parameters;
  };
  for (const Row& row :
       {Row{"Qwen3-0.6B", 10'178, 42'354, 192'281}, Row{"Qwen3-1.7B", 10'144, 34'613, 66'611},
        Row{"Qwen3-4B", 8'863, 18'827, 28'492}, Row{"Qwen3-8B", 8'781, 13'431, 15'143},
        Row{"Qwen3-14B", 8'192, 8'192, 8'192}, Row{"Qwen3-32B", 6'251, 3'776, 3'583}}) {
    INFO(row.model);
    const auto solve = [&](Rule rule) {
      const Seconds target = ModelOf("Qwen3-14B", "dense", {.rule = rule}).Of(160, 8192, 1).seconds;
      return SolveGenerationTokens(ModelOf(row.model, "dense", {.rule = rule}), 160, 1, target);
    };
    CHECK(std::lround(*solve(Rule::kAdditive)) == row.additive);
    CHECK(std::lround(*solve(Rule::kFlops)) == row.flops);
    CHECK(std::lround(*solve(Rule::kParameters)) == row.parameters);
  }
}

TEST_CASE("a solved length or number of samples costs its target", "[isocost][property]") {
  SplitMix64 random(1);
  for (const Rule rule : {Rule::kAdditive, Rule::kMax, Rule::kFlops, Rule::kParameters}) {
    for (const char* attention : {"dense", "topk:512", "topk:4096+100", "block_topk:16x64",
                                  "block_topk:128x8+64", "sliding:4096"}) {
      for (const double batch : {std::numeric_limits<double>::infinity(), 8.0}) {
        const CostModel model = ModelOf("Qwen3-8B", attention, {.rule = rule, .batch = batch});
        for (int i = 0; i < 20; ++i) {
          const double prompt = random.Below(3000);
          const double samples = 1 + random.Below(40);
          const double length = 1 + random.Below(40'000) / 7.0;
          const Seconds target = model.Of(prompt, length, samples).seconds;
          const auto tokens = SolveGenerationTokens(model, prompt, samples, target);
          REQUIRE(tokens);
          CHECK(*tokens == Approx(length).epsilon(1e-9));
          CHECK(model.Of(prompt, *tokens, samples).seconds.value ==
                Approx(target.value).epsilon(1e-12));
          const auto count = SolveSamples(model, prompt, length, target);
          REQUIRE(count);
          CHECK(*count == Approx(samples).epsilon(1e-9));
        }
      }
    }
  }
}

TEST_CASE("nothing costs as little as the published convention's constant", "[isocost]") {
  const CostOptions published = {.convention = Convention::kPublished};
  const CostModel model = ModelOf("Qwen3-8B", "topk:1024", published);
  const Seconds least = model.Of(100, 0, 1).seconds;
  CHECK(least.value > 0);
  CHECK_FALSE(SolveGenerationTokens(model, 100, 1, 0.5 * least));
  CHECK(SolveGenerationTokens(model, 100, 1, least) == 0.0);
}

TEST_CASE("samples cannot cost less than the prompt that they share", "[isocost]") {
  const CostModel model = ModelOf("Qwen3-8B", "dense", {});
  const Seconds shared = model.Of(1000, 10, 0).seconds;
  CHECK(shared.value > 0);
  CHECK_FALSE(SolveSamples(model, 1000, 10, 0.99 * shared));
  CHECK(*SolveSamples(model, 1000, 10, shared) == 0);
}

TEST_CASE("the published block search has no inverse", "[isocost]") {
  const CostOptions published = {.convention = Convention::kPublished};
  const CostModel model = ModelOf("Qwen3-8B", "block_topk:16x64", published);
  CHECK_THROWS_AS(SolveGenerationTokens(model, 100, 1, Seconds{1}), UsageError);
  CHECK_THROWS_AS(SolveSamples(model, 100, 100, Seconds{1}), UsageError);
}

}  // namespace
}  // namespace kinetics
