#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kinetics/io/config/scope.h"
#include "kinetics/model/model.h"
#include "kinetics/model/parameters.h"

namespace kinetics {

/// A model as its config.json is read.
struct ModelDraft {
  std::string type;  ///< Of the text model.
  int64_t hidden = 0;
  int64_t vocabulary = 0;
  int64_t layer_count = 0;
  int64_t embedding_width = 0;  ///< hidden, but for OPT-350m.
  bool is_tied = false;
  bool has_formula = true;         ///< For parameters.
  double outer_parameters = 0;     ///< Beside embeddings and layers: norms, positions.
  std::vector<LayerGroup> layers;  ///< Each with count 1.

  double Hidden() const { return static_cast<double>(hidden); }
};

/// Heads of an attention.
struct HeadSizes {
  int64_t query = 0;
  int64_t kv = 0;
  int64_t dim = 0;
};
/// `fallback`: what its class takes where the config is silent; 0: hidden / heads, and as many KV
/// heads as query heads.
HeadSizes ReadHeads(const ConfigScope& scope, int64_t hidden, const HeadSizes& fallback = {});

/// The same for the formula of its parameters, with what a class adds to be set.
AttentionSizes SizesOf(const HeadSizes& heads, double hidden);

/// A layer of attention, full unless told otherwise.
LayerGroup SoftmaxLayer(const HeadSizes& heads);

/// Adds parameters to a layer. Throws Error for more than 2^53.
void AddParameters(const ConfigScope& scope, const ParameterParts& parts, LayerGroup& layer);

/// The number of elements of a state, which a layer keeps of each sequence. Throws Error for more
/// than 2^40.
int64_t StateSize(const ConfigScope& scope, double elements);

/// The kinds that `layer_types` or another key of the config gives each layer; nullopt where the
/// key is missing.
std::optional<std::vector<std::string>> ReadLayerTypes(const ConfigScope& scope, int64_t layers);
/// Refuses a kind by its name.
[[noreturn]] void FailLayerType(const ConfigScope& scope, std::string_view key,
                                const std::string& kind);

/// A gated MLP that every token passes.
void AddGatedMlp(const ConfigScope& scope, int64_t hidden, int64_t intermediate, LayerGroup& layer);

/// Routed experts that are gated MLPs, their router, and shared experts of `shared` in all.
struct ExpertSizes {
  int64_t experts = 0;
  int64_t per_token = 0;
  int64_t intermediate = 0;
  int64_t shared = 0;
  bool has_correction_bias = false;
  bool has_shared_gate = false;
};
void AddExperts(const ConfigScope& scope, int64_t hidden, const ExpertSizes& sizes,
                LayerGroup& layer);
/// Reads how many experts there are and how many a token passes. Throws Error where their number is
/// missing while other keys tell of experts.
ExpertSizes ReadExperts(const ConfigScope& scope);
/// Likewise, for types whose number of experts must be said, if with 0.
ExpertSizes ReadSaidExperts(const ConfigScope& scope);

/// Whether layer i is followed by experts: by the rule of DeepSeek (first_k_dense_replace and
/// moe_layer_freq, which may be a list; or mlp_layer_types), and by that of Qwen
/// (decoder_sparse_step and mlp_only_layers).
std::vector<bool> ReadExpertLayers(const ConfigScope& scope, int64_t layers);
std::vector<bool> ReadSparseLayers(const ConfigScope& scope, int64_t layers);

/// Gives the layers that are marked experts, if there are any, and the others a gated MLP as wide
/// as the key says.
void AddSparse(const ConfigScope& scope, const std::vector<bool>& is_sparse,
               const ExpertSizes& sizes, ModelDraft& draft,
               std::string_view dense_key = "intermediate_size");

/// The feed-forward layers of DeepSeek: dense ones first, then routed and shared experts.
void AddDeepSeekFeedForward(const ConfigScope& scope, bool has_correction_bias, ModelDraft& draft);

/// Throws Error for keys that tell of another architecture than a model's type has, before it is
/// read; and for sizes out of range which its formulas did not need, after.
void ExpectArchitecture(const ConfigScope& scope, const std::string& type);
void ExpectUnusedSizes(const ConfigScope& scope);

/// Those that read one family of models each: its layers, and what stands outside of them.
void ReadDecoder(const ConfigScope& scope, ModelDraft& draft);
void ReadGptOss(const ConfigScope& scope, ModelDraft& draft);
void ReadLlama4(const ConfigScope& scope, ModelDraft& draft);
void ReadGpt2(const ConfigScope& scope, ModelDraft& draft);
void ReadOpt(const ConfigScope& scope, ModelDraft& draft);
void ReadNemotronNas(const ConfigScope& scope, ModelDraft& draft);
void ReadLatent(const ConfigScope& scope, ModelDraft& draft);
void ReadDeepSeekV4(const ConfigScope& scope, ModelDraft& draft);
void ReadGemma4(const ConfigScope& scope, ModelDraft& draft);
void ReadQwenNext(const ConfigScope& scope, ModelDraft& draft);
void ReadNemotronH(const ConfigScope& scope, ModelDraft& draft);
void ReadJamba(const ConfigScope& scope, ModelDraft& draft);
void ReadGraniteHybrid(const ConfigScope& scope, ModelDraft& draft);
void ReadFalconH1(const ConfigScope& scope, ModelDraft& draft);
void ReadLfm2(const ConfigScope& scope, ModelDraft& draft);
void ReadMiniMaxM1(const ConfigScope& scope, ModelDraft& draft);

}  // namespace kinetics
