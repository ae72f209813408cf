#include <cmath>

#include "kinetics/cost/isocost.h"
#include "kinetics/cost/log_normal.h"
#include "tests/cost/toy.h"
#include "tests/test.h"

namespace kinetics {
namespace {

LayerGroup Layers(int64_t count, LayerAttention attention) {
  return {.count = count,
          .attention = attention,
          .query_heads = 2,
          .kv_heads = 1,
          .head_dim = 4,
          .value_dim = 4};
}

CostModel CostOf(const std::vector<LayerGroup>& layers, const CostOptions& options = {},
                 const char* attention = "dense") {
  Model model = test::ToyModel();
  model.layers = layers;
  for (const LayerGroup& group : layers) {
    // Of its experts a token passes those that the toy's 10 parameters count.
    if (group.experts > 0) {
      *model.parameters += group.count * group.parameters.experts *
                           (group.experts - group.experts_per_token) / group.experts;
    }
  }
  return {model, ParseAttention(attention), test::ToyHardware(), options};
}

LayerGroup Sliding(int64_t count, int64_t window) {
  LayerGroup layers = Layers(count, LayerAttention::kSliding);
  layers.window_tokens = window;
  return layers;
}

LayerGroup Chunked(int64_t count, int64_t chunk) {
  LayerGroup layers = Layers(count, LayerAttention::kChunked);
  layers.chunk_tokens = chunk;
  return layers;
}

// Of the toy: 32 FLOPs and 16 bytes for a row of a layer.
TEST_CASE("layers that slide or are chunked read what their rules say", "[cost]") {
  const CostModel sliding = CostOf({Sliding(3, 20)});
  // Contexts of 10 to 20, then 20 of 30 tokens more: 150 + 600 rows.
  const Cost cost = sliding.Of(10, 40, 2);
  CHECK(cost.terms.flops.attention.value == 2 * 3 * 32 * 750.0);
  CHECK(cost.terms.bytes.kv.value == 2 * 3 * 16 * 750.0);
  CHECK(cost.terms.bytes.kv_shared.value == 0);
  CHECK(CostOf({Sliding(1, 20)}).Of(25, 8, 1).terms.flops.attention.value == 32 * 160.0);
  // The integral of a sawtooth of 20 from 0 to 60, three teeth of 200.
  const CostModel chunked = CostOf({Chunked(1, 20)});
  CHECK(chunked.Of(0, 60, 1).terms.flops.attention.value == 32 * 600.0);
  CHECK(chunked.Of(20, 40, 1).terms.flops.attention.value == 32 * 400.0);
}

TEST_CASE("a window above the context is full attention for one sample", "[cost]") {
  for (const LayerGroup& layers : {Sliding(2, 1000), Chunked(2, 1000)}) {
    const Cost windowed = CostOf({layers}).Of(300, 700, 1);
    const Cost full = CostOf({Layers(2, LayerAttention::kFull)}).Of(300, 700, 1);
    CHECK(windowed.seconds.value == Approx(full.seconds.value).epsilon(1e-14));
    CHECK(TotalBytes(windowed.terms).value == Approx(TotalBytes(full.terms).value).epsilon(1e-14));
  }
}

TEST_CASE("sparse attention thins out full layers alone, and needs some", "[cost]") {
  const std::vector<LayerGroup> layers = {Layers(1, LayerAttention::kFull), Sliding(3, 20)};
  const Cost dense = CostOf(layers).Of(10, 40, 1);
  const Cost sparse = CostOf(layers, {}, "topk:5").Of(10, 40, 1);
  // Of 1,200 rows in the full layer it keeps 200.
  CHECK((dense.terms.flops.attention - sparse.terms.flops.attention).value == 32 * 1000.0);
  CHECK_THAT(test::ErrorOf([] { CostOf({Sliding(3, 20)}, {}, "topk:5"); }),
             Catch::Contains("has no layers that attend to all of the context, which topk:5"));
}

TEST_CASE("a sparse index reads a key for every token and lets few rows through", "[cost]") {
  LayerGroup layers = Layers(1, LayerAttention::kLatent);
  layers.index_heads = 3;
  layers.index_dim = 128;
  layers.index_top_tokens = 20;
  const Cost cost = CostOf({layers}).Of(10, 40, 2);
  CHECK(cost.terms.flops.attention.value == 2 * 32 * 750.0);
  CHECK(cost.terms.bytes.kv.value == 2 * 8 * 750.0);  // values are part of keys
  CHECK(cost.terms.flops.search.value == 2 * (2 * 3 * 128) * 1200.0);
  CHECK(cost.terms.bytes.search.value == 132 * (400 + 2 * 800.0));
}

TEST_CASE("compressed attention reads a window and a row for several tokens", "[cost]") {
  LayerGroup layers = Layers(1, LayerAttention::kCompressed);
  layers.window_tokens = 20;
  layers.compression = 4;
  // The window's 750 rows, and a quarter of the context's 1,200 tokens.
  CHECK(CostOf({layers}).Of(10, 40, 1).terms.flops.attention.value == Approx(32 * 1050.0));
  layers.index_heads = 1;
  layers.index_dim = 128;
  layers.index_top_tokens = 5;  // of 4 tokens each: the context's first 20
  CHECK(CostOf({layers}).Of(10, 40, 1).terms.flops.attention.value == Approx(32 * 937.5));
}

TEST_CASE("a recurrent state is read and written at every step", "[cost]") {
  LayerGroup layers = {.count = 2,
                       .attention = LayerAttention::kNone,
                       .recurrence = Recurrence::kGatedDeltaNet,
                       .state_elements = 100,
                       .conv_elements = 10};
  const Cost cost = CostOf({layers}).Of(1000, 40, 3);
  CHECK(cost.terms.bytes.kv.value == 3 * 40 * 2 * 2 * (100 * 4 + 10 * 2.0));
  CHECK(cost.terms.flops.attention.value == 3 * 40 * 2 * 8 * 100.0);
}

/// Of 10 parameters 4 are experts': 2 of 8, with 2 parameters each.
LayerGroup ExpertLayers() {
  LayerGroup layers = Layers(1, LayerAttention::kFull);
  layers.experts = 8;
  layers.experts_per_token = 2;
  layers.parameters = {.experts = 16};
  return layers;
}

TEST_CASE("a step reads the experts that its batch is expected to touch", "[cost]") {
  CHECK(ExpectedExperts(ExpertLayers(), 1) == 2);
  CHECK(ExpectedExperts(ExpertLayers(), 2) == 3.5);  // 8 (1 - (3/4)^2)
  CHECK(ExpectedExperts(ExpertLayers(), std::numeric_limits<double>::infinity()) == 8);
  const auto weights = [](double batch) {
    return CostOf({ExpertLayers()}, {.batch = batch}).Of(0, 1, 1).terms.bytes.weights.value;
  };
  CHECK(weights(1) == 2 * 10.0);
  CHECK(weights(2) == Approx(2 * (6 + 2 * 3.5) / 2));
  CHECK(weights(std::numeric_limits<double>::infinity()) == 0);
}

TEST_CASE("one expert is a dense layer, and an endless batch the paper's case", "[cost]") {
  LayerGroup one = ExpertLayers();
  one.experts = one.experts_per_token = 1;
  for (const double batch : {1.0, 7.0, 64.0}) {
    const double dense =
        CostOf({Layers(1, LayerAttention::kFull)}, {.batch = batch}).Of(10, 40, 2).seconds.value;
    CHECK(CostOf({one}, {.batch = batch}).Of(10, 40, 2).seconds.value == Approx(dense));
  }
  const double large = CostOf({ExpertLayers()}, {.batch = 1e18}).Of(10, 40, 2).seconds.value;
  const double endless = CostOf({ExpertLayers()}).Of(10, 40, 2).seconds.value;
  CHECK(large == Approx(endless).epsilon(1e-12));
}

const std::vector<LayerGroup> kMixedLayers = {Layers(1, LayerAttention::kFull), Sliding(3, 20),
                                              Chunked(2, 50)};

TEST_CASE("lengths that cost as much are found among all regimes", "[cost]") {
  for (const Rule rule : {Rule::kAdditive, Rule::kMax, Rule::kFlops}) {
    for (const char* attention : {"dense", "topk:35"}) {
      const CostModel cost = CostOf(kMixedLayers, {.rule = rule}, attention);
      CHECK(cost.Regimes(10).size() == (attention[0] == 'd' ? 3 : 4));
      for (const double tokens : {3.0, 10.0, 17.0, 33.0, 40.0, 900.0}) {
        const Seconds target = cost.Of(10, tokens, 3).seconds;
        CHECK(*SolveGenerationTokens(cost, 10, 3, target) == Approx(tokens).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("the expected cost over lengths is its quadrature with several regimes", "[cost]") {
  const CostModel cost = CostOf(kMixedLayers);
  const LogNormalLength length = {.log_mean = 3, .log_deviation = 0.5, .limit = 60};
  double sum = 0;
  constexpr int kSteps = 200'000;
  constexpr double kReach = 9;
  for (int i = 0; i < kSteps; ++i) {
    const double z = -kReach + 2 * kReach * (i + 0.5) / kSteps;
    const double tokens = std::min(60.0, std::exp(3 + 0.5 * z));
    sum += std::exp(-z * z / 2) / std::sqrt(2 * 3.14159265358979) * 2 * kReach / kSteps *
           cost.Of(10, tokens, 3).seconds.value;
  }
  CHECK(ExpectedLawCost(cost, 10, length).At(3).seconds.value == Approx(sum).epsilon(1e-6));
}

}  // namespace
}  // namespace kinetics
