#include "kinetics/io/config/spared.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "kinetics/io/config/pattern.h"

namespace kinetics {
namespace {

/// Where the layers of models hang, alone or beside vision.
constexpr auto kLayerRoots = std::to_array<std::string_view>(
    {"model.layers.", "model.language_model.layers.", "language_model.model.layers.",
     "backbone.layers.", "layers."});
constexpr auto kHeadPaths = std::to_array<std::string_view>(
    {"lm_head", "model.lm_head", "language_model.lm_head", "model.language_model.lm_head"});

/// Of layers and of models, what is not quantized anyway.
constexpr auto kOthersOfLayers =
    std::to_array<std::string_view>({"input_layernorm",
                                     "post_attention_layernorm",
                                     "pre_feedforward_layernorm",
                                     "post_feedforward_layernorm",
                                     "norm",
                                     "self_attn.q_norm",
                                     "self_attn.k_norm",
                                     "self_attn.q_a_layernorm",
                                     "self_attn.kv_a_layernorm",
                                     "self_attn.indexer.k_norm",
                                     "self_attn.sinks",
                                     "mlp.gate",
                                     "mlp.gate.e_score_correction_bias",
                                     "mlp.e_score_correction_bias",
                                     "mlp.moe_statics",
                                     "mlp.router",
                                     "mlp.shared_expert_gate",
                                     "block_sparse_moe.gate",
                                     "block_sparse_moe.e_score_correction_bias",
                                     "feed_forward.router",
                                     "linear_attn.conv1d",
                                     "linear_attn.norm",
                                     "linear_attn.A_log",
                                     "linear_attn.dt_bias",
                                     "mixer.conv1d",
                                     "mixer.norm",
                                     "mixer.A_log",
                                     "mixer.D",
                                     "mixer.dt_bias",
                                     "mixer.gate",
                                     "mixer.gate.e_score_correction_bias"});
constexpr auto kOthersOfModels = std::to_array<std::string_view>(
    {"model.embed_tokens", "model.language_model.embed_tokens", "language_model.model.embed_tokens",
     "model.norm", "model.language_model.norm", "language_model.model.norm", "backbone.embeddings",
     "backbone.norm_f", "model.rotary_emb"});
/// In the names of what is no part of the text stack.
constexpr auto kForeignWords =
    std::to_array<std::string_view>({"vision", "visual", "audio", "multi_modal", "mm_projector",
                                     "patch", "mtp", "eh_proj", "shared_head", "enorm", "hnorm"});

bool MatchesInLayer(const ModulePattern& pattern, int64_t layer, const std::string& name) {
  return std::any_of(kLayerRoots.begin(), kLayerRoots.end(), [&](std::string_view root) {
    return pattern.Matches(fmt::format("{}{}.{}", root, layer, name));
  });
}

/// Whether a module is meant, or all experts' one; `entry` is refused where it means some experts.
bool MatchesModule(const ModulePattern& pattern, const JsonValue& entry, int64_t layer,
                   int64_t experts, const LayerModule& module) {
  bool matches = false;
  for (const std::string& name : module.names) {
    const size_t number = name.find('#');
    if (number == std::string::npos) {
      matches = matches || MatchesInLayer(pattern, layer, name);
      continue;
    }
    const auto matches_expert = [&](int64_t expert) {
      std::string path = name;
      return MatchesInLayer(pattern, layer, path.replace(number, 1, std::to_string(expert)));
    };
    const bool matches_first = matches_expert(0);
    if (matches_expert(experts / 2) != matches_first ||
        matches_expert(experts - 1) != matches_first) {
      entry.Fail("all experts of a layer or none");
    }
    matches = matches || matches_first;
  }
  return matches;
}

/// Whether an entry means what is not quantized anyway, or not counted.
bool IsBeside(const ModulePattern& pattern, int64_t layers) {
  const int64_t layer = pattern.Layer().value_or(0);
  const auto matches = [&pattern](std::string_view path) {
    return pattern.Matches(std::string(path));
  };
  return layer >= layers || std::any_of(kOthersOfModels.begin(), kOthersOfModels.end(), matches) ||
         std::any_of(kOthersOfLayers.begin(), kOthersOfLayers.end(),
                     [&](std::string_view name) {
                       return MatchesInLayer(pattern, layer, std::string(name));
                     }) ||
         std::any_of(kForeignWords.begin(), kForeignWords.end(),
                     [&pattern](std::string_view word) { return pattern.Contains(word); });
}

/// Marks what an entry spares; false where it is nothing.
bool MarkSpared(const JsonValue& entry, const ModulePattern& pattern, const ModelDraft& draft,
                std::vector<LayerModules>& layers) {
  const auto all = static_cast<int64_t>(layers.size());
  const int64_t first = pattern.Layer().value_or(0);
  const int64_t end = pattern.Layer() ? std::min(all, first + 1) : all;
  bool is_found = false;
  for (int64_t i = first; i < end; ++i) {
    const auto layer = static_cast<size_t>(i);
    for (LayerModule& module : layers[layer]) {
      const bool matches = MatchesModule(pattern, entry, i, draft.layers[layer].experts, module);
      module.is_spared = module.is_spared || matches;
      is_found = is_found || matches;
    }
  }
  return is_found;
}

SparedShares SharesOf(const LayerModules& modules) {
  SparedShares all;
  SparedShares spared;
  for (const LayerModule& module : modules) {
    all.*module.part += module.elements;
    spared.*module.part += module.is_spared ? module.elements : 0;
  }
  const auto share = [&](double SparedShares::*part) {
    return all.*part > 0 ? spared.*part / all.*part : 0;
  };
  return {share(&SparedShares::mixer), share(&SparedShares::feed_forward),
          share(&SparedShares::experts)};
}

}  // namespace

SparedModules ReadSpared(const ConfigScope& scope, const ModelDraft& draft,
                         std::span<const JsonValue> lists) {
  std::vector<LayerModules> layers;
  for (const LayerGroup& layer : draft.layers) {
    layers.push_back(ModulesOf(scope, draft, layer));
  }
  SparedModules spared;
  for (const JsonValue& list : lists) {
    for (size_t i = 0; i < list.Size(); ++i) {
      const JsonValue entry = list[i];
      const ModulePattern pattern(entry);
      const bool is_layers = MarkSpared(entry, pattern, draft, layers);
      const bool is_head = std::any_of(
          kHeadPaths.begin(), kHeadPaths.end(),
          [&pattern](std::string_view path) { return pattern.Matches(std::string(path)); });
      spared.head = spared.head || is_head;
      if (!is_layers && !is_head && !IsBeside(pattern, draft.layer_count)) {
        entry.Fail("a module of the model that is known");
      }
    }
  }
  for (const LayerModules& modules : layers) {
    spared.layers.push_back(SharesOf(modules));
  }
  return spared;
}

}  // namespace kinetics
