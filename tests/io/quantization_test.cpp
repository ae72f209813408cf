#include <cmath>

#include "kinetics/io/config.h"
#include "kinetics/io/model.h"
#include "kinetics/render/model.h"
#include "tests/test.h"

namespace kinetics {
namespace {

constexpr double kBlockFp8 = 1 + 4.0 / (128 * 128);

/// A small model, untied, of a type; `more` holds further members, each with a comma behind it.
std::string QuantizedConfig(const std::string& type, const std::string& quantization,
                            const std::string& more = "") {
  return R"({"model_type": ")" + type + R"(", )" + more + R"("quantization_config": {)" +
         quantization +
         R"(}, "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4,)"
         R"( "num_key_value_heads": 2, "intermediate_size": 96, "vocab_size": 1000})";
}

const std::string kMoe = R"("num_experts": 4, "num_experts_per_tok": 2,
                            "moe_intermediate_size": 8,)";
const std::string kFp8 = R"("quant_method": "fp8", "weight_block_size": [128, 128])";

std::string Tensors(const std::string& weights, const std::string& format,
                    const std::string& more = "") {
  return R"("quant_method": "compressed-tensors", "format": ")" + format + "\", " + more +
         R"("config_groups": {"group_0": {"targets": ["Linear"], "weights": {)" + weights + "}}}";
}
const std::string kInt4 =
    R"("num_bits": 4, "type": "int", "strategy": "group", "group_size": 32, "symmetric": true)";

Model ReadQuantized(const std::string& type, const std::string& quantization,
                    const std::string& more = "") {
  return ReadConfig(QuantizedConfig(type, quantization, more), "f");
}

double AllBytes(const Model& model) { return WeightBytes(model, FormatOf(model)).value; }

std::optional<Model> ReadPublished(const std::string& file) {
  const auto text = test::ReferenceFile("models/" + file);
  return text ? std::optional(ReadConfig(*text, file)) : std::nullopt;
}

/// Elements of all matrices of layers.
double MatrixElements(const LayerGroup& layer) {
  const LayerParameters& parameters = layer.parameters;
  return static_cast<double>(parameters.mixer + parameters.feed_forward + parameters.experts);
}
double MatrixElements(const Model& model) {
  double elements = 0;
  for (const LayerGroup& group : model.layers) {
    elements += static_cast<double>(group.count) * MatrixElements(group);
  }
  return elements;
}

// Tensors of deepseek-ai/DeepSeek-V3 by format, as the Hugging Face hub counts them, with those of
// one layer with experts, embedding and head more, which predict a second token: F8_E4M3
// 680,571,043,840, BF16 3,918,786,560, F32 41,555,600. Scales of blocks that are not whole, and
// correction biases in FP32, are 1e-7 of all.
TEST_CASE("DeepSeek-V3 takes what its published tensors take", "[quantization][reference]") {
  const auto model = ReadPublished("deepseek-ai__DeepSeek-V3.json");
  if (!model) {
    return;
  }
  const double published = 680'571'043'840.0 + 2 * 3'918'786'560.0 + 4 * 41'555'600.0;
  const double predicting = 13'463'426'304.0;
  const double matrices = MatrixElements(model->layers.back());
  CHECK(MatrixElements(*model) + matrices == 680'571'043'840.0);
  CHECK(AllBytes(*model) + matrices * kBlockFp8 + 2 * (predicting - matrices) ==
        Approx(published).epsilon(2e-7));
  CHECK(model->weights->name == "fp8");
  CHECK(model->weights->head == 2);
}

// The published total of MiniMaxAI/MiniMax-M2.5 counts 13,880,064 scales as parameters.
TEST_CASE("MiniMax-M2.5 has a scale for each block of its matrices", "[quantization][reference]") {
  const auto model = ReadPublished("MiniMaxAI__MiniMax-M2.5.json");
  if (!model) {
    return;
  }
  constexpr double kScales = 13'880'064;
  const double matrices = MatrixElements(*model);
  CHECK(matrices == kScales * 128 * 128);
  CHECK(AllBytes(*model) ==
        2 * (static_cast<double>(*model->parameters) - matrices) + matrices + 4 * kScales);
}

// moonshotai/Kimi-K2.5: routed experts in groups of 32 at 4 bits with a scale in BF16, all else in
// BF16; files of about 595 GB.
TEST_CASE("Kimi-K2.5 has its experts alone in four bits", "[quantization][reference]") {
  const auto model = ReadPublished("moonshotai__Kimi-K2.5.json");
  if (!model) {
    return;
  }
  const double experts = 60.0 * 384 * 3 * 7168 * 2048;
  CHECK(AllBytes(*model) ==
        experts * 4.5 / 8 + 2 * (static_cast<double>(*model->parameters) - experts));
  CHECK(AllBytes(*model) == Approx(594.2e9).epsilon(1e-4));
  CHECK(model->weights->name == "int4");
  CHECK(model->weights->layers == std::vector<LayerFormat>{{2, 2, 0.5625}});
}

TEST_CASE("a list of routers and norms spares no matrix", "[quantization][reference]") {
  const auto model = ReadPublished("Qwen__Qwen3-30B-A3B-FP8.json");
  if (!model) {
    return;
  }
  CHECK(model->weights->layers == std::vector<LayerFormat>{{kBlockFp8, kBlockFp8, kBlockFp8}});
  CHECK(AllBytes(*model) == Approx(MatrixElements(*model) * kBlockFp8 +
                                   2 * (30'532'122'624.0 - MatrixElements(*model))));
}

TEST_CASE("formats of weights are those that methods give", "[quantization]") {
  struct Row {
    std::string quantization;
    const char* name;
    double bytes;
    double head;
  };
  for (const Row& row : {
           Row{R"("quant_method": "fp8")", "fp8", 1, 2},
           Row{kFp8, "fp8", kBlockFp8, 2},
           Row{kFp8 + R"(, "modules_to_not_convert": ["lm_head"])", "fp8", kBlockFp8, 2},
           Row{Tensors(kInt4, "pack-quantized"), "int4", 0.5625, 0.5625},
           Row{Tensors(kInt4, "pack-quantized", R"("ignore": ["lm_head"],)"), "int4", 0.5625, 2},
           Row{Tensors(R"("num_bits": 8, "type": "int", "strategy": "channel")", "int-quantized"),
               "int8", 1, 1},
           Row{Tensors(R"("num_bits": 8, "type": "float", "strategy": "block",
                          "block_structure": [128, 128])",
                       "float-quantized"),
               "fp8", 1 + 2.0 / 16384, 1 + 2.0 / 16384},
           Row{Tensors(R"("num_bits": 4, "type": "float", "strategy": "tensor_group",
                          "group_size": 16)",
                       "nvfp4-pack-quantized"),
               "nvfp4", 0.5625, 0.5625},
           Row{Tensors(R"("num_bits": 4, "type": "float", "strategy": "group",
                          "group_size": 32)",
                       "mxfp4-pack-quantized"),
               "mxfp4", 0.53125, 0.53125},
           Row{R"("quant_method": "modelopt", "quant_algo": "NVFP4", "ignore": ["lm_head"])",
               "nvfp4", 0.5625, 2},
           Row{R"("quant_method": "modelopt", "quant_algo": "FP8")", "fp8", 1, 1},
       }) {
    INFO(row.quantization);
    const Model model = ReadQuantized("llama", row.quantization);
    REQUIRE(model.weights);
    CHECK(model.weights->name == row.name);
    CHECK(model.weights->layers == std::vector<LayerFormat>{{row.bytes, row.bytes, row.bytes}});
    CHECK(model.weights->head == row.head);
    CHECK(model.weights->embedding == 2);
    CHECK(model.weights->other == 2);
    const std::string tied = R"("tie_word_embeddings": true,)";
    CHECK(ReadQuantized("llama", row.quantization, tied).weights->head == 2);
  }
}

TEST_CASE("layers that a list spares are groups of their own", "[quantization]") {
  const auto formats = [](const std::string& entries) {
    std::vector<std::pair<int64_t, LayerFormat>> found;
    const Model model = ReadQuantized(
        "qwen3_moe", kFp8 + R"(, "modules_to_not_convert": ["lm_head", )" + entries + "]",
        kMoe + R"("mlp_only_layers": [0],)");
    for (size_t i = 0; i < model.layers.size(); ++i) {
      found.emplace_back(model.layers[i].count, model.weights->Of(i));
    }
    return found;
  };
  using Formats = std::vector<std::pair<int64_t, LayerFormat>>;
  const double q = kBlockFp8;
  CHECK(formats(R"("model.layers.2.self_attn")") ==
        Formats{{1, {q, q, q}}, {2, {q, q, q}}, {1, {2, q, q}}});
  CHECK(formats(R"("model.layers.*.self_attn*")") == Formats{{1, {2, q, q}}, {3, {2, q, q}}});
  CHECK(formats(R"("model.language_model.layers.3.mlp.experts")") ==
        Formats{{1, {q, q, q}}, {2, {q, q, q}}, {1, {q, q, 2}}});
  CHECK(formats(R"("model.layers.0.mlp.gate_proj", "model.layers.0.mlp.up_proj",
                   "model.layers.0.mlp.down_proj")") == Formats{{1, {q, 2, q}}, {3, {q, q, q}}});
  CHECK(formats(R"("re:.*mlp\\.(gate|up|gate_up|down)_proj")") ==
        Formats{{1, {q, 2, q}}, {3, {q, q, q}}});
  CHECK(formats(R"("re:.*layers\\.(1|3)\\..*")") ==
        Formats{{1, {q, q, q}}, {2, {2, q, 2}}, {1, {q, q, q}}});
  // Layer 1 is no beginning of layer 10, a router no matrix; more layers predict further tokens.
  CHECK(formats(R"("model.layers.10.self_attn", "mlp.gate", "model.layers.1.input_layernorm",
                   "model.layers.4.mlp.experts", "mtp.fc", "model.visual.blocks.0")") ==
        Formats{{1, {q, q, q}}, {3, {q, q, q}}});
}

TEST_CASE("matrices that are spared within a class count by their elements", "[quantization]") {
  // Of attention, 64 (64 + 32 + 32 + 64) elements, o_proj has a third, k_proj and v_proj a sixth.
  const auto mixer = [](const std::string& entry) {
    const Model model = ReadQuantized(
        "llama", R"("quant_method": "fp8", "modules_to_not_convert": ["lm_head", )" + entry + "]");
    return model.weights->Of(0).mixer;
  };
  CHECK(mixer(R"("o_proj")") == Approx(1 + 1 / 3.0));
  CHECK(mixer(R"("self_attn.k_proj")") == Approx(1 + 1 / 6.0));
  CHECK(mixer(R"("model.layers.*.self_attn.qkv_proj")") == Approx(1 + 2 / 3.0));
  // Latent attention: 64 x 8 and 8 x 4 (4 + 4) for queries, 64 (8 + 4), 8 x 4 (4 + 4) and 16 x 64.
  const Model latent = ReadQuantized(
      "deepseek_v3",
      R"("quant_method": "fp8", "modules_to_not_convert": ["lm_head", "kv_b_proj", "q_a_proj"])",
      kMoe + R"("q_lora_rank": 8, "kv_lora_rank": 8, "qk_rope_head_dim": 4,
                "qk_nope_head_dim": 4, "v_head_dim": 4,)");
  CHECK(latent.layers[0].parameters.mixer == 512 + 256 + 768 + 256 + 1024);
  CHECK(latent.weights->Of(0).mixer == Approx(1 + (256 + 512) / 2816.0));
  // A gated delta net: 64 (2 x 16 + 32), 64 x 32, twice 64 x 4 and 32 x 64.
  const Model delta = ReadQuantized(
      "qwen3_next", R"("quant_method": "fp8", "modules_to_not_convert": ["lm_head",
                        "linear_attn.in_proj_ba", "linear_attn.conv1d"])",
      kMoe + R"("linear_num_key_heads": 2, "linear_key_head_dim": 8, "linear_num_value_heads": 4,
                "linear_value_head_dim": 8, "linear_conv_kernel_dim": 4,
                "shared_expert_intermediate_size": 8,)");
  CHECK(delta.weights->Of(0).mixer == Approx(1 + 512.0 / (4096 + 2048 + 512 + 2048)));
}

TEST_CASE("a quantization beside or within the text model's part is read", "[quantization]") {
  const std::string text = QuantizedConfig("mistral", kFp8);
  const Model nested =
      ReadConfig(R"({"model_type": "mistral3", "text_config": )" + text + "}", "f");
  CHECK(nested.weights == ReadConfig(text, "f").weights);
  const Model beside = ReadConfig(R"({"model_type": "mistral3", "quantization_config": {)" + kFp8 +
                                      R"(}, "text_config": {"hidden_size": 64,
      "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2,
      "intermediate_size": 96, "vocab_size": 1000}})",
                                  "f");
  CHECK(beside.weights == nested.weights);
}

TEST_CASE("a preset holds the format of its weights", "[quantization]") {
  const Model model = ReadQuantized(
      "llama", kFp8 + R"(, "modules_to_not_convert": ["lm_head", "model.layers.2.self_attn"])");
  const std::string preset = RenderModel(model, {}, Format::kJson, {});
  const Model again = ReadModel(preset, "preset");
  CHECK(again.weights == model.weights);
  CHECK(RenderModel(again, {}, Format::kJson, {}) == preset);
  CHECK_THAT(preset, Catch::Contains("\"format\": \"fp8\""));
  const auto with = [&preset](const std::string& from, const std::string& to) {
    std::string text = preset;
    const size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return test::ErrorOf([&] { ReadModel(text.replace(at, from.size(), to), "preset"); });
  };
  CHECK_THAT(with("\"weight_bytes\": ", "\"weight_bytes\": 1"),
             Catch::Contains("/weight_bytes: expected ") && Catch::Contains("as the layers give"));
  CHECK_THAT(with("\"embedding\": 2", "\"embedding\": 9"),
             Catch::Contains("/weights/embedding: expected bytes an element"));
}

TEST_CASE("quantizations that are not known are refused at their place", "[quantization]") {
  struct Row {
    const char* type;
    std::string quantization;
    const char* message;
  };
  const std::string group = R"("config_groups": {"group_0": {"targets": ["Linear"], )";
  for (const Row& row : {
           Row{"llama", R"("quant_method": "awq", "bits": 4)",
               "/quantization_config/quant_method: expected fp8, mxfp4, compressed-tensors or "
               "modelopt, found \"awq\""},
           Row{"llama", R"("bits": 4)", "expected the key \"quant_method\", which is missing"},
           Row{"llama", R"("quant_method": "mxfp4")", "which is gpt-oss's"},
           Row{"jamba", kFp8, "/quantization_config: expected null, since the weights of type"},
           Row{"llama", kFp8 + R"(, "bits": 4)", "/quantization_config/bits: "},
           Row{"llama", R"("quant_method": "fp8", "weight_block_size": [128])",
               "/weight_block_size: expected two sizes"},
           Row{"llama", R"("quant_method": "fp8", "weight_block_size": [0, 128])",
               "/weight_block_size/0: expected a whole number of elements from 1"},
           Row{"llama", R"("quant_method": "fp8", "fmt": "e5m2")", "/fmt: expected e4m3"},
           Row{"llama", kFp8 + R"(, "modules_to_not_convert": ["self_attn"])",
               "/modules_to_not_convert: expected lm_head in the list"},
           Row{"llama", kFp8 + R"(, "modules_to_not_convert": ["lm_head", "mystery"])",
               "/modules_to_not_convert/1: expected a module of the model that is known, found "
               "\"mystery\""},
           Row{"llama", kFp8 + R"(, "modules_to_not_convert": ["lm_head", "re:(("])",
               "/modules_to_not_convert/1: expected a regular expression"},
           Row{"llama", kFp8 + R"(, "modules_to_not_convert": [1])", "expected a string"},
           Row{"llama",
               Tensors(R"("num_bits": 4, "type": "int", "strategy": "group",
                                   "group_size": 32, "symmetric": false)",
                       "pack-quantized"),
               "/weights/symmetric: expected true"},
           Row{"llama", Tensors(R"("num_bits": 3, "type": "int")", "pack-quantized"),
               "/weights/num_bits: expected 4 or 8 bits, found 3"},
           Row{"llama", Tensors(kInt4, "int-quantized"), "/weights/num_bits: expected 8 bits"},
           Row{"llama", Tensors(kInt4, "marlin-24"), "/format: expected float-quantized or"},
           Row{"llama", Tensors(kInt4, "pack-quantized", R"("quantization_status": "frozen",)"),
               "/quantization_status: expected compressed"},
           Row{"llama", Tensors(kInt4, "pack-quantized", R"("sparsity_config": {"a": 1},)"),
               "/sparsity_config: expected null"},
           Row{"llama",
               R"("quant_method": "compressed-tensors", "format": "pack-quantized",
                  "config_groups": {"a": {}, "b": {}})",
               "/config_groups: expected one group of modules, found 2"},
           Row{"llama",
               R"("quant_method": "compressed-tensors", "format": "pack-quantized",
                  "config_groups": {"a": {"targets": ["re:.*mlp.*"], "weights": {}}})",
               "/targets: expected [\"Linear\"]"},
           Row{"llama", R"("quant_method": "modelopt", "quant_algo": "MIXED_PRECISION")",
               "/quant_algo: expected FP8 or NVFP4"},
           Row{"llama",
               R"("quant_method": "modelopt", "quant_algo": "FP8", )" + group +
                   R"("weights": {"num_bits": 4, "type": "float", "group_size": 16}}})",
               "/config_groups: expected weights as quant_algo says"},
       }) {
    INFO(row.quantization);
    const std::string error = test::ErrorOf([&] { ReadQuantized(row.type, row.quantization); });
    CHECK_THAT(error, Catch::Contains(row.message));
    CHECK(error.find('\n') == std::string::npos);
  }
  CHECK_THAT(test::ErrorOf([] {
               ReadQuantized("qwen3_moe", kFp8 + R"(, "modules_to_not_convert": ["lm_head",
                                        "model.layers.1.mlp.experts.0"])",
                             kMoe);
             }),
             Catch::Contains("/modules_to_not_convert/1: expected all experts of a layer or none"));
}

}  // namespace
}  // namespace kinetics
