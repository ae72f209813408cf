#include "kinetics/model/weights.h"

#include <cmath>
#include <limits>

#include "kinetics/io/catalogue.h"
#include "tests/test.h"

namespace kinetics {
namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

TEST_CASE("weights in a plain format are the parameters times its bytes", "[weights]") {
  for (const char* name : {"Qwen3-0.6B", "Qwen3-32B", "gpt-oss-20b", "DeepSeek-V3"}) {
    INFO(name);
    const Model model = LoadModel(name);
    for (const Dtype dtype : {Dtype::kBf16, Dtype::kFp8, Dtype::kFp4}) {
      const WeightFormat format = PlainFormat(dtype);
      const double each = ElementBytes(dtype);
      const auto table = static_cast<double>(model.vocabulary_size * model.hidden_size);
      CHECK(WeightBytes(model, format).value ==
            Approx(each * static_cast<double>(*model.parameters)).epsilon(1e-14));
      CHECK(
          StepWeightBytes(model, format, 1).value ==
          Approx(each * static_cast<double>(model.active.without_input_embedding)).epsilon(1e-14));
      CHECK(StepWeightBytes(model, format, kNoLimit).value ==
            Approx(WeightBytes(model, format).value - (model.tied_embeddings ? 0 : each * table))
                .epsilon(1e-14));
    }
  }
}

// Two layers, of 8 experts with 100 parameters each of which a token takes 2.
Model ExpertModel() {
  Model model = {.name = "toy", .parameters = 2 * 880 + 2 * 50 + 10};
  model.active = {.all = 2 * 280 + 110,
                  .without_input_embedding = 2 * 280 + 60,
                  .without_embedding_and_head = 2 * 280 + 10};
  LayerGroup layer = {.count = 2, .experts = 8, .experts_per_token = 2};
  layer.parameters = {
      .mixer = 40, .feed_forward = 20, .experts = 720, .expert_biases = 80, .other = 20};
  model.layers = {layer};
  return model;
}

TEST_CASE("each class of weights has its bytes an element", "[weights]") {
  Model model = ExpertModel();
  const WeightFormat format = {.name = "mixed",
                               .embedding = 2,
                               .head = 1,
                               .other = 4,
                               .layers = {{.mixer = 2, .feed_forward = 1, .experts = 0.5}}};
  // A layer: 40 * 2 + 20 * 1 + 20 * 4, and experts of 90 * 0.5 + 10 * 4 each.
  CHECK(WeightBytes(model, format).value == 2 * (180 + 8 * 85) + 50 * 2 + 50 * 1 + 10 * 4);
  CHECK(StepWeightBytes(model, format, 1).value == 2 * (180 + 2 * 85) + 50 * 1 + 10 * 4);
  // Two tokens are expected to take 8 (1 - (3/4)^2) = 3.5 experts.
  CHECK(StepWeightBytes(model, format, 2).value == 2 * (180 + 3.5 * 85) + 50 * 1 + 10 * 4);
  SECTION("a tied head is read at the embedding's format, and held once") {
    model.tied_embeddings = true;
    model.parameters = *model.parameters - 50;
    CHECK(WeightBytes(model, format).value == 2 * (180 + 8 * 85) + 50 * 2 + 10 * 4);
    CHECK(StepWeightBytes(model, format, 1).value == 2 * (180 + 2 * 85) + 50 * 2 + 10 * 4);
  }
  SECTION("groups of layers have formats of their own") {
    model.layers[0].count = 1;
    model.layers.push_back(model.layers[0]);
    WeightFormat two = format;
    two.layers.push_back({.mixer = 2, .feed_forward = 2, .experts = 2});
    CHECK(WeightBytes(model, two).value == WeightBytes(model, format).value + 20 * 1 + 720 * 1.5);
  }
}

// Sizes in bytes of all tensors of openai/gpt-oss-20b (model.safetensors.index.json) and of
// openai/gpt-oss-120b (model card: 65.25 GB).
TEST_CASE("gpt-oss takes what its published checkpoints take", "[weights]") {
  const auto bytes = [](const char* name) {
    const Model model = LoadModel(name);
    return WeightBytes(model, FormatOf(model)).value;
  };
  CHECK(bytes("gpt-oss-20b") == 13'761'264'768);
  CHECK(bytes("gpt-oss-120b") == Approx(65.25e9).epsilon(1e-4));
}

TEST_CASE("what is not quantized takes two bytes an element", "[weights]") {
  const Model model = LoadModel("Qwen3-8B");
  CHECK(!model.weights);
  CHECK(FormatOf(model) == PlainFormat(Dtype::kBf16));
  CHECK(WeightBytes(model, FormatOf(model)).value == 2 * 8'190'735'360.0);
}

}  // namespace
}  // namespace kinetics
