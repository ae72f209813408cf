#include "kinetics/io/config/draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "kinetics/core/limits.h"
#include "kinetics/core/text.h"

namespace kinetics {
namespace {

constexpr double kMostParameters = static_cast<double>(kMostExactInteger);

std::optional<std::vector<bool>> ExpertLayersOfList(const ConfigScope& scope, int64_t layers) {
  if (const auto types = scope.Strings("mlp_layer_types", layers, ListLength::kAtLeast)) {
    std::vector<bool> has_experts;
    for (const std::string& type : *types) {
      if (type != "sparse" && type != "dense") {
        FailLayerType(scope, "mlp_layer_types", type);
      }
      has_experts.push_back(type == "sparse");
    }
    return has_experts;
  }
  const auto frequency = scope.Find({"moe_layer_freq"});
  if (!frequency || !frequency->IsList()) {
    return std::nullopt;
  }
  const auto flags = *scope.Integers("moe_layer_freq", layers, ListLength::kAtLeast, 1);
  std::vector<bool> has_experts(flags.begin(), flags.end());
  const int64_t first = std::min(layers, scope.CountOr({"first_k_dense_replace"}, 0));
  std::fill(has_experts.begin(), has_experts.begin() + first, false);
  return has_experts;
}

// The rows of caches, of two vectors a head, then need no limit of their own.
static_assert(kMostHeads * 2 * kMostWidth < kMostStateElements);

}  // namespace

HeadSizes ReadHeads(const ConfigScope& scope, int64_t hidden, const HeadSizes& fallback) {
  HeadSizes heads;
  heads.query = fallback.query == 0
                    ? scope.Size({"num_attention_heads"}, kMostHeads)
                    : scope.FindSize({"num_attention_heads"}, kMostHeads).value_or(fallback.query);
  const auto kv = scope.Find(kKvHeadKeys);
  heads.kv = kv                 ? kv->Integer("heads", 1, kMostHeads)
             : fallback.kv == 0 ? heads.query
                                : fallback.kv;
  if (heads.query % heads.kv != 0 && kv) {
    kv->Fail(fmt::format("a divisor of {} query heads", heads.query));
  }
  if (heads.query % heads.kv != 0) {
    scope.Text()["num_attention_heads"].Fail(
        fmt::format("a multiple of num_key_value_heads ({} where absent)", heads.kv));
  }
  const auto dim = scope.FindSize(kHeadDimKeys);
  if (!dim && fallback.dim == 0 && hidden % heads.query != 0) {
    scope.Text()["num_attention_heads"].Fail(
        fmt::format("a divisor of hidden_size {}, or head_dim", hidden));
  }
  heads.dim = dim.value_or(fallback.dim == 0 ? hidden / heads.query : fallback.dim);
  return heads;
}

AttentionSizes SizesOf(const HeadSizes& heads, double hidden) {
  return {.hidden = hidden,
          .query_heads = static_cast<double>(heads.query),
          .kv_heads = static_cast<double>(heads.kv),
          .head_dim = static_cast<double>(heads.dim),
          .value_dim = static_cast<double>(heads.dim)};
}

LayerGroup SoftmaxLayer(const HeadSizes& heads) {
  return {.count = 1,
          .query_heads = heads.query,
          .kv_heads = heads.kv,
          .head_dim = heads.dim,
          .value_dim = heads.dim};
}

void AddParameters(const ConfigScope& scope, const ParameterParts& parts, LayerGroup& layer) {
  if (!(parts.Sum() + static_cast<double>(layer.parameters.Sum()) <= kMostParameters)) {
    scope.Text().Fail("layers of at most 2^53 parameters");
  }
  layer.parameters.mixer += static_cast<int64_t>(parts.mixer);
  layer.parameters.feed_forward += static_cast<int64_t>(parts.feed_forward);
  layer.parameters.experts += static_cast<int64_t>(parts.experts);
  layer.parameters.expert_biases += static_cast<int64_t>(parts.expert_biases);
  layer.parameters.other += static_cast<int64_t>(parts.other);
}

int64_t StateSize(const ConfigScope& scope, double elements) {
  if (!(elements <= static_cast<double>(kMostStateElements))) {
    scope.Text().Fail("layers whose states have at most 2^40 elements");
  }
  return static_cast<int64_t>(elements);
}

std::optional<std::vector<std::string>> ReadLayerTypes(const ConfigScope& scope, int64_t layers) {
  return scope.Strings("layer_types", layers);
}

void FailLayerType(const ConfigScope& scope, std::string_view key, const std::string& kind) {
  scope.Text()[key].Fail(fmt::format("layers of known kinds; '{}' is not known", Excerpt(kind)));
}

void AddGatedMlp(const ConfigScope& scope, int64_t hidden, int64_t intermediate,
                 LayerGroup& layer) {
  layer.intermediate_size += intermediate;
  if (layer.intermediate_size > kMostWidth) {
    scope.Text().Fail(
        fmt::format("MLPs, or shared experts in all, of at most {} elements", kMostWidth),
        std::to_string(layer.intermediate_size));
  }
  AddParameters(scope,
                GatedMlpParameters(static_cast<double>(hidden), static_cast<double>(intermediate)),
                layer);
}

void AddExperts(const ConfigScope& scope, int64_t hidden, const ExpertSizes& sizes,
                LayerGroup& layer) {
  layer.experts = sizes.experts;
  layer.experts_per_token = sizes.per_token;
  const auto experts = static_cast<double>(sizes.experts);
  ParameterParts parts = ExpertParameters(static_cast<double>(hidden),
                                          static_cast<double>(sizes.intermediate), experts);
  parts.other += sizes.has_correction_bias ? experts : 0;
  parts.other += sizes.has_shared_gate ? static_cast<double>(hidden) : 0;
  AddParameters(scope, parts, layer);
  if (sizes.shared > 0) {
    AddGatedMlp(scope, hidden, sizes.shared, layer);
  }
}

ExpertSizes ReadExperts(const ConfigScope& scope) {
  const auto key = scope.FindKey(kExpertKeys);
  const auto top = scope.Find(kExpertsPerTokenKeys);
  const bool tells_of_experts = scope.CountOr(kExpertsPerTokenKeys, 0, kMostHeads) > 0 ||
                                scope.Find({"moe_intermediate_size"});
  if (!key && tells_of_experts) {
    scope.FailMissing(kExpertKeys);
  }
  ExpertSizes sizes = {.experts = scope.CountOr(kExpertKeys, 0, kMostHeads)};
  if (sizes.experts == 0) {
    return sizes;
  }
  sizes.per_token = scope.Size(kExpertsPerTokenKeys, kMostHeads);
  if (sizes.per_token > sizes.experts) {
    top->Fail(fmt::format("at most {} experts a token ({})", sizes.experts, *key));
  }
  return sizes;
}

ExpertSizes ReadSaidExperts(const ConfigScope& scope) {
  if (!scope.Find(kExpertKeys)) {
    scope.FailMissing(kExpertKeys);
  }
  return ReadExperts(scope);
}

std::vector<bool> ReadExpertLayers(const ConfigScope& scope, int64_t layers) {
  if (auto listed = ExpertLayersOfList(scope, layers)) {
    return *listed;
  }
  const int64_t first = scope.CountOr({"first_k_dense_replace"}, 0);
  const int64_t every = scope.SizeOr({"moe_layer_freq"}, 1);
  std::vector<bool> has_experts;
  for (int64_t i = 0; i < layers; ++i) {
    has_experts.push_back(i >= first && i % every == 0);
  }
  return has_experts;
}

std::vector<bool> ReadSparseLayers(const ConfigScope& scope, int64_t layers) {
  const int64_t step = scope.SizeOr({"decoder_sparse_step"}, 1);
  std::vector<bool> has_experts = scope.Marked("mlp_only_layers", layers);
  for (int64_t i = 0; i < layers; ++i) {
    const auto layer = static_cast<size_t>(i);
    has_experts[layer] = !has_experts[layer] && (i + 1) % step == 0;
  }
  return has_experts;
}

void AddSparse(const ConfigScope& scope, const std::vector<bool>& is_sparse,
               const ExpertSizes& sizes, ModelDraft& draft, std::string_view dense_key) {
  std::optional<int64_t> dense;  // needed only where there is such a layer
  for (size_t i = 0; i < draft.layers.size(); ++i) {
    if (sizes.experts > 0 && is_sparse[i]) {
      AddExperts(scope, draft.hidden, sizes, draft.layers[i]);
    } else {
      dense = dense ? dense : scope.Size({dense_key});
      AddGatedMlp(scope, draft.hidden, *dense, draft.layers[i]);
    }
  }
}

void AddDeepSeekFeedForward(const ConfigScope& scope, bool has_correction_bias, ModelDraft& draft) {
  // Of these, DeepSeek-V2 alone is dense where the config is silent.
  ExpertSizes sizes = draft.type == "deepseek_v2" ? ReadExperts(scope) : ReadSaidExperts(scope);
  std::vector<bool> has_experts;
  if (sizes.experts > 0) {
    has_experts = ReadExpertLayers(scope, draft.layer_count);
    sizes.intermediate = scope.Size({"moe_intermediate_size"});
    sizes.shared = scope.CountOr({"n_shared_experts"}, 0) * sizes.intermediate;
    sizes.has_correction_bias = has_correction_bias;
  }
  AddSparse(scope, has_experts, sizes, draft);
}

}  // namespace kinetics
