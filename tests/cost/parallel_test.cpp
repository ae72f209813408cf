#include "kinetics/cost/parallel.h"

#include "kinetics/io/catalogue.h"
#include "tests/cost/calibrated.h"
#include "tests/cost/toy.h"
#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("vectors are summed after the embedding, each mixer and each MLP", "[cost][parallel]") {
  CHECK(AllReducesPerStep(LoadModel("Qwen3-8B")) == 1 + 2 * 36);
  CHECK(LinkElementsPerToken(LoadModel("Qwen3-8B"), 2) == 2 * 73 * 4096 + 151936);
  // A ring of 8: every device sends 7/8 of a vector twice, and its logits to 7 others.
  CHECK(LinkElementsPerToken(LoadModel("Qwen3-8B"), 8) == 8 * 2 * 0.875 * 73 * 4096 + 7 * 151936);
  CHECK(LinkElementsPerToken(LoadModel("Qwen3-8B"), 1) == 0);
  // A Nemotron-H layer is a mixer or an MLP: 118 of 54 Mamba-2, 54 MLP and 10 attention.
  CHECK(AllReducesPerStep(LoadModel("Nemotron-H-56B-Base-8K")) == 1 + 118);
}

TEST_CASE("a KV head is copied where there are fewer than devices", "[cost][parallel]") {
  const LayerGroup grouped = LoadModel("Qwen3-8B").layers.front();  // 8 KV heads
  CHECK(KvCopies(grouped, 1) == 1);
  CHECK(KvCopies(grouped, 8) == 1);
  CHECK(KvCopies(grouped, 16) == 2);
  CHECK(KvCopies(LoadModel("DeepSeek-V3").layers.front(), 8) == 8);  // one latent vector
}

TEST_CASE("heads must be dealt out evenly", "[cost][parallel]") {
  const Model model = LoadModel("Qwen3-0.6B");  // 16 and 8 heads
  CHECK(Spreads(model, 16));
  CHECK_FALSE(Spreads(model, 32));
  CHECK_FALSE(Spreads(model, 3));
  CHECK(test::ErrorOf([&] { ExpectSpreads(model, 3); }) ==
        "model Qwen3-0.6B: 16 query heads and 8 KV heads cannot be spread evenly over 3 devices");
}

TEST_CASE("several devices cost what one does, and what they send", "[cost][parallel]") {
  const Model model = LoadModel("Qwen3-8B");
  const Hardware hardware = LoadHardware("h100");
  const Cost one = CostModel(model, {}, hardware, {.batch = 32}).Of(100, 1000, 4);
  const Cost two = CostModel(model, {}, hardware, {.batch = 32, .gpus = 2}).Of(100, 1000, 4);
  CHECK(two.terms.link.value == 2.0 * (2 * 73 * 4096 + 151936) * 1000 * 4);
  CHECK(TotalBytes(two.terms) == TotalBytes(one.terms));
  CHECK(TotalFlops(two.terms) == TotalFlops(one.terms));
  CHECK((two.seconds - one.seconds).value == Approx(two.terms.link.value / 450e9).epsilon(1e-12));
  // Every device of 16 reads its copy of half a KV head's share.
  const Cost many = CostModel(model, {}, hardware, {.gpus = 16}).Of(100, 1000, 4);
  CHECK(many.terms.bytes.kv.value == Approx(2 * one.terms.bytes.kv.value));
  // Rules that count no bytes count none that are sent.
  const CostOptions flops = {.rule = Rule::kFlops, .gpus = 2};
  CHECK(CostModel(model, {}, hardware, flops).Of(100, 1000, 4).seconds ==
        TotalFlops(one.terms) / CostModel(model, {}, hardware, flops).GetRoofline().peak);
}

TEST_CASE("perfect overlap does not hide what is sent", "[cost][parallel]") {
  const Model model = LoadModel("Qwen3-8B");
  const Hardware hardware = LoadHardware("h100");
  const auto seconds = [&](int64_t gpus) {
    return CostModel(model, {}, hardware, {.rule = Rule::kMax, .batch = 32, .gpus = gpus})
        .Of(100, 1000, 4)
        .seconds.value;
  };
  const double sent = 2.0 * (2 * 73 * 4096 + 151936) * 4000 / 450e9;
  CHECK(seconds(2) - seconds(1) == Approx(sent).epsilon(1e-12));
}

TEST_CASE("a device without an interconnect stands alone", "[cost][parallel]") {
  CHECK(test::ErrorOf([] { test::Toy("dense", {.gpus = 2}); }) ==
        "hardware toy: has no interconnect bandwidth, which several devices need");
}

TEST_CASE("a calibrated step has a share of each layer and its all-reduces", "[cost][parallel]") {
  Hardware hardware = test::CalibratedToy();
  hardware.interconnect_bandwidth = {{BytesPerSecond{5}, "made up"}};
  Model model = test::ToyModel();
  model.hidden_size = 6;
  model.vocabulary_size = 50;
  model.layers.front().intermediate_size = 10;
  model.layers.front().parameters = {.mixer = 1, .feed_forward = 1};
  const StepSetup setup = {.batch = 8, .gpus = 2};
  const TimeTerms time = CalibratedTime(model, {}, hardware, setup).Of(10, 20);
  // A query head and a copied KV head of size 4: products of 12 x 6, 6 x 4, 10 x 6, 6 x 5, 25 x 6.
  const double linear = 12 * 6 + 6 * 4 + 10 * 6 + 6 * 5 + 25 * 6;
  CHECK(time.linear.seconds.value == Approx(2 * 2 * linear * 20 / 100));
  // Of each sequence's step: 3 all-reduces of 6 elements, of which every device sends as much, and
  // half of the logits; two devices.
  CHECK(time.link.seconds.value == Approx(2 * (3 * 6 * 2 + 25 * 2) / 5.0 * 20));
  // The copied KV head is read by both.
  CHECK(time.attention.seconds.value == Approx((2 * 1 * 4 * 2 * 2 * 400 + 2 * 4 * 4 * 20) / 10.0));
}

}  // namespace
}  // namespace kinetics
