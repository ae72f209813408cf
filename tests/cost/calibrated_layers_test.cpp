// Rule calibrated on layers with windows, chunks and experts, and on weights that are quantized,
// against closed forms: the toy device takes 0.01 s for a FLOP of products and 0.1 s for a byte of
// attention.
#include <cmath>

#include "kinetics/cost/calibrated_time.h"
#include "kinetics/cost/cost.h"
#include "kinetics/cost/isocost.h"
#include "kinetics/io/catalogue.h"
#include "tests/cost/calibrated.h"
#include "tests/cost/toy.h"
#include "tests/test.h"

namespace kinetics {
namespace {

constexpr int64_t kHidden = 6;
constexpr double kRowBytes = 2 * 4 * 2;        // of a token's keys and values, one layer
constexpr double kInOutBytes = 2 * 2 * 4 * 2;  // queries and outputs of a token, one layer
constexpr double kMixer = 16 * 6 + 6 * 8;      // parameters of one layer's attention
constexpr double kHead = 50 * 6;
constexpr double kSecondsPerParameter = 2 * 0.01;  // of products, for each token

/// 2 query heads and 1 KV head of size 4, and a gated MLP of width 10.
LayerGroup PlainLayers(int64_t count, LayerAttention attention, int64_t tokens = 0) {
  LayerGroup group = test::ToyModel().layers.front();
  group.count = count;
  group.attention = attention;
  group.window_tokens = attention == LayerAttention::kSliding ? tokens : 0;
  group.chunk_tokens = attention == LayerAttention::kChunked ? tokens : 0;
  group.intermediate_size = 10;
  group.parameters.feed_forward = 3 * kHidden * 10;
  return group;
}

/// One layer of `experts` gated experts of width 10.
LayerGroup ExpertLayer(int64_t experts, int64_t experts_per_token) {
  LayerGroup group = PlainLayers(1, LayerAttention::kFull);
  group.intermediate_size = 0;
  group.parameters.feed_forward = 0;
  group.experts = experts;
  group.experts_per_token = experts_per_token;
  group.parameters.experts = experts * 3 * kHidden * 10;
  return group;
}

Model WithLayers(const std::vector<LayerGroup>& layers) {
  Model model = test::ToyModel();
  model.hidden_size = kHidden;
  model.vocabulary_size = 50;
  model.layers = layers;
  return model;
}

TimeTerms TermsOf(const std::vector<LayerGroup>& layers, const char* attention,
                  const StepSetup& setup = {.batch = 8}) {
  return CalibratedTime(WithLayers(layers), ParseAttention(attention), test::CalibratedToy(), setup)
      .Of(10, 20);
}

double AttentionSeconds(const std::vector<LayerGroup>& layers, const char* attention = "dense") {
  return TermsOf(layers, attention).attention.seconds.value;
}

/// Of one layer that reads so many rows in all over the 20 steps from a context of 10 on.
double SecondsOfRows(double rows) { return 0.1 * (kRowBytes * rows + kInOutBytes * 20); }

/// Of the operation of that name at a step; 0 where there is none.
double StepSeconds(const CalibratedTime& time, int64_t context, std::string_view name) {
  for (const StepOperation& operation : time.Step(context)) {
    if (operation.name == name) {
      return operation.once.seconds.value;
    }
  }
  return 0;
}

TEST_CASE("sliding layers read their window", "[cost][calibrated]") {
  const LayerGroup full = PlainLayers(2, LayerAttention::kFull);
  const LayerGroup window = PlainLayers(3, LayerAttention::kSliding, 17);
  // 10 to 30: 400 rows; up to 17 of them: 17 * 20 - 7^2 / 2.
  const double windowed = SecondsOfRows(17 * 20 - 24.5);
  CHECK(AttentionSeconds({window}) == Approx(3 * windowed));
  CHECK(AttentionSeconds({full, window}) == Approx(2 * SecondsOfRows(400) + 3 * windowed));
  // What a sparse attention leaves of full layers has nothing to do with windows.
  CHECK(AttentionSeconds({full, window}, "topk:8") ==
        Approx(2 * SecondsOfRows(160) + 3 * windowed));
}

TEST_CASE("a window or a chunk above the context is full attention", "[cost][calibrated]") {
  const double full = AttentionSeconds({PlainLayers(2, LayerAttention::kFull)});
  CHECK(AttentionSeconds({PlainLayers(2, LayerAttention::kSliding, 30)}) ==
        Approx(full).epsilon(1e-12));
  CHECK(AttentionSeconds({PlainLayers(2, LayerAttention::kChunked, 31)}) ==
        Approx(full).epsilon(1e-12));
}

TEST_CASE("chunks begin anew when they are full", "[cost][calibrated]") {
  // From 10 to 16, and then from 0 to 14: (256 - 100) / 2 + 14^2 / 2 rows.
  CHECK(AttentionSeconds({PlainLayers(1, LayerAttention::kChunked, 16)}) ==
        Approx(SecondsOfRows(78 + 98)));
  const CalibratedTime time(WithLayers({PlainLayers(1, LayerAttention::kChunked, 16)}), {},
                            test::CalibratedToy(), {.batch = 1});
  const auto at = [&](int64_t context) { return StepSeconds(time, context, "chunked attention"); };
  CHECK(at(16) == Approx(0.1 * (kRowBytes * 16 + kInOutBytes)));
  CHECK(at(17) == Approx(0.1 * (kRowBytes * 1 + kInOutBytes)));
}

TEST_CASE("windows and chunks have their pairs' share of a prompt", "[cost][calibrated]") {
  Hardware hardware = test::CalibratedToy();
  hardware.calibration->operations.push_back(test::Fitted(
      Operation::kPrefillAttention, Dtype::kBf16, 4, {{"seconds_per_flop", 0.01}}, 1'000'000));
  const auto attention = [&](LayerAttention kind, int64_t tokens) {
    const std::vector<LayerGroup> layers = {PlainLayers(1, kind, tokens)};
    const CalibratedTime time(WithLayers(layers), {}, hardware, {.batch = 1});
    const double all = time.Prefill(64).seconds.value;
    // Products of 64 tokens, and the head of one.
    return all - kSecondsPerParameter * (64 * (kMixer + 180) + kHead);
  };
  const double full = attention(LayerAttention::kFull, 0);
  CHECK(full > 0);
  CHECK(attention(LayerAttention::kSliding, 64) == Approx(full));
  CHECK(attention(LayerAttention::kSliding, 16) == Approx(full * (64 * 16 - 128) / 2048));
  CHECK(attention(LayerAttention::kChunked, 16) == Approx(full * 16 / 64));
}

TEST_CASE("one expert a layer is an MLP, but for the router", "[cost][calibrated]") {
  const double dense =
      TermsOf({PlainLayers(1, LayerAttention::kFull)}, "dense").linear.seconds.value;
  const TimeTerm one = TermsOf({ExpertLayer(1, 1)}, "dense").linear;
  CHECK(dense == Approx(20 * kSecondsPerParameter * (kMixer + 180 + kHead)));
  CHECK(one.seconds.value - 20 * kSecondsPerParameter * kHidden == Approx(dense));
  // A grouped product is not what was measured.
  CHECK(one.provenance == Provenance::kExtrapolated);
}

TEST_CASE("a step multiplies with the experts of its tokens", "[cost][calibrated]") {
  // All of 4 for each token.
  const double all = 20 * kSecondsPerParameter * (kMixer + 4 * kHidden + 4 * 180 + kHead);
  CHECK(TermsOf({ExpertLayer(4, 4)}, "dense").linear.seconds.value == Approx(all));
  // A lone token of two among many: that many products.
  const double alone = 20 * kSecondsPerParameter * (kMixer + 64 * kHidden + 2 * 180 + kHead);
  CHECK(TermsOf({ExpertLayer(64, 2)}, "dense", {.batch = 1}).linear.seconds.value == Approx(alone));
  // FLOPs stay those of the tokens' experts, whichever these are, to what rounding of rows does.
  for (const double batch : {100.0, 1000.0}) {
    CHECK(TermsOf({ExpertLayer(64, 2)}, "dense", {.batch = batch}).linear.seconds.value ==
          Approx(alone).epsilon(0.05));
  }
}

TEST_CASE("devices share experts out", "[cost][calibrated]") {
  Hardware hardware = test::CalibratedToy();
  hardware.interconnect_bandwidth = {{BytesPerSecond{1e9}, "made up"}};
  const auto seconds = [&](int64_t gpus, std::string_view name) {
    const CalibratedTime time(WithLayers({ExpertLayer(8, 8)}), {}, hardware,
                              {.batch = 4, .gpus = gpus});
    return StepSeconds(time, 100, name);
  };
  for (const char* name : {"experts, gate and up", "experts, down"}) {
    CHECK(seconds(1, name) > 0);
    CHECK(seconds(2, name) == Approx(seconds(1, name) / 2));
  }
  CHECK(seconds(2, "router") == seconds(1, "router"));
}

TEST_CASE("what a layer lacks is not timed", "[cost][calibrated]") {
  LayerGroup no_gate = PlainLayers(1, LayerAttention::kFull);
  no_gate.parameters.feed_forward = 2 * kHidden * 10;
  CHECK(TermsOf({no_gate}, "dense").linear.seconds.value ==
        Approx(20 * kSecondsPerParameter * (kMixer + 120 + kHead)));
  LayerGroup no_keys = PlainLayers(1, LayerAttention::kFull);
  no_keys.shared_cache = 1;
  CHECK(TermsOf({no_keys}, "dense").linear.seconds.value ==
        Approx(20 * kSecondsPerParameter * (kMixer - 8 * 6 + 180 + kHead)));
}

TEST_CASE("quantized weights have measured products or the roofline", "[cost][calibrated]") {
  WeightFormat format = PlainFormat(Dtype::kBf16);
  format.layers.front().feed_forward = 1.0078125;
  const std::vector<LayerGroup> layers = {PlainLayers(1, LayerAttention::kFull)};
  const auto seconds = [&](const Hardware& hardware) {
    const CalibratedTime time(WithLayers(layers), {}, hardware, {.batch = 1, .weights = format});
    return time.Of(10, 1).linear.seconds.value;
  };
  const double others = kSecondsPerParameter * (kMixer + kHead);
  // Nothing measured: 10 byte/s, of weights, inputs and outputs; compute is hidden.
  const double bytes = 1.0078125 * 180 + 2 * (6 + 20) + 2 * (10 + 6);
  CHECK(seconds(test::CalibratedToy()) == Approx(others + bytes / 10));
  // Nor may compute be free: 100 FLOP/s.
  Hardware fast = test::CalibratedToy();
  fast.memory_bandwidth->value = BytesPerSecond{1e9};
  CHECK(seconds(fast) == Approx(others + 2 * 180 / 100.0));
  Hardware measured = test::CalibratedToy();
  measured.calibration->operations.push_back(test::Fitted(
      Operation::kGemm, Dtype::kFp8, std::nullopt, {{"seconds_per_weight_byte", 0.1}}, 1'000'000));
  CHECK(seconds(measured) == Approx(others + 180 * 0.1));
}

TEST_CASE("models with windows and experts are timed by calibration", "[cost][calibrated]") {
  for (const char* name : {"gpt-oss-20b", "Qwen3-30B-A3B", "gemma-3-27b-it", "Mixtral-8x7B-v0.1",
                           "Llama-4-Scout-17B-16E-Instruct"}) {
    for (const char* device : {"h100", "b200"}) {
      INFO(name << " on " << device);
      const Hardware hardware = LoadHardware(device);
      const CostModel model(LoadModel(name), {}, hardware,
                            {.rule = Rule::kCalibrated, .batch = 16});
      const CostModel ideal(LoadModel(name), {}, hardware, {.rule = Rule::kMax, .batch = 16});
      double last = 0;
      for (const double tokens : {100.0, 3000.0, 20000.0, 70000.0}) {
        const double seconds = model.Of(160, tokens, 1).seconds.value;
        CHECK(seconds > last);
        // No faster than the roofline of all that is read and multiplied, but not beyond belief.
        CHECK(seconds > ideal.Of(160, tokens, 1).seconds.value);
        CHECK(seconds < 5 * ideal.Of(160, tokens, 1).seconds.value);
        last = seconds;
      }
      CHECK(*SolveGenerationTokens(model, 160, 1, model.Of(160, 9000, 1).seconds) ==
            Approx(9000).epsilon(1e-9));
    }
  }
}

TEST_CASE("layers that nothing measured is like are refused", "[cost][calibrated]") {
  for (const auto& [name, kind] : {std::pair("DeepSeek-V3", "latent_attention"),
                                   std::pair("Qwen3-Next-80B-A3B-Instruct", "gated_delta_net")}) {
    CHECK(test::ErrorOf([&, model = name] {
            CostModel(LoadModel(model), {}, LoadHardware("h100"), {.rule = Rule::kCalibrated});
          }) == std::string("model ") + name +
                    ": rule calibrated has no measured operations for its layers of " + kind +
                    "; use another rule");
  }
}

}  // namespace
}  // namespace kinetics
