#include <algorithm>
#include <array>

#include "kinetics/io/config/draft.h"

namespace kinetics {
namespace {

/// A key that only `types` may have with another value than false or 0.
struct OwnKey {
  std::string_view key;
  std::span<const std::string_view> types;
};

constexpr auto kExpertTypes = std::to_array<std::string_view>(
    {"deepseek_v2", "deepseek_v3", "deepseek_v32", "deepseek_v4", "ernie4_5_moe",
     "gemma4_text", "glm4_moe",    "glm_moe_dsa",  "gpt_oss",     "granitemoehybrid",
     "jamba",       "kimi_k2",     "llama4_text",  "minimax_m1",  "minimax_m2",
     "mixtral",     "nemotron_h",  "qwen3_moe",    "qwen3_next",  "qwen3_5_moe_text"});
constexpr auto kLatentTypes = std::to_array<std::string_view>(
    {"deepseek_v2", "deepseek_v3", "deepseek_v32", "glm_moe_dsa", "kimi_k2", "minicpm3"});
/// Those whose class has such biases, or has no formula.
constexpr auto kAttentionBiasTypes =
    std::to_array<std::string_view>({"deepseek_v4", "gemma4_text", "glm4_moe", "gpt2", "gpt_oss",
                                     "llama", "mimo", "opt", "qwen2", "qwen3", "smollm3"});
constexpr auto kMlpBiasTypes = std::to_array<std::string_view>({"llama", "smollm3"});
constexpr auto kPatternTypes = std::to_array<std::string_view>({"nemotron_h"});

constexpr std::array kOwnKeys = {
    OwnKey{"num_experts", kExpertTypes},      OwnKey{"num_local_experts", kExpertTypes},
    OwnKey{"n_routed_experts", kExpertTypes}, OwnKey{"moe_num_experts", kExpertTypes},
    OwnKey{"kv_lora_rank", kLatentTypes},     OwnKey{"attention_bias", kAttentionBiasTypes},
    OwnKey{"mlp_bias", kMlpBiasTypes},        OwnKey{"hybrid_override_pattern", kPatternTypes},
};

/// What a size counts, and its limits.
struct SizeKey {
  std::string_view key;
  std::string_view what;
  int64_t least;
  int64_t most;
};

constexpr std::array kSizeKeys = {
    SizeKey{"num_hidden_layers", "layers", 1, kMostLayers},
    SizeKey{"n_layer", "layers", 1, kMostLayers},
    SizeKey{"vocab_size", "tokens", 1, kMostWidth},
    SizeKey{"hidden_size", "elements", 1, kMostWidth},
    SizeKey{"n_embd", "elements", 1, kMostWidth},
    SizeKey{"num_attention_heads", "heads", 1, kMostHeads},
    SizeKey{"n_head", "heads", 1, kMostHeads},
    SizeKey{"num_key_value_heads", "heads", 1, kMostHeads},
    SizeKey{"num_kv_heads", "heads", 1, kMostHeads},
    SizeKey{"multi_query_group_num", "heads", 1, kMostHeads},
    SizeKey{"num_global_key_value_heads", "heads", 1, kMostHeads},
    SizeKey{"head_dim", "elements", 1, kMostWidth},
    SizeKey{"attention_head_dim", "elements", 1, kMostWidth},
    SizeKey{"kv_channels", "elements", 1, kMostWidth},
    SizeKey{"global_head_dim", "elements", 1, kMostWidth},
    SizeKey{"v_head_dim", "elements", 1, kMostWidth},
    SizeKey{"intermediate_size", "elements", 0, kMostWidth},
    SizeKey{"intermediate_size_mlp", "elements", 0, kMostWidth},
    SizeKey{"moe_intermediate_size", "elements", 1, kMostWidth},
    SizeKey{"shared_intermediate_size", "elements", 0, kMostWidth},
    SizeKey{"shared_expert_intermediate_size", "elements", 0, kMostWidth},
    SizeKey{"moe_shared_expert_intermediate_size", "elements", 0, kMostWidth},
    SizeKey{"num_experts", "experts", 0, kMostHeads},
    SizeKey{"num_local_experts", "experts", 0, kMostHeads},
    SizeKey{"n_routed_experts", "experts", 0, kMostHeads},
    SizeKey{"moe_num_experts", "experts", 0, kMostHeads},
    SizeKey{"n_shared_experts", "experts", 0, kMostHeads},
    SizeKey{"num_shared_experts", "experts", 0, kMostHeads},
    SizeKey{"moe_num_shared_experts", "experts", 0, kMostHeads},
};

/// Whether a key's value says that the model has none of it.
bool SaysNone(const JsonValue& value) {
  const std::string text = value.Dump();
  return text == "false" || text == "0" || text == "0.0";
}

}  // namespace

void ExpectArchitecture(const ConfigScope& scope, const std::string& type) {
  for (const OwnKey& own : kOwnKeys) {
    const bool may_have = std::find(own.types.begin(), own.types.end(), type) != own.types.end();
    const auto value = scope.Find({own.key});
    scope.Refuse(own.key, !may_have && value && !SaysNone(*value));
  }
}

void ExpectUnusedSizes(const ConfigScope& scope) {
  for (const SizeKey& size : kSizeKeys) {
    if (const auto value = scope.Find({size.key})) {
      value->Integer(size.what, size.least, size.most);
    }
  }
  // Models without experts may say that a token passes none.
  const int64_t least = scope.CountOr(kExpertKeys, 0) > 0 ? 1 : 0;
  for (const std::string_view key : kExpertsPerTokenKeys) {
    if (const auto value = scope.Find({key})) {
      value->Integer("experts", least, kMostHeads);
    }
  }
}

}  // namespace kinetics
