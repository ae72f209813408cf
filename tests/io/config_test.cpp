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

std::string WithInstead(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
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
  CHECK(found == ModelNames().size());
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
  CHECK(windows("gemma2", R"("sliding_window": 128,)") == Found{{2, 128}, {2, 0}});
  CHECK(windows("olmo3", R"("sliding_window": 128,)") == Found{{3, 128}, {1, 0}});
  CHECK(windows("gemma3_text", R"("sliding_window": 128, "sliding_window_pattern": 2,)") ==
        Found{{2, 128}, {2, 0}});
}

TEST_CASE("Infinity is read where it is a number, and kept where it is text", "[config]") {
  const std::string limits = R"("time_step_limit": [0.0, Infinity, -Infinity],)";
  CHECK(ReadConfig(ConfigOf("llama", limits), "f").parameters ==
        ReadConfig(ConfigOf("llama"), "f").parameters);
  CHECK_THAT(test::ErrorOf([] { ReadConfig(R"({"model_type": "Infinity"})", "f"); }),
             Catch::Contains("found \"Infinity\""));
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
            "/layer_types: expected a list for 4 layers"},
        Row{ConfigOf("qwen3", R"("layer_types": ["full_attention", "mystery", "full_attention",
                                 "full_attention"],)"),
            "/layer_types: expected layers of known kinds; 'mystery' is not known"},
        Row{ConfigOf("mixtral"), "expected the key \"num_local_experts\", which is missing"},
        Row{ConfigOf("qwen3_moe", R"("num_experts": 4, "num_experts_per_tok": 5,
                                     "moe_intermediate_size": 8,)"),
            "expected at most 4 experts a token, not 5"},
        Row{ConfigOf("deepseek_v3"), "expected the key \"kv_lora_rank\", which is missing"},
        Row{ConfigOf("phi3", R"("attention_bias": true,)"),
            "/attention_bias: expected a value that its parameter formula covers, found true"}}) {
    const std::string message = test::ErrorOf([&] { ReadConfig(row.text, "f"); });
    CHECK_THAT(message, Catch::Contains(row.message));
    CHECK(message.find('\n') == std::string::npos);
  }
}

}  // namespace
}  // namespace kinetics
