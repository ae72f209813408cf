#include <fmt/format.h>

#include "kinetics/io/config/draft.h"

namespace kinetics {
namespace {

enum class HeadNorm { kNone, kEachHead, kAllHeads };

/// What tells the decoders apart that are otherwise built alike.
struct DecoderTraits {
  bool has_qkv_bias = false;
  bool has_output_bias = false;
  HeadNorm norm = HeadNorm::kNone;  // of queries and keys
  double norms = 2;                 // of the hidden size, in a layer
  HeadSizes heads;                  // of the class
};

DecoderTraits TraitsOf(const ConfigScope& scope, const std::string& type) {
  const bool has_bias = scope.Flag("attention_bias", false);
  if (type == "qwen2") {
    return {.has_qkv_bias = true};
  }
  if (type == "qwen3" || type == "qwen3_moe") {
    return {.has_qkv_bias = has_bias, .norm = HeadNorm::kEachHead};
  }
  if (type == "mimo") {
    return {.has_qkv_bias = scope.Text()["attention_bias"].Bool()};
  }
  if (type == "glm4_moe") {
    const bool has_norm = scope.Flag("use_qk_norm", false);
    return {.has_qkv_bias = has_bias, .norm = has_norm ? HeadNorm::kEachHead : HeadNorm::kNone};
  }
  if (type == "minimax_m2") {
    return {.norm = scope.Flag("use_qk_norm", true) ? HeadNorm::kAllHeads : HeadNorm::kNone};
  }
  if (type == "olmo2" || type == "olmo3") {
    return {.norm = HeadNorm::kAllHeads};
  }
  if (type == "gemma2") {
    return {.norms = 4, .heads = {.dim = 256}};
  }
  if (type == "gemma3_text") {
    return {.norm = HeadNorm::kEachHead, .norms = 4, .heads = {.query = 8, .kv = 4, .dim = 256}};
  }
  if (type == "ernie4_5_moe") {
    scope.Refuse("use_bias", scope.Flag("use_bias", false));
    return {};
  }
  if (type == "llama" || type == "smollm3") {
    return {.has_qkv_bias = has_bias, .has_output_bias = has_bias};
  }
  return {};
}

bool HasQwenWindows(const std::string& type) {
  return type == "qwen2" || type == "qwen3" || type == "qwen3_moe";
}

/// Which layers slide where the config has no layer_types, by the rule of the class.
std::vector<bool> ReadSlidingRule(const ConfigScope& scope, const std::string& type,
                                  int64_t layers) {
  int64_t first = layers;  // that slides
  int64_t period = 0;      // whose last layer does not, if there is one
  if (type == "gemma2" || type == "gemma3_text" || type == "olmo3") {
    first = 0;
    period = type == "gemma2" ? 2
             : type == "olmo3"
                 ? 4
                 : scope.SizeOr({"sliding_window_pattern", "_sliding_window_pattern"}, 6);
  } else if (HasQwenWindows(type)) {
    const int64_t first_window = scope.CountOr({"max_window_layers"}, 28);
    first = scope.Flag("use_sliding_window", false) ? first_window : layers;
  } else if (type == "mistral" || type == "mixtral" || type == "phi3" || type == "minimax_m2") {
    first = 0;
  }
  std::vector<bool> slides;
  for (int64_t i = 0; i < layers; ++i) {
    slides.push_back(i >= first && (period == 0 || (i + 1) % period != 0));
  }
  return slides;
}

/// The window of layers that slide; nullopt where none do.
std::optional<int64_t> ReadWindow(const ConfigScope& scope, const std::string& type) {
  if (type == "smollm3" || type == "mimo") {
    scope.Refuse("use_sliding_window", scope.Flag("use_sliding_window", false));
    return std::nullopt;
  }
  const bool has_default = type == "mistral" || type == "gemma2" || type == "gemma3_text" ||
                           type == "olmo3" || HasQwenWindows(type);
  if (has_default && !scope.Has(kWindowKeys)) {
    return 4096;
  }
  return scope.FindSize(kWindowKeys);
}

void ReadWindows(const ConfigScope& scope, ModelDraft& draft) {
  const auto types = ReadLayerTypes(scope, draft.layer_count);
  const std::vector<bool> by_rule = ReadSlidingRule(scope, draft.type, draft.layer_count);
  const auto window = ReadWindow(scope, draft.type);
  const auto longest = scope.FindSize({"max_position_embeddings"}, kMostTokens);
  // Of these types windows as long as the context can become are published, and mean none.
  const bool is_inert = window && longest && *window >= *longest &&
                        (draft.type == "phi3" || HasQwenWindows(draft.type));
  for (size_t layer = 0; layer < draft.layers.size(); ++layer) {
    bool slides = by_rule[layer];
    if (types) {
      slides = (*types)[layer] == "sliding_attention";
      if (!slides && (*types)[layer] != "full_attention") {
        FailLayerType(scope, "layer_types", (*types)[layer]);
      }
      if (slides && !window) {
        scope.Text()["layer_types"].Fail("a sliding_window for layers that slide");
      }
    }
    if (slides && window && !is_inert) {
      draft.layers[layer].attention = LayerAttention::kSliding;
      draft.layers[layer].window_tokens = *window;
    }
  }
}

void AddQwenExperts(const ConfigScope& scope, ModelDraft& draft) {
  ExpertSizes sizes = ReadSaidExperts(scope);
  sizes.intermediate = sizes.experts > 0 ? scope.Size({"moe_intermediate_size"}) : 0;
  AddSparse(scope, ReadSparseLayers(scope, draft.layer_count), sizes, draft);
}

/// Mixtral and MiniMax-M2: experts everywhere, as wide as intermediate_size.
void AddMixtralExperts(const ConfigScope& scope, bool has_correction_bias, ModelDraft& draft) {
  scope.Refuse("shared_intermediate_size", scope.CountOr({"shared_intermediate_size"}, 0) > 0);
  scope.Size(kExpertKeys);
  ExpertSizes sizes = ReadExperts(scope);
  sizes.intermediate = scope.Size({"intermediate_size"});
  sizes.has_correction_bias = has_correction_bias;
  for (LayerGroup& layer : draft.layers) {
    AddExperts(scope, draft.hidden, sizes, layer);
  }
}

/// MiniMax-M2's config lists kinds of layers as M1's does, but has one kind alone.
void ExpectAttentionAlone(const ConfigScope& scope, int64_t layers) {
  const auto types = scope.Integers("attn_type_list", layers);
  for (size_t i = 0; types && i < types->size(); ++i) {
    if ((*types)[i] != 1) {
      FailLayerType(scope, "attn_type_list", std::to_string((*types)[i]));
    }
  }
}

void AddErnieExperts(const ConfigScope& scope, ModelDraft& draft) {
  ExpertSizes sizes = ReadSaidExperts(scope);
  sizes.intermediate = sizes.experts > 0 ? scope.Size({"moe_intermediate_size"}) : 0;
  sizes.shared = sizes.intermediate * scope.CountOr({"moe_num_shared_experts"}, 0, kMostHeads);
  sizes.has_correction_bias = true;
  const int64_t first = scope.CountOr({"moe_layer_start_index"}, 1);
  const int64_t every = scope.SizeOr({"moe_layer_interval"}, 1);
  const auto end = scope.Find({"moe_layer_end_index"});
  const int64_t end_index = end ? end->Integer("layers", -1, kMostLayers) : -1;
  const int64_t last = end_index == -1 ? draft.layer_count - 1 : end_index;
  std::vector<bool> is_sparse;
  for (int64_t i = 0; i < draft.layer_count; ++i) {
    is_sparse.push_back(i >= first && i <= last && (i + 1) % every == 0);
  }
  AddSparse(scope, is_sparse, sizes, draft);
}

void AddFeedForward(const ConfigScope& scope, ModelDraft& draft) {
  if (draft.type == "qwen3_moe") {
    AddQwenExperts(scope, draft);
  } else if (draft.type == "mixtral" || draft.type == "minimax_m2") {
    AddMixtralExperts(scope, draft.type == "minimax_m2", draft);
  } else if (draft.type == "glm4_moe") {
    AddDeepSeekFeedForward(scope, true, draft);
  } else if (draft.type == "ernie4_5_moe") {
    AddErnieExperts(scope, draft);
  } else {
    const int64_t intermediate = scope.Size({"intermediate_size"});
    const bool has_bias = scope.Flag("mlp_bias", false);
    for (LayerGroup& layer : draft.layers) {
      AddGatedMlp(scope, draft.hidden, intermediate, layer);
      AddParameters(
          scope, {.other = has_bias ? 2 * static_cast<double>(intermediate) + draft.Hidden() : 0},
          layer);
    }
  }
}

}  // namespace

void ReadDecoder(const ConfigScope& scope, ModelDraft& draft) {
  if (draft.type == "minimax_m2") {
    ExpectAttentionAlone(scope, draft.layer_count);
  }
  const DecoderTraits traits = TraitsOf(scope, draft.type);
  const HeadSizes heads = ReadHeads(scope, draft.hidden, traits.heads);
  draft.layers.assign(static_cast<size_t>(draft.layer_count), SoftmaxLayer(heads));
  ReadWindows(scope, draft);
  AttentionSizes sizes = SizesOf(heads, draft.Hidden());
  sizes.has_qkv_bias = traits.has_qkv_bias;
  sizes.has_output_bias = traits.has_output_bias;
  ParameterParts parts = AttentionParameters(sizes);
  parts.other += traits.norms * draft.Hidden();
  if (traits.norm != HeadNorm::kNone) {
    const double normed =
        traits.norm == HeadNorm::kEachHead ? 2 : sizes.query_heads + sizes.kv_heads;
    parts.other += normed * sizes.head_dim;
  }
  for (LayerGroup& layer : draft.layers) {
    AddParameters(scope, parts, layer);
  }
  AddFeedForward(scope, draft);
  draft.outer_parameters = draft.Hidden();
}

void ReadGptOss(const ConfigScope& scope, ModelDraft& draft) {
  const HeadSizes heads = ReadHeads(scope, draft.hidden, {.dim = 64});
  scope.Size(kExpertKeys);
  const ExpertSizes sizes = ReadExperts(scope);
  const auto types = ReadLayerTypes(scope, draft.layer_count);
  const auto experts = static_cast<double>(sizes.experts);
  const auto intermediate = static_cast<double>(scope.Size({"intermediate_size"}));
  const double h = draft.Hidden();
  AttentionSizes attention = SizesOf(heads, h);
  attention.has_qkv_bias = scope.Flag("attention_bias", true);
  attention.has_output_bias = attention.has_qkv_bias;
  const ParameterParts parts =
      AttentionParameters(attention) +
      ParameterParts{.experts = experts * 3 * h * intermediate,
                     .expert_biases = experts * (2 * intermediate + h),
                     .other = static_cast<double>(heads.query) + experts * (h + 1) + 2 * h};
  for (int64_t i = 0; i < draft.layer_count; ++i) {
    LayerGroup layer = SoftmaxLayer(heads);
    const std::string type = types        ? (*types)[static_cast<size_t>(i)]
                             : i % 2 == 0 ? "sliding_attention"
                                          : "full_attention";
    if (type == "sliding_attention") {
      layer.attention = LayerAttention::kSliding;
      layer.window_tokens = scope.SizeUnlessAbsent(kWindowKeys, 128);
    } else if (type != "full_attention") {
      FailLayerType(scope, "layer_types", type);
    }
    layer.experts = sizes.experts;
    layer.experts_per_token = sizes.per_token;
    AddParameters(scope, parts, layer);
    draft.layers.push_back(layer);
  }
  draft.outer_parameters = h;
}

namespace {

/// Which layers of Llama 4 attend to a chunk alone: those with rotary positions.
std::vector<bool> ReadChunked(const ConfigScope& scope, int64_t layers) {
  std::vector<bool> is_chunked;
  if (const auto types = ReadLayerTypes(scope, layers)) {
    for (const std::string& type : *types) {
      if (type != "chunked_attention" && type != "full_attention") {
        FailLayerType(scope, "layer_types", type);
      }
      is_chunked.push_back(type == "chunked_attention");
    }
    return is_chunked;
  }
  // An empty list means the interval, as in the class.
  const auto listed = scope.Find({"no_rope_layers"});
  if (listed && listed->Size() > 0) {
    const auto flags = *scope.Integers("no_rope_layers", layers, ListLength::kExact, 1);
    return {flags.begin(), flags.end()};
  }
  const int64_t interval = scope.SizeOr({"no_rope_layer_interval", "nope_layer_interval"}, 4);
  for (int64_t i = 0; i < layers; ++i) {
    is_chunked.push_back((i + 1) % interval != 0);
  }
  return is_chunked;
}

std::vector<bool> ReadLlama4Experts(const ConfigScope& scope, int64_t layers) {
  std::vector<bool> has_experts = scope.Marked("moe_layers", layers);
  if (scope.Find({"moe_layers"})) {
    return has_experts;
  }
  const int64_t step = scope.SizeOr({"interleave_moe_layer_step"}, 1);
  for (int64_t i = step - 1; i < layers; i += step) {
    has_experts[static_cast<size_t>(i)] = true;
  }
  return has_experts;
}

}  // namespace

void ReadLlama4(const ConfigScope& scope, ModelDraft& draft) {
  const HeadSizes heads = ReadHeads(scope, draft.hidden, {.dim = 128});
  const std::vector<bool> is_chunked = ReadChunked(scope, draft.layer_count);
  const std::vector<bool> has_experts = ReadLlama4Experts(scope, draft.layer_count);
  ExpertSizes sizes = ReadSaidExperts(scope);
  sizes.intermediate = scope.Size({"intermediate_size"});
  sizes.shared = sizes.intermediate;
  ParameterParts parts = AttentionParameters(SizesOf(heads, draft.Hidden()));
  parts.other += 2 * draft.Hidden();
  for (size_t i = 0; i < static_cast<size_t>(draft.layer_count); ++i) {
    LayerGroup layer = SoftmaxLayer(heads);
    if (is_chunked[i]) {
      layer.attention = LayerAttention::kChunked;
      layer.chunk_tokens = scope.SizeUnlessAbsent({"attention_chunk_size"}, 8192);
    }
    AddParameters(scope, parts, layer);
    draft.layers.push_back(layer);
  }
  AddSparse(scope, has_experts, sizes, draft, "intermediate_size_mlp");
  draft.outer_parameters = draft.Hidden();
}

}  // namespace kinetics
