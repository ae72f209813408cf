#include <fmt/format.h>

#include "kinetics/io/config/draft.h"

namespace kinetics {
namespace {

/// A layer of latent attention as its decode kernel sees it.
LayerGroup LatentLayer(const ConfigScope& scope, int64_t heads, const LatentSizes& sizes) {
  const auto rank = static_cast<int64_t>(sizes.kv_rank);
  const int64_t row = rank + static_cast<int64_t>(sizes.rope_dim);
  if (row > kMostWidth) {
    scope.Text()["kv_lora_rank"].Fail(fmt::format("at most {} with qk_rope_head_dim", kMostWidth),
                                      std::to_string(row));
  }
  return {.count = 1,
          .attention = LayerAttention::kLatent,
          .query_heads = heads,
          .kv_heads = 1,
          .head_dim = row,
          .value_dim = rank};
}

/// Whether each layer has an indexer of its own; those that have none use the choice of one before.
std::vector<bool> ReadIndexers(const ConfigScope& scope, int64_t layers) {
  const auto types = scope.Strings("indexer_types", layers, ListLength::kAtLeast);
  if (!types) {
    scope.Refuse("index_topk_freq", scope.SizeOr({"index_topk_freq"}, 1) > 1);
    return std::vector<bool>(static_cast<size_t>(layers), true);
  }
  std::vector<bool> has_indexer;
  for (const std::string& type : *types) {
    if (type != "full" && type != "shared") {
      FailLayerType(scope, "indexer_types", type);
    }
    has_indexer.push_back(type == "full");
  }
  return has_indexer;
}

void AddIndexers(const ConfigScope& scope, double query_rank, ModelDraft& draft) {
  if (query_rank == 0) {
    scope.Size({"q_lora_rank"});
  }
  const int64_t heads = scope.Size({"index_n_heads"}, kMostHeads);
  const int64_t dim = scope.Size({"index_head_dim"});
  const int64_t top = scope.Size({"index_topk"});
  const std::vector<bool> has_indexer = ReadIndexers(scope, draft.layer_count);
  for (size_t i = 0; i < draft.layers.size(); ++i) {
    LayerGroup& layer = draft.layers[i];
    layer.index_top_tokens = top;
    if (has_indexer[i]) {
      layer.index_heads = heads;
      layer.index_dim = dim;
      AddParameters(scope,
                    IndexParameters(draft.Hidden(), query_rank, static_cast<double>(heads),
                                    static_cast<double>(dim)),
                    layer);
    }
  }
}

bool HasCorrectionBias(const ConfigScope& scope, const std::string& type) {
  const auto method = scope.Find({"topk_method"});
  if (!method) {
    return type != "deepseek_v2";
  }
  const std::string name = method->String();
  if (name != "noaux_tc" && name != "greedy" && name != "group_limited_greedy") {
    method->Fail("noaux_tc, greedy or group_limited_greedy");
  }
  return name == "noaux_tc";
}

}  // namespace

void ReadLatent(const ConfigScope& scope, ModelDraft& draft) {
  const int64_t heads = scope.Size({"num_attention_heads"}, kMostHeads);
  if (!scope.Has({"q_lora_rank"})) {  // null is another thing: queries without a latent
    scope.FailMissing({"q_lora_rank"});
  }
  LatentSizes sizes = {.hidden = draft.Hidden(),
                       .heads = static_cast<double>(heads),
                       .query_rank = static_cast<double>(scope.SizeOr({"q_lora_rank"}, 0)),
                       .kv_rank = static_cast<double>(scope.Size({"kv_lora_rank"})),
                       .rope_dim = static_cast<double>(scope.Size({"qk_rope_head_dim"})),
                       .nope_dim = static_cast<double>(scope.Size({"qk_nope_head_dim"}))};
  const bool is_minicpm = draft.type == "minicpm3";
  const bool has_value_dim = scope.Find({"v_head_dim"}).has_value();
  if (is_minicpm && !has_value_dim && draft.hidden % heads != 0) {
    scope.Text()["num_attention_heads"].Fail(
        fmt::format("a divisor of hidden_size {}, or v_head_dim", draft.hidden));
  }
  sizes.value_dim = static_cast<double>(is_minicpm && !has_value_dim ? draft.hidden / heads
                                                                     : scope.Size({"v_head_dim"}));
  ParameterParts parts = LatentParameters(sizes);
  parts.other += 2 * draft.Hidden();
  draft.layers.assign(static_cast<size_t>(draft.layer_count), LatentLayer(scope, heads, sizes));
  for (LayerGroup& layer : draft.layers) {
    AddParameters(scope, parts, layer);
  }
  if (draft.type == "deepseek_v32" || draft.type == "glm_moe_dsa") {
    AddIndexers(scope, sizes.query_rank, draft);
  }
  if (is_minicpm) {
    for (LayerGroup& layer : draft.layers) {
      AddGatedMlp(scope, draft.hidden, scope.Size({"intermediate_size"}), layer);
    }
  } else {
    AddDeepSeekFeedForward(scope, HasCorrectionBias(scope, draft.type), draft);
  }
  draft.outer_parameters = draft.Hidden();
}

void ReadDeepSeekV4(const ConfigScope& scope, ModelDraft& draft) {
  draft.has_formula = false;
  // Its keys are its values too, in one head of a width that its other sizes do not give.
  if (scope.Size(kKvHeadKeys) != 1) {
    scope.Find(kKvHeadKeys)->Fail("1, which compressed attention has");
  }
  scope.Size(kHeadDimKeys);
  const HeadSizes heads = ReadHeads(scope, draft.hidden);
  const int64_t window = scope.Size(kWindowKeys);
  const auto ratios = scope.Integers("compress_ratios", draft.layer_count, ListLength::kAtLeast);
  if (!ratios) {
    scope.Text()["compress_ratios"].Fail("a list");
  }
  for (const int64_t ratio : *ratios) {
    constexpr int64_t kIndexed = 4;
    constexpr int64_t kPlain = 128;
    if (ratio != 0 && ratio != kIndexed && ratio != kPlain) {
      scope.Text()["compress_ratios"].Fail(
          fmt::format("ratios of 0, {} and {}; {} is not known", kIndexed, kPlain, ratio));
    }
    LayerGroup layer = SoftmaxLayer(heads);
    layer.attention = LayerAttention::kCompressed;
    layer.window_tokens = window;
    layer.compression = ratio;
    if (ratio == kIndexed) {
      layer.index_heads = scope.Size({"index_n_heads"}, kMostHeads);
      layer.index_dim = scope.Size({"index_head_dim"});
      layer.index_top_tokens = scope.Size({"index_topk"});
    }
    draft.layers.push_back(layer);
  }
}

void ReadGemma4(const ConfigScope& scope, ModelDraft& draft) {
  draft.has_formula = false;
  const HeadSizes sliding = ReadHeads(scope, draft.hidden, {.dim = 256});
  HeadSizes full = sliding;
  full.dim = scope.SizeOr({"global_head_dim"}, 512);
  if (scope.Flag("attention_k_eq_v", false)) {
    full.kv = scope.FindSize({"num_global_key_value_heads"}, kMostHeads).value_or(sliding.kv);
  }
  if (full.query % full.kv != 0) {
    scope.Text()["num_global_key_value_heads"].Fail(
        fmt::format("a divisor of {} query heads", full.query));
  }
  const auto types = ReadLayerTypes(scope, draft.layer_count);
  if (!types) {
    scope.Text()["layer_types"].Fail("a list");
  }
  const int64_t shared = scope.CountOr({"num_kv_shared_layers"}, 0);
  if (shared >= draft.layer_count) {
    scope.Text()["num_kv_shared_layers"].Fail(
        fmt::format("fewer than {} layers", draft.layer_count));
  }
  for (size_t i = 0; i < types->size(); ++i) {
    const bool slides = (*types)[i] == "sliding_attention";
    if (!slides && (*types)[i] != "full_attention") {
      FailLayerType(scope, "layer_types", (*types)[i]);
    }
    LayerGroup layer = SoftmaxLayer(slides ? sliding : full);
    if (slides) {
      layer.attention = LayerAttention::kSliding;
      layer.window_tokens = scope.SizeUnlessAbsent(kWindowKeys, 512);
    }
    layer.shared_cache = static_cast<int64_t>(i) >= draft.layer_count - shared ? 1 : 0;
    draft.layers.push_back(layer);
  }
}

}  // namespace kinetics
