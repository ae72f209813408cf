#include "kinetics/io/config.h"

#include <algorithm>
#include <cmath>

#include "kinetics/core/text.h"
#include "kinetics/io/catalogue.h"
#include "kinetics/io/csv.h"
#include "kinetics/io/model.h"
#include "kinetics/render/model.h"
#include "tests/test.h"

namespace kinetics {
namespace {

/// A small model of a type; `more` holds further members, each with a comma behind it.
std::string ConfigOf(const std::string& type, const std::string& more = "") {
  return R"({"model_type": ")" + type + R"(", )" + more +
         R"("hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4,)"
         R"( "num_key_value_heads": 2, "intermediate_size": 96, "vocab_size": 1000})";
}

/// Members that models of some types need, each with a comma behind it.
const std::string kExpertMembers = R"("num_experts": 4, "num_experts_per_tok": 2,
                                "moe_intermediate_size": 8,)";
const std::string kLatentMembers =
    R"("kv_lora_rank": 8, "qk_rope_head_dim": 4, "qk_nope_head_dim": 4,
                               "v_head_dim": 4,)";
const std::string kLinearMembers = R"("linear_num_key_heads": 2, "linear_key_head_dim": 8,
    "linear_num_value_heads": 4, "linear_value_head_dim": 8, "linear_conv_kernel_dim": 4,
    "shared_expert_intermediate_size": 8,)";
const std::string kMambaMembers = R"("mamba_num_heads": 2, "mamba_head_dim": 8, "n_groups": 1,
    "ssm_state_size": 16, "conv_kernel": 4, "hybrid_override_pattern": "MEM*",)";

std::string WithInstead(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// Refused in one line.
void CheckRefusedText(const std::string& text, const std::string& message) {
  const std::string error = test::ErrorOf([&] { ReadConfig(text, "f"); });
  CHECK_THAT(error, Catch::Contains(message));
  CHECK(error.find('\n') == std::string::npos);
}

void CheckCount(std::optional<int64_t> found, const std::string& expected) {
  CHECK((expected.empty() ? !found : found == ParseInteger(expected)));
}

/// A row of the reference table: figures of a config that were worked out independently.
void CheckConfig(const CsvTable& table, const std::vector<std::string>& cells) {
  const auto cell = [&](const std::string& column) {
    const auto at = std::find(table.columns.begin(), table.columns.end(), column);
    return cells.at(static_cast<size_t>(at - table.columns.begin()));
  };
  const auto text = test::ReferenceFile("models/" + cell("file"));
  REQUIRE(text);
  const Model model = ReadConfig(*text, cell("file"));
  INFO(cell("model"));
  const auto active = [&model](int64_t count) {
    return model.parameters ? std::optional(count) : std::nullopt;
  };
  CheckCount(model.parameters, cell("computed_total"));
  CheckCount(active(model.active.all), cell("computed_active"));
  CheckCount(active(model.active.without_input_embedding),
             cell("computed_active_excl_input_embed"));
  CheckCount(active(model.active.without_embedding_and_head),
             cell("computed_active_excl_embed_and_head"));
  if (HasConstantKv(model)) {
    CheckCount(std::llround(KvBytesPerToken(model, Dtype::kBf16).value),
               cell("kv_bytes_per_token_bf16"));
  }
  CheckCount(std::llround(GrowingKvBytesPerToken(model, Dtype::kBf16).value),
             cell("kv_bytes_growing_layers_bf16"));
  CheckCount(StateElements(model), cell("state_elements"));
  CheckCount(ConvElements(model), cell("conv_state_elements"));
  CHECK(model.tied_embeddings == (cell("tied") == "True"));
  constexpr double kMib = 1U << 20U;
  for (const auto& [context, column] :
       {std::pair{4096, "kv_read_mib_4k"}, std::pair{32768, "kv_read_mib_32k"},
        std::pair{131072, "kv_read_mib_128k"}}) {
    CHECK(KvReadBytes(model, Dtype::kBf16, context).value / kMib ==
          Approx(*ParseNumber(cell(column))).margin(0.1));
  }
  // What the program prints of it is a preset.
  const std::string preset = RenderModel(model, {}, Format::kJson, {});
  CHECK(RenderModel(ReadModel(preset, "preset"), {}, Format::kJson, {}) == preset);
}

TEST_CASE("configs of 93 models have their published parameters, caches and states",
          "[config][reference]") {
  const auto index = test::ReferenceFile("models/INDEX.csv");
  if (!index) {
    return;
  }
  const CsvTable table = ParseCsv(*index, "INDEX.csv");
  for (const auto& row : table.rows) {
    CheckConfig(table, row.cells);
  }
  CHECK(table.rows.size() == 93);
}

TEST_CASE("presets are what the configs of their models give", "[config][reference]") {
  const auto index = test::ReferenceFile("models/INDEX.csv");
  if (!index) {
    return;
  }
  const CsvTable table = ParseCsv(*index, "INDEX.csv");
  size_t found = 0;
  for (const auto& row : table.rows) {
    const std::string name = row.cells[0].substr(row.cells[0].rfind('/') + 1);
    auto preset = FindModel(name);
    if (!preset) {
      continue;
    }
    ++found;
    Model model = ReadConfig(*test::ReferenceFile("models/" + row.cells[1]), name);
    model.name = name;
    model.source = preset->source;
    model.published_parameters = preset->published_parameters;
    CHECK(RenderModel(*preset, {}, Format::kJson, {}) == RenderModel(model, {}, Format::kJson, {}));
  }
  // Fine-tunes have the shapes of what they are tuned from.
  const std::vector<std::pair<const char*, const char*>> tuned = {
      {"DeepSeek-R1-Distill-Qwen-7B", "Qwen2.5-7B-Instruct"},
      {"DeepSeek-R1-Distill-Qwen-14B", "Qwen2.5-14B"},
      {"DeepSeek-R1-Distill-Qwen-32B", "Qwen2.5-32B"}};
  for (const auto& [name, of] : tuned) {
    Model base = LoadModel(of);
    const Model model = LoadModel(name);
    base.name = name;
    base.source = model.source;
    CHECK(RenderModel(model, {}, Format::kJson, {}) == RenderModel(base, {}, Format::kJson, {}));
  }
  CHECK(found + tuned.size() == ModelNames().size());
}

// Published totals of LiquidAI/LFM2-1.2B and baidu/ERNIE-4.5-21B-A3B, with their sizes.
TEST_CASE("an MLP that its class narrows, and correction biases, are counted", "[config]") {
  const Model lfm2 = ReadConfig(
      R"({"model_type": "lfm2", "hidden_size": 2048, "num_hidden_layers": 16,
          "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 65536,
          "block_ff_dim": 12288, "block_auto_adjust_ff_dim": true, "block_multiple_of": 256,
          "block_ffn_dim_multiplier": 1.0, "conv_L_cache": 3,
          "layer_types": ["conv", "conv", "full_attention", "conv", "conv", "full_attention",
            "conv", "conv", "full_attention", "conv", "full_attention", "conv",
            "full_attention", "conv", "full_attention", "conv"]})",
      "f");
  CHECK(lfm2.parameters == 1'170'340'608);
  const Model ernie = ReadConfig(
      R"({"model_type": "ernie4_5_moe", "hidden_size": 2560, "num_hidden_layers": 28,
          "num_attention_heads": 20, "num_key_value_heads": 4, "vocab_size": 103424,
          "head_dim": 128, "intermediate_size": 12288, "moe_intermediate_size": 1536,
          "moe_num_experts": 64, "moe_k": 6, "moe_num_shared_experts": 2,
          "moe_layer_start_index": 1, "moe_layer_interval": 1, "tie_word_embeddings": true})",
      "f");
  CHECK(ernie.parameters == 21'825'437'888);
}

TEST_CASE("keys decide where layers slide, in their own way for each type", "[config]") {
  const auto windows = [](const std::string& type, const std::string& more) {
    std::vector<std::pair<int64_t, int64_t>> found;  // layers, window
    for (const LayerGroup& group : ReadConfig(ConfigOf(type, more), "f").layers) {
      found.emplace_back(group.count, group.window_tokens);
    }
    return found;
  };
  using Found = std::vector<std::pair<int64_t, int64_t>>;
  CHECK(windows("mistral", "") == Found{{4, 4096}});
  CHECK(windows("mistral", R"("sliding_window": null,)") == Found{{4, 0}});
  CHECK(windows("qwen2", R"("sliding_window": 128,)") == Found{{4, 0}});
  CHECK(windows("qwen2", R"("use_sliding_window": true, "sliding_window": 128,
                            "max_window_layers": 3,)") == Found{{3, 0}, {1, 128}});
  CHECK(windows("qwen2", R"("use_sliding_window": true, "sliding_window": 128,
                            "max_window_layers": 0, "max_position_embeddings": 128,)") ==
        Found{{4, 0}});
  CHECK(windows("phi3", R"("sliding_window": 128, "max_position_embeddings": 128,)") ==
        Found{{4, 0}});
  CHECK(windows("mistral", R"("sliding_window": 128, "max_position_embeddings": 64,)") ==
        Found{{4, 128}});
  CHECK(windows("mistral", R"("sliding_window_size": 128,)") == Found{{4, 128}});
  CHECK(windows("gpt_oss", kExpertMembers + R"("sliding_window_size": 64,)") ==
        Found{{2, 64}, {2, 0}});
  CHECK(windows("gemma2", R"("sliding_window": 128,)") == Found{{2, 128}, {2, 0}});
  CHECK(windows("olmo3", R"("sliding_window": 128,)") == Found{{3, 128}, {1, 0}});
  CHECK(windows("gemma3_text", R"("sliding_window": 128, "sliding_window_pattern": 2,)") ==
        Found{{2, 128}, {2, 0}});
}

int64_t ConfigExpertLayers(const std::string& type, const std::string& more) {
  int64_t layers = 0;
  for (const LayerGroup& group : ReadConfig(ConfigOf(type, more), "f").layers) {
    layers += group.experts > 0 ? group.count : 0;
  }
  return layers;
}

TEST_CASE("layers with experts are told from dense ones by the rule of each type", "[config]") {
  const std::string deepseek = R"("q_lora_rank": null,)" + kLatentMembers + kExpertMembers;
  struct Row {
    const char* type;
    std::string more;
    int64_t layers;
  };
  for (const Row& row : {
           Row{"qwen3_moe", kExpertMembers + R"("mlp_only_layers": [0],)", 3},
           Row{"qwen3_next", kLinearMembers + kExpertMembers, 4},
           Row{"qwen3_next", kLinearMembers + kExpertMembers + R"("mlp_only_layers": [1, 2],)", 2},
           Row{"qwen3_next", kLinearMembers + kExpertMembers + R"("decoder_sparse_step": 2,)", 2},
           Row{"deepseek_v3", deepseek + R"("first_k_dense_replace": 1,)", 3},
           Row{"deepseek_v3", deepseek + R"("moe_layer_freq": [1, 0, 1, 1, 1],)", 3},
           Row{"deepseek_v3", deepseek + R"("moe_layer_freq": [1, 1, 0, 1],
                                            "first_k_dense_replace": 2,)",
               1},
           Row{"deepseek_v3", deepseek + R"("mlp_layer_types": ["dense", "sparse", "sparse",
                                            "sparse", "sparse"],)",
               3},
           Row{"deepseek_v2", R"("q_lora_rank": null,)" + kLatentMembers, 0},
           Row{"ernie4_5_moe", kExpertMembers + R"("moe_layer_end_index": 2,)", 2},
           Row{"ernie4_5_moe", kExpertMembers + R"("moe_layer_end_index": -1,)", 3},
       }) {
    INFO(row.type << ' ' << row.more);
    CHECK(ConfigExpertLayers(row.type, row.more) == row.layers);
  }
}

TEST_CASE("what a config does not say is as its class has it", "[config]") {
  CHECK(ReadConfig(ConfigOf("smollm3"), "f").tied_embeddings);
  const std::string falcon = R"("mamba_n_heads": 4, "mamba_d_head": 8, "mamba_d_ssm": 32,)";
  const auto parameters = [&](const std::string& more) {
    return *ReadConfig(ConfigOf("falcon_h1", falcon + more), "f").parameters;
  };
  CHECK(parameters("") == parameters(R"("mamba_rms_norm": false,)"));
  CHECK(parameters(R"("mamba_rms_norm": true,)") == parameters("") + 4 * 32);
  const Model mistral =
      ReadConfig(R"({"model_type": "mistral3", "text_config": )" +
                     WithInstead(ConfigOf("mistral"), R"("model_type": "mistral", )", "") + "}",
                 "f");
  CHECK(mistral.parameters == ReadConfig(ConfigOf("mistral"), "f").parameters);
  CHECK(mistral.layers == ReadConfig(ConfigOf("mistral"), "f").layers);
}

TEST_CASE("LFM2 says by numbers or by kinds which layers attend", "[config]") {
  const Model by_number = ReadConfig(ConfigOf("lfm2", R"("full_attn_idxs": [1, 3],)"), "f");
  const Model by_kind =
      ReadConfig(ConfigOf("lfm2", R"("layer_types": ["conv", "full_attention", "conv",
                                     "full_attention"],)"),
                 "f");
  CHECK(by_number.layers == by_kind.layers);
  CHECK(by_number.parameters == by_kind.parameters);
}

TEST_CASE("a key of a sparse index has an FP32 scale for up to 128 elements", "[config]") {
  for (const auto& [dim, bytes] : {std::pair{64, 68}, {128, 132}, {129, 137}, {256, 264}}) {
    CHECK(IndexKeyBytes({.index_dim = dim}) == bytes);
  }
}

TEST_CASE("large counts of bytes are written with all digits", "[config]") {
  const Model model = ReadConfig(WithInstead(ConfigOf("llama", R"("head_dim": 10000000,)"),
                                             "\"hidden_size\": 64", "\"hidden_size\": 1"),
                                 "f");
  const std::string json = RenderModel(model, {.context_tokens = 100'000}, Format::kJson, {});
  CHECK_THAT(json, Catch::Contains("\"kv_read_bytes\": 32000000000000"));
  CHECK_THAT(json, Catch::Contains("\"kv_bytes_per_token\": 320000000"));
}

TEST_CASE("Infinity is read where it is a number, and kept where it is text", "[config]") {
  const std::string limits = R"("time_step_limit": [0.0, Infinity, -Infinity],)";
  CHECK(ReadConfig(ConfigOf("llama", limits), "f").parameters ==
        ReadConfig(ConfigOf("llama"), "f").parameters);
  CheckRefusedText(R"({"model_type": "Infinity"})", "found \"Infinity\"");
}

TEST_CASE("a model is named after its folder or its file", "[config]") {
  CHECK(ReadConfig(ConfigOf("llama"), "/models/Mine-1B/config.json").name == "Mine-1B");
  CHECK(ReadConfig(ConfigOf("llama"), "/models/Mine-2B.json").name == "Mine-2B");
}

TEST_CASE("configs that cannot be right are refused in one line, with the place", "[config]") {
  struct Row {
    std::string text;
    const char* message;
  };
  const std::string valid = ConfigOf("llama");
  for (const Row& row :
       {Row{valid.substr(0, 60), "expected JSON, found the end of the file"},
        Row{"[1]", "f:1: expected an object"},
        Row{R"({"hidden_size": 64})", "expected the key \"model_type\", which is missing"},
        Row{ConfigOf("llama7"), "f:1: /model_type: expected a type of model that is known"},
        Row{R"({"model_type": "clip_vision_model", "vision_config": {"hidden_size": 64}})",
            "/model_type: expected a type of model that is known"},
        Row{WithInstead(valid, "\"vocab_size\": 1000", "\"vocab\": 1000"),
            "expected the key \"vocab_size\", which is missing"},
        Row{WithInstead(valid, "\"hidden_size\": 64", "\"hidden\": 64"),
            "f:1: expected the key \"hidden_size\" or \"n_embd\", which is missing"},
        Row{WithInstead(valid, "\"num_hidden_layers\": 4", "\"layers\": 4"),
            "expected the key \"num_hidden_layers\" or \"n_layer\", which is missing"},
        Row{WithInstead(ConfigOf("gemma3_text"), R"(_heads": 4, "num_key_value_heads": 2)",
                        R"(_heads": 6)"),
            "/num_attention_heads: expected a multiple of num_key_value_heads (4 where absent), "
            "found 6"},
        Row{WithInstead(valid, "\"hidden_size\": 64", "\"hidden_size\": \"64\""),
            "/hidden_size: expected a whole number of units from 1 to 10000000, found \"64\""},
        Row{WithInstead(valid, "\"num_attention_heads\": 4", "\"num_attention_heads\": 0"),
            "/num_attention_heads: expected a whole number of units from 1"},
        Row{WithInstead(valid, "\"num_hidden_layers\": 4", "\"num_hidden_layers\": -4"),
            "/num_hidden_layers: expected a whole number of layers from 1 to 10000"},
        Row{WithInstead(valid, "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3"),
            "/num_key_value_heads: expected a divisor of 4 query heads, found 3"},
        Row{WithInstead(valid, "\"hidden_size\": 64", "\"hidden_size\": 66"),
            "/num_attention_heads: expected a divisor of hidden_size 66, or head_dim, found 4"},
        Row{WithInstead(valid, "\"intermediate_size\": 96", "\"intermediate_size\": 9e18"),
            "/intermediate_size: expected a whole number of units from 1 to 10000000"},
        Row{WithInstead(WithInstead(WithInstead(valid, "96", "10000000"), "64", "10000000"), ": 4,",
                        ": 10000,"),
            "expected a model of at most 2^53 parameters"},
        Row{ConfigOf("qwen3", R"("layer_types": ["full_attention"],)"),
            "/layer_types: expected a list for 4 layers, found 1"},
        Row{ConfigOf("qwen3", R"("layer_types": ["full_attention", "mystery", "full_attention",
                                 "full_attention"],)"),
            "/layer_types: expected layers of known kinds; 'mystery' is not known"},
        Row{ConfigOf("mixtral"),
            "expected the key \"num_experts\", \"num_local_experts\", \"n_routed_experts\" or "
            "\"moe_num_experts\", which is missing"},
        Row{ConfigOf("qwen3_moe", R"("num_experts": 4, "num_experts_per_tok": 5,
                                     "moe_intermediate_size": 8,)"),
            "/num_experts_per_tok: expected at most 4 experts a token (num_experts), found 5"},
        Row{ConfigOf("deepseek_v3", "\"q_lora_rank\": 8,"),
            "expected the key \"kv_lora_rank\", which is missing"},
        Row{ConfigOf("phi3", R"("attention_bias": true,)"),
            "/attention_bias: expected a value that its parameter formula covers, found true"}}) {
    CheckRefusedText(row.text, row.message);
  }
}

struct RefusedConfig {
  const char* type;
  std::string more;
  const char* message;
};

void CheckRefusedConfigs(const std::vector<RefusedConfig>& rows) {
  for (const RefusedConfig& row : rows) {
    INFO(row.type << ' ' << row.more);
    CheckRefusedText(ConfigOf(row.type, row.more), row.message);
  }
}

TEST_CASE("what would change a model's size without a formula is refused", "[config]") {
  const std::string uncovered = "expected a value that its parameter formula covers";
  std::vector<RefusedConfig> rows = {
      {"smollm3", R"("use_sliding_window": true, "sliding_window": 8,)", "/use_sliding_window: "},
      {"mimo", R"("attention_bias": true, "use_sliding_window": true,)", "/use_sliding_window: "},
      {"qwen3_moe", kExpertMembers + R"("attention_bias": true,)", "/attention_bias: "},
      {"qwen3_vl_moe", kExpertMembers + R"("attention_bias": true,)", "/attention_bias: "},
      {"minimax_m2", kExpertMembers + R"("attention_bias": true,)", "/attention_bias: "},
      {"mixtral", kExpertMembers + R"("mlp_bias": true,)", "/mlp_bias: "},
      {"qwen2", R"("mlp_bias": true,)", "/mlp_bias: "},
      {"llama", R"("num_local_experts": 8,)", "/num_local_experts: "},
      {"mistral", R"("n_routed_experts": 8,)", "/n_routed_experts: "},
      {"gemma3", R"("moe_num_experts": 8,)", "/moe_num_experts: "},
      {"qwen3", kExpertMembers, "/num_experts: "},
      {"olmo2", R"("kv_lora_rank": 8,)", "/kv_lora_rank: "},
      {"phi3", R"("hybrid_override_pattern": "M*M*",)", "/hybrid_override_pattern: "},
      {"nemotron_h", kMambaMembers + kExpertMembers + R"("n_shared_experts": 2,)",
       "/n_shared_experts: "}};
  for (const RefusedConfig& row : rows) {
    CheckRefusedConfigs({row, {row.type, row.more, uncovered.c_str()}});
  }
  const std::string none = R"("num_experts": 0, "kv_lora_rank": null, "mlp_bias": false,)";
  CHECK(ReadConfig(ConfigOf("mistral", none), "f").parameters ==
        ReadConfig(ConfigOf("mistral"), "f").parameters);
}

TEST_CASE("a number of experts that is missing is no zero", "[config]") {
  const char* const missing = "expected the key \"num_experts\", \"num_local_experts\"";
  const std::string top = R"("num_experts_per_tok": 2,)";
  const std::string latent = R"("q_lora_rank": 8,)" + kLatentMembers;
  CheckRefusedConfigs({{"qwen3_moe", top, missing},
                       {"qwen3_next", kLinearMembers, missing},
                       {"deepseek_v2", latent + R"("moe_intermediate_size": 8,)", missing},
                       {"deepseek_v3", latent, missing},
                       {"kimi_k2", latent + top, missing},
                       {"glm4_moe", top, missing},
                       {"jamba", top, missing},
                       {"ernie4_5_moe", R"("moe_k": 2,)", missing},
                       {"llama4_text", R"("intermediate_size_mlp": 8,)", missing},
                       {"qwen3_moe", R"("num_experts": null,)", "/num_experts: expected a value"}});
}

TEST_CASE("latent attention says whether queries have a latent", "[config]") {
  const char* const missing = "expected the key \"q_lora_rank\", which is missing";
  const std::string index = R"("index_n_heads": 2, "index_head_dim": 8, "index_topk": 4,)";
  CheckRefusedConfigs(
      {{"deepseek_v2", kLatentMembers, missing},
       {"deepseek_v3", kLatentMembers + kExpertMembers, missing},
       {"kimi_k2", kLatentMembers + kExpertMembers, missing},
       {"minicpm3", kLatentMembers, missing},
       {"deepseek_v32", kLatentMembers + kExpertMembers + index + R"("q_lora_rank": null,)",
        "/q_lora_rank: expected a whole number"},
       {"glm_moe_dsa", kLatentMembers + kExpertMembers + index + R"("q_lora_rank": null,)",
        "/q_lora_rank: expected a whole number"},
       {"minicpm3", kLatentMembers + R"("q_lora_rank": 0,)", "/q_lora_rank: expected"}});
  CHECK(
      ReadConfig(ConfigOf("minicpm3", kLatentMembers + R"("q_lora_rank": null,)"), "f").parameters);
}

TEST_CASE("lists and periods that do not fit the layers are refused", "[config]") {
  const std::string llama4 = kExpertMembers + R"("intermediate_size_mlp": 8,)";
  CheckRefusedConfigs(
      {{"minimax_m2", kExpertMembers + R"("attn_type_list": [1, 0, 1, 1],)",
        "/attn_type_list: expected layers of known kinds; '0' is not known"},
       {"minimax_m1", kExpertMembers + R"("attn_type_list": [1, 0, 1, 1, 1],)",
        "/attn_type_list: expected a list for 4 layers, found 5"},
       {"granitemoehybrid", R"("layers_block_type": ["mamba"],)",
        "/layers_block_type: expected a list for 4 layers, found 1"},
       {"nemotron_h", WithInstead(kMambaMembers, "MEM*", "MEM"),
        "/hybrid_override_pattern: expected a pattern of 4 layers, found 3"},
       {"nemotron-nas", R"("block_configs": [],)",
        "/block_configs: expected a list for 4 layers, found 0"},
       {"llama4_text", llama4 + R"("no_rope_layers": [1, 2, 1, 0],)",
        "/no_rope_layers/1: expected a whole number of units from 0 to 1, found 2"},
       {"llama4_text", llama4 + R"("attention_chunk_size": null,)",
        "/attention_chunk_size: expected a whole number of units from 1"},
       {"gpt_oss", kExpertMembers + R"("sliding_window": null,)", "/sliding_window: expected"},
       {"jamba", R"("attn_layer_offset": 8,)",
        "/attn_layer_offset: expected less than attn_layer_period 8, found 8"},
       {"jamba", R"("attn_layer_period": 4,)",
        "/attn_layer_period: expected more than attn_layer_offset (4 where absent), found 4"},
       {"jamba", R"("expert_layer_offset": 2,)",
        "/expert_layer_offset: expected less than expert_layer_period 2, found 2"},
       {"lfm2", R"("full_attn_idxs": [4],)",
        "/full_attn_idxs/0: expected a whole number of layers from 0 to 3, found 4"},
       {"lfm2", "", "expected the key \"layer_types\" or \"full_attn_idxs\", which is missing"},
       {"qwen3_next",
        kExpertMembers + WithInstead(kLinearMembers, "\"linear_num_value_heads\": 4",
                                     "\"linear_num_value_heads\": 3"),
        "/linear_num_value_heads: expected a multiple of linear_num_key_heads 2, found 3"},
       {"gemma4", R"("layer_types": ["full_attention", "full_attention", "full_attention",
                     "full_attention"], "num_kv_shared_layers": 4,)",
        "/num_kv_shared_layers: expected fewer than 4 layers, found 4"},
       {"deepseek_v3",
        R"("q_lora_rank": 8, "topk_method": "mystery",)" + kLatentMembers + kExpertMembers,
        "/topk_method: expected noaux_tc, greedy or group_limited_greedy, found \"mystery\""}});
}

TEST_CASE("DeepSeek-V4 has one KV head of a width that it says", "[config]") {
  const std::string more =
      R"("sliding_window": 8, "compress_ratios": [0, 128, 0, 128, 0], "num_kv_heads": 1,)";
  CheckRefusedConfigs(
      {{"deepseek_v4", more, "/num_key_value_heads: expected 1, which compressed"}});
  const std::string single =
      WithInstead(ConfigOf("deepseek_v4", more), "\"num_key_value_heads\": 2", "\"head\": 1");
  CheckRefusedText(single, "expected the key \"head_dim\"");
  CHECK(ReadConfig(WithInstead(single, "\"head\"", "\"head_dim\""), "f").layers.size() == 2);
}

TEST_CASE("parts of NAS blocks that no formula covers are refused", "[config]") {
  const std::string attention = R"("n_heads_in_group": 2)";
  const std::string ffn = R"("ffn_mult": 1)";
  const auto blocks = [](const std::string& a, const std::string& b) {
    const std::string block = R"({"attention": {)" + a + R"(}, "ffn": {)" + b + "}}";
    return R"("block_configs": [)" + block + "," + block + "," + block + "," + block + "],";
  };
  CHECK(ReadConfig(ConfigOf("nemotron-nas", blocks(attention, ffn)), "f").layers.size() == 1);
  CheckRefusedConfigs(
      {{"nemotron-nas", blocks(attention + R"(, "window_length": 8)", ffn),
        "/block_configs/0/attention/window_length: expected null"},
       {"nemotron-nas", blocks(attention + R"(, "num_sink_tokens": 8)", ffn),
        "/block_configs/0/attention/num_sink_tokens: expected null"},
       {"nemotron-nas", blocks(attention + R"(, "sparsify": [1])", ffn),
        "/block_configs/0/attention/sparsify: expected null"},
       {"nemotron-nas", blocks(attention, ffn + R"(, "moe": {})"),
        "/block_configs/0/ffn/moe: expected null"},
       {"nemotron-nas", blocks(R"("n_heads_in_group": 3)", ffn),
        "/n_heads_in_group: expected a divisor of num_attention_heads 4, found 3"}});
}

TEST_CASE("sizes that a type does not use are read all the same", "[config]") {
  const std::string deepseek = R"("q_lora_rank": 8,)" + kLatentMembers + kExpertMembers;
  CheckRefusedConfigs(
      {{"deepseek_v3", deepseek + R"("head_dim": -1,)", "/head_dim: expected a whole number"},
       {"deepseek_v3", deepseek + R"("num_kv_heads": 0,)", "/num_kv_heads: expected a whole"},
       {"qwen3_moe", kExpertMembers + R"("shared_intermediate_size": "8",)",
        "/shared_intermediate_size: expected a whole number"},
       {"llama", R"("num_experts_per_tok": -2,)", "/num_experts_per_tok: expected a whole number"},
       {"llama", R"("moe_intermediate_size": 0,)", "/moe_intermediate_size: expected a whole"},
       {"llama", R"("n_layer": 0.5,)", "/n_layer: expected a whole number of layers"}});
  const std::string wide = WithInstead(
      WithInstead(ConfigOf("llama", R"("head_dim": 1,)"), R"("num_key_value_heads": 2,)", ""),
      "\"num_attention_heads\": 4", "\"num_attention_heads\": 20000");
  CheckRefusedText(wide,
                   "/num_attention_heads: expected a whole number of units from 1 to 10000, found "
                   "20000");
  CHECK(ReadConfig(ConfigOf("granitemoehybrid", R"("num_local_experts": 0,
            "num_experts_per_tok": 0, "shared_intermediate_size": 8,
            "layer_types": ["attention", "attention", "attention", "attention"],)"),
                   "f")
            .parameters);
}

TEST_CASE("a type that is not known is answered with one that is near", "[config]") {
  CheckRefusedConfigs({{"llama7", "", "that is known; did you mean llama?, found \"llama7\""},
                       {"clip_vision_model", "",
                        "that is known (one of 49, such as llama, qwen3, deepseek_v3), found"}});
}

}  // namespace
}  // namespace kinetics
