#include <limits>

#include "kinetics/cost/expected.h"
#include "kinetics/cost/log_normal.h"
#include "kinetics/io/catalogue.h"
#include "tests/cost/toy.h"
#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("a prompt is processed once for all samples", "[cost][prefill]") {
  // 10 parameters, 2 heads of 4 against one: 2 * 10 FLOPs a token, 2 * 2 * 8 a pair of tokens.
  const CostModel toy = test::Toy("dense", {.prefill = true});
  const Cost four = toy.Of(6, 20, 4);
  CHECK(four.terms.flops.prefill.value == 20 * 6 + 32 * 18);
  CHECK(four.terms.bytes.prefill.value == 16 * 6);  // a row of the cache for each token
  const Cost without = test::Toy("dense").Of(6, 20, 4);
  CHECK((four.seconds - without.seconds).value == Approx((20 * 6 + 32 * 18) / 100.0 + 96 / 10.0));
  CHECK(toy.PrefillCost(6).seconds.value == Approx((20 * 6 + 32 * 18) / 100.0 + 96 / 10.0));
  // The cache that sparse attention then leaves out was made all the same.
  CHECK(test::Toy("topk:2", {.prefill = true}).Of(6, 20, 4).terms.flops.prefill ==
        four.terms.flops.prefill);
  CHECK(test::Toy("dense", {.prefill = true}).Of(0, 20, 4).terms.flops.prefill.value == 0);
}

TEST_CASE("the head meets one token of a prompt", "[cost][prefill]") {
  const Model model = LoadModel("Qwen3-8B");
  const CostModel cost(model, {}, LoadHardware("h100"), {.prefill = true});
  const double body = 7'568'405'504.0 - 151'936.0 * 4096;
  const double head = 151'936.0 * 4096;
  const double attention = 4.0 * 32 * 128 * 36 * 1000 * 1000 / 2;
  CHECK(cost.PrefillCost(1000).terms.flops.prefill.value ==
        Approx(2 * body * 1000 + 2 * head + attention).epsilon(1e-15));
}

TEST_CASE("a finite batch reads the weights for every 8,192 tokens of prompts", "[cost][prefill]") {
  const CostModel toy = test::Toy("dense", {.batch = 4, .prefill = true});
  CHECK(toy.PrefillCost(6).terms.bytes.prefill.value == Approx(16 * 6 + 20 * 6 / 8192.0));
}

TEST_CASE("prefill and decoding overlap each within itself", "[cost][prefill]") {
  const CostModel toy = test::Toy("dense", {.rule = Rule::kMax, .prefill = true});
  const CostModel decode = test::Toy("dense", {.rule = Rule::kMax});
  CHECK(toy.Of(6, 20, 4).seconds.value ==
        Approx(decode.Of(6, 20, 4).seconds.value + std::max(6.96, 9.6)));
}

TEST_CASE("expected costs have one prefill, whatever the lengths", "[cost][prefill]") {
  for (const Rule rule : {Rule::kAdditive, Rule::kMax}) {
    const CostModel toy = test::Toy("dense", {.rule = rule, .prefill = true});
    const CostModel decode = test::Toy("dense", {.rule = rule});
    const std::vector<double> lengths = {10, 20, 60};
    const double prefill = toy.PrefillCost(6).seconds.value;
    CHECK(ExpectedCost(toy, 6, lengths, 0.5).At(3).seconds.value ==
          Approx(ExpectedCost(decode, 6, lengths, 0.5).At(3).seconds.value + prefill));
    CHECK(ExpectedCost(toy, 6, {}, 0.5).At(3).seconds.value == 0);
    const LogNormalLength length = {.log_mean = 3, .log_deviation = 0.5};
    CHECK(ExpectedLawCost(toy, 6, length).At(3).seconds.value ==
          Approx(ExpectedLawCost(decode, 6, length).At(3).seconds.value + prefill));
  }
}

TEST_CASE("windows bound a prompt's attention", "[cost][prefill]") {
  Model model = test::ToyModel();
  model.layers.front().attention = LayerAttention::kSliding;
  model.layers.front().window_tokens = 4;
  const CostModel toy(model, {}, test::ToyHardware(), {.prefill = true});
  // Below the window 4^2 / 2 pairs, then 4 for each of 6 tokens.
  CHECK(toy.PrefillCost(10).terms.flops.prefill.value == 20 * 10 + 32 * (8 + 24));
}

TEST_CASE("weights and cache may have formats of their own", "[cost][formats]") {
  const Model model = LoadModel("Qwen3-8B");
  const auto terms = [&](const CostOptions& options) {
    return CostModel(model, {}, LoadHardware("h100"), options).Of(100, 1000, 2).terms;
  };
  const CostTerms plain = terms({.batch = 8});
  const CostTerms light = terms({.weight_dtype = Dtype::kFp4, .batch = 8});
  CHECK(light.bytes.weights.value == plain.bytes.weights.value / 4);
  CHECK(light.bytes.kv == plain.bytes.kv);
  const CostTerms cached = terms({.kv_dtype = Dtype::kFp8, .batch = 8});
  CHECK(cached.bytes.kv.value == plain.bytes.kv.value / 2);
  CHECK(cached.bytes.weights == plain.bytes.weights);
  CHECK(TotalFlops(cached) == TotalFlops(plain));
}

TEST_CASE("the longest of two log-normal lengths is known in closed form", "[cost][log_normal]") {
  // E[max of 2] = 2 exp(m + s^2 / 2) Phi(s / sqrt 2); Phi(1 / sqrt 2) from tables.
  const LogNormalLength length = {.log_mean = 2, .log_deviation = 1};
  const std::vector<int64_t> samples = {1, 2, 5};
  const std::vector<double> longest = length.MeanLongest(samples);
  CHECK(longest[0] == Approx(std::exp(2.5)).epsilon(1e-4));
  CHECK(longest[1] == Approx(2 * std::exp(2.5) * 0.7602499389065233).epsilon(1e-4));
  CHECK(longest[2] > longest[1]);
  // Nothing is longer than the limit, which one of very many reaches (to the rule's step).
  const LogNormalLength cut = {.log_mean = 2, .log_deviation = 1, .limit = 20};
  CHECK(cut.MeanLongest(std::vector<int64_t>{1})[0] == Approx(cut.Mean()).epsilon(1e-4));
  CHECK(cut.MeanLongest(std::vector<int64_t>{1000})[0] == Approx(20).epsilon(5e-4));
}

}  // namespace
}  // namespace kinetics
