#include "kinetics/io/config/modules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kinetics {
namespace {

/// Where the modules of a type's layers hang.
struct ModulePaths {
  std::string_view type;
  std::string_view mlp = "mlp";
  std::string_view shared = "mlp.shared_experts";
  std::string_view experts = "mlp.experts";
};

constexpr std::array kPaths = {
    ModulePaths{"deepseek_v2"},
    ModulePaths{"deepseek_v3"},
    ModulePaths{"deepseek_v32"},
    ModulePaths{"ernie4_5_moe"},
    ModulePaths{"gemma2"},
    ModulePaths{"gemma3_text"},
    ModulePaths{"glm4_moe"},
    ModulePaths{"glm_moe_dsa"},
    ModulePaths{"gpt_oss"},
    ModulePaths{"kimi_k2"},
    ModulePaths{"llama"},
    ModulePaths{"llama4_text", "feed_forward", "feed_forward.shared_expert",
                "feed_forward.experts"},
    ModulePaths{"mimo"},
    ModulePaths{"minicpm3"},
    ModulePaths{.type = "minimax_m2", .experts = "block_sparse_moe.experts"},
    ModulePaths{"mistral"},
    ModulePaths{.type = "mixtral", .experts = "block_sparse_moe.experts"},
    ModulePaths{"nemotron-nas"},
    ModulePaths{"nemotron_h", "mixer", "mixer.shared_experts", "mixer.experts"},
    ModulePaths{"olmo2"},
    ModulePaths{"olmo3"},
    ModulePaths{"phi3"},
    ModulePaths{"qwen2"},
    ModulePaths{"qwen3"},
    ModulePaths{.type = "qwen3_5_moe_text", .shared = "mlp.shared_expert"},
    ModulePaths{"qwen3_5_text"},
    ModulePaths{"qwen3_moe"},
    ModulePaths{.type = "qwen3_next", .shared = "mlp.shared_expert"},
    ModulePaths{"smollm3"},
};

const ModulePaths* FindPaths(const std::string& type) {
  const auto found = std::find_if(kPaths.begin(), kPaths.end(),
                                  [&type](const ModulePaths& paths) { return paths.type == type; });
  return found == kPaths.end() ? nullptr : &*found;
}

void AddSoftmax(const LayerGroup& layer, double hidden, const std::string& path,
                LayerModules& modules) {
  const double k = hidden * static_cast<double>(layer.kv_heads * layer.head_dim);
  const double v = hidden * static_cast<double>(layer.kv_heads * layer.value_dim);
  const double o = hidden * static_cast<double>(layer.query_heads * layer.value_dim);
  const double q = static_cast<double>(layer.parameters.mixer) - k - v - o;
  for (const auto& [leaf, elements] : {std::pair{"q_proj", q}, {"k_proj", k}, {"v_proj", v}}) {
    modules.push_back({&SparedShares::mixer, elements, {path + "." + leaf, path + ".qkv_proj"}});
  }
  modules.push_back({&SparedShares::mixer, o, {path + ".o_proj"}});
}

void AddLatent(const ConfigScope& scope, const LayerGroup& layer, double hidden,
               LayerModules& modules) {
  const auto size = [&scope](std::string_view key) {
    return static_cast<double>(scope.Size({key}));
  };
  const auto add = [&modules](std::string_view leaf, double elements) {
    modules.push_back({&SparedShares::mixer, elements, {fmt::format("self_attn.{}", leaf)}});
  };
  const auto heads = static_cast<double>(layer.query_heads);
  const auto kv_rank = static_cast<double>(layer.value_dim);
  const auto query_rank = static_cast<double>(scope.SizeOr({"q_lora_rank"}, 0));
  const double queries = heads * (size("qk_nope_head_dim") + size("qk_rope_head_dim"));
  const double kv_a = hidden * static_cast<double>(layer.head_dim);
  const auto index_heads = static_cast<double>(layer.index_heads);
  const auto index_dim = static_cast<double>(layer.index_dim);
  const double index = query_rank * index_heads * index_dim + hidden * (index_dim + index_heads);
  const double q = query_rank == 0 ? hidden * queries : query_rank * (hidden + queries);
  // kv_b_proj and o_proj hold the width of values, which has a default: it follows from the rest.
  const double rest = static_cast<double>(layer.parameters.mixer) - kv_a - index - q;
  const double values = (rest - kv_rank * heads * size("qk_nope_head_dim")) / (kv_rank + hidden);
  if (query_rank == 0) {
    add("q_proj", q);
  } else {
    add("q_a_proj", query_rank * hidden);
    add("q_b_proj", query_rank * queries);
  }
  add("kv_a_proj_with_mqa", kv_a);
  add("kv_b_proj", rest - values * hidden);
  add("o_proj", values * hidden);
  if (index_heads > 0) {
    add("indexer.wq_b", query_rank * index_heads * index_dim);
    add("indexer.wk", hidden * index_dim);
    add("indexer.weights_proj", hidden * index_heads);
  }
}

void AddDeltaNet(const ConfigScope& scope, double hidden, LayerModules& modules) {
  const auto size = [&scope](std::string_view key) {
    return static_cast<double>(scope.Size({key}));
  };
  const double heads = size("linear_num_value_heads");
  const double values = heads * size("linear_value_head_dim");
  const double keys = size("linear_num_key_heads") * size("linear_key_head_dim");
  const auto add = [&modules](std::string_view leaf, std::string_view merged, double elements) {
    modules.push_back(
        {&SparedShares::mixer,
         elements,
         {fmt::format("linear_attn.{}", leaf), fmt::format("linear_attn.{}", merged)}});
  };
  add("in_proj_qkv", "in_proj_qkvz", hidden * (2 * keys + values));
  add("in_proj_z", "in_proj_qkvz", hidden * values);
  add("in_proj_b", "in_proj_ba", hidden * heads);
  add("in_proj_a", "in_proj_ba", hidden * heads);
  modules.push_back({&SparedShares::mixer, values * hidden, {"linear_attn.out_proj"}});
}

/// Nemotron-H's.
void AddMamba(const ConfigScope& scope, const LayerGroup& layer, double hidden,
              LayerModules& modules) {
  const double out = hidden * static_cast<double>(scope.Size({"mamba_num_heads"}) *
                                                  scope.Size({"mamba_head_dim"}));
  const double in = static_cast<double>(layer.parameters.mixer) - out;
  modules.push_back({&SparedShares::mixer, in, {"mixer.in_proj"}});
  modules.push_back({&SparedShares::mixer, out, {"mixer.out_proj"}});
}

/// Gate, up and down, or up and down alone, of `elements` in all.
void AddMlp(double SparedShares::*part, std::string_view path, double elements, bool has_gate,
            LayerModules& modules) {
  const double each = elements / (has_gate ? 3 : 2);
  const auto add = [&](std::string_view leaf, std::string_view other, std::string_view merged) {
    modules.push_back({part,
                       each,
                       {fmt::format("{}.{}", path, leaf), fmt::format("{}.{}", path, other),
                        fmt::format("{}.{}", path, merged)}});
  };
  if (has_gate) {
    add("gate_proj", "w1", "gate_up_proj");
  }
  add("up_proj", "w3", has_gate ? "gate_up_proj" : "up_proj");
  add("down_proj", "w2", "down_proj");
}

void AddFeedForwardModules(const ConfigScope& scope, const LayerGroup& layer,
                           const ModulePaths& paths, double hidden, LayerModules& modules) {
  auto elements = static_cast<double>(layer.parameters.feed_forward);
  const bool has_gate = paths.type != "nemotron_h";
  if (layer.experts == 0) {
    AddMlp(&SparedShares::feed_forward, paths.mlp, elements, has_gate, modules);
    return;
  }
  if (!has_gate) {
    const double latent = hidden * static_cast<double>(scope.CountOr({"moe_latent_size"}, 0));
    for (const char* name : {"mixer.fc1_latent_proj", "mixer.fc2_latent_proj"}) {
      modules.push_back({&SparedShares::feed_forward, latent, {name}});
    }
    elements -= 2 * latent;
  }
  AddMlp(&SparedShares::feed_forward, paths.shared, elements, has_gate, modules);
  const auto experts = static_cast<double>(layer.parameters.experts);
  const size_t first = modules.size();
  AddMlp(&SparedShares::experts, fmt::format("{}.#", paths.experts), experts, has_gate, modules);
  for (size_t i = first; i < modules.size(); ++i) {  // where all experts are one module
    modules[i].names.push_back(fmt::format("{}.{}", paths.experts,
                                           i + 1 == modules.size() ? "down_proj" : "gate_up_proj"));
  }
}

}  // namespace

bool HasModuleNames(const std::string& type) { return FindPaths(type) != nullptr; }

LayerModules ModulesOf(const ConfigScope& scope, const ModelDraft& draft, const LayerGroup& layer) {
  const ModulePaths& paths = *FindPaths(draft.type);
  LayerModules modules;
  const double hidden = draft.Hidden();
  if (layer.recurrence == Recurrence::kGatedDeltaNet) {
    AddDeltaNet(scope, hidden, modules);
  } else if (layer.recurrence == Recurrence::kMamba2) {
    AddMamba(scope, layer, hidden, modules);
  } else if (layer.attention == LayerAttention::kLatent) {
    AddLatent(scope, layer, hidden, modules);
  } else if (layer.attention != LayerAttention::kNone) {
    AddSoftmax(layer, hidden, paths.type == "nemotron_h" ? "mixer" : "self_attn", modules);
  }
  AddFeedForwardModules(scope, layer, paths, hidden, modules);
  return modules;
}

}  // namespace kinetics
