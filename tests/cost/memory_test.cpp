#include "kinetics/cost/memory.h"

#include <cmath>

#include "kinetics/io/catalogue.h"
#include "tests/cost/toy.h"
#include "tests/test.h"

namespace kinetics {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;

double KeptGiB(const char* model, double tokens) {
  return KeptBytes(LoadModel(model), {}, {}, Dtype::kBf16, tokens).value / kGiB;
}

TEST_CASE("KV caches of full contexts take what is published", "[cost][memory]") {
  // Full-context figures of Unsloth's pull request 4757, in GiB, to the two digits given there.
  CHECK(KeptGiB("Qwen3-0.6B", 40'960) == Approx(4.38).margin(0.006));
  CHECK(KeptGiB("DeepSeek-V3", 163'840) == Approx(10.72).margin(0.006));
  CHECK(KeptGiB("Kimi-K2-Instruct", 262'144) == Approx(17.16).margin(0.006));
  CHECK(KeptGiB("gemma-3-27b-it", 131'072) == Approx(10.41).margin(0.006));
  Model hybrid = LoadModel("Qwen3.5-27B");  // without its recurrent state, as there
  for (LayerGroup& group : hybrid.layers) {
    group.state_elements = group.conv_elements = 0;
  }
  CHECK(KeptBytes(hybrid, {}, {}, Dtype::kBf16, 262'144).value / kGiB == Approx(16).margin(1e-6));
}

TEST_CASE("an engine's KV capacity is met", "[cost][memory]") {
  // vLLM on an RTX 4090 of 25,757,220,864 bytes with 0.9 of them for Llama-3.1-8B: 2,588 blocks of
  // 16 tokens (documentation of LLMServingSim).
  const Hardware hardware = LoadHardware("rtx-4090");
  CHECK(hardware.memory->value.value == 25'757'220'864);
  const MemoryNeeds needs = NeedsOf(LoadModel("Meta-Llama-3.1-8B"), {}, hardware, {}, {}, 1);
  CHECK(needs.reserve.value > 0);
  CHECK(needs.weights.value == 2.0 * 8'030'261'248);
  CHECK(needs.sequence.value == 131'072);
  CHECK(needs.Sequences() == Approx(41'408).epsilon(0.08));
  CHECK(static_cast<double>(LongestContext(LoadModel("Meta-Llama-3.1-8B"), {}, hardware, {}, {})) ==
        needs.Sequences());
}

TEST_CASE("what fits is the largest number of sequences", "[cost][memory]") {
  const MemoryNeeds needs =
      NeedsOf(LoadModel("Qwen3-8B"), {}, LoadHardware("h100"), {}, {}, 12'000);
  const double most = needs.Sequences();
  CHECK(most >= 1);
  CHECK(needs.UsedAt(most) <= needs.usable);
  CHECK(needs.UsedAt(most + 1) > needs.usable);
  const MemoryNeeds none =
      NeedsOf(LoadModel("Qwen3-32B"), {}, LoadHardware("l40s"), {}, {}, 12'000);
  CHECK(none.Sequences() == 0);
}

TEST_CASE("attention decides what is kept", "[cost][memory]") {
  const Model model = LoadModel("Qwen3-8B");
  const auto kept = [&](const char* attention, const CostOptions& options = {}) {
    return KeptBytes(model, ParseAttention(attention), options, Dtype::kBf16, 10'000).value;
  };
  CHECK(kept("dense") == 147'456.0 * 10'000);
  CHECK(kept("topk:512") == kept("dense"));
  CHECK(kept("sliding:4096") == 147'456.0 * 4096);
  // A pooled key, half of a row, for each of 16 tokens.
  CHECK(kept("block_topk:16x64") == 147'456.0 * (10'000 + 10'000 / 16.0 / 2));
  CHECK(kept("dense", {.kv_dtype = Dtype::kFp8}) == kept("dense") / 2);
  CHECK(kept("dense", {.gpus = 16}) == 2 * kept("dense"));
}

TEST_CASE("the longest context is what still fits", "[cost][memory]") {
  const Hardware hardware = LoadHardware("h100");
  for (const char* name : {"gemma-3-27b-it", "Qwen3-8B", "Qwen3-Next-80B-A3B-Instruct"}) {
    const Model model = LoadModel(name);
    const CostOptions options = {.gpus = 4};
    const auto fits = [&](int64_t tokens) {
      return NeedsOf(model, {}, hardware, options, {}, static_cast<double>(tokens)).Sequences() >=
             1;
    };
    const int64_t longest = LongestContext(model, {}, hardware, options, {});
    INFO(name << " " << longest);
    CHECK(longest > 100'000);
    CHECK(fits(longest));
    CHECK_FALSE(fits(longest + 1));
  }
  CHECK(LongestContext(LoadModel("Qwen3-32B"), {}, LoadHardware("l40s"), {}, {}) == 0);
}

TEST_CASE("memory may be bounded, and reserves stated", "[cost][memory]") {
  const Model model = LoadModel("Qwen3-8B");
  const MemoryNeeds needs = NeedsOf(model, {}, LoadHardware("h100"), {.gpus = 2},
                                    {.most = Bytes{40e9}, .reserve = Bytes{1e9}}, 1000);
  CHECK(needs.usable.value == 40e9);
  CHECK(needs.reserve.value == 1e9);
  CHECK(needs.weights.value == 8'190'735'360.0);  // of two bytes each, on two devices
  CHECK(needs.sequence.value == 147'456'000.0 / 2);
  Hardware unknown = LoadHardware("h100");
  unknown.memory.reset();
  CHECK(test::ErrorOf([&] { NeedsOf(model, {}, unknown, {}, {}, 1); }) ==
        "hardware h100: how much memory it has is not known; say --max-memory");
}

}  // namespace
}  // namespace kinetics
