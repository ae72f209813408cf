#include <fmt/format.h>

#include <cmath>

#include "kinetics/io/config/draft.h"

namespace kinetics {
namespace {

/// A layer of GPT-2 and OPT: biases everywhere, a plain MLP, two LayerNorms.
LayerGroup BiasedLayer(const ConfigScope& scope, const HeadSizes& heads, double hidden,
                       int64_t intermediate) {
  LayerGroup layer = SoftmaxLayer(heads);
  layer.intermediate_size = intermediate;
  const auto inner = static_cast<double>(intermediate);
  AttentionSizes sizes = SizesOf(heads, hidden);
  sizes.has_qkv_bias = true;
  sizes.has_output_bias = true;
  ParameterParts parts = AttentionParameters(sizes);
  parts += PlainMlpParameters(hidden, inner);
  parts.other += inner + hidden + 4 * hidden;
  AddParameters(scope, parts, layer);
  return layer;
}

}  // namespace

void ReadGpt2(const ConfigScope& scope, ModelDraft& draft) {
  const int64_t query_heads = scope.Size({"n_head", "num_attention_heads"}, kMostHeads);
  if (draft.hidden % query_heads != 0) {
    scope.Find({"n_head", "num_attention_heads"})
        ->Fail(fmt::format("a divisor of n_embd {}", draft.hidden));
  }
  const HeadSizes heads = {query_heads, query_heads, draft.hidden / query_heads};
  const int64_t intermediate = scope.SizeOr({"n_inner"}, 4 * draft.hidden);
  draft.layers.assign(static_cast<size_t>(draft.layer_count),
                      BiasedLayer(scope, heads, draft.Hidden(), intermediate));
  const auto positions =
      static_cast<double>(scope.Size({"n_positions", "max_position_embeddings"}));
  draft.outer_parameters = positions * draft.Hidden() + 2 * draft.Hidden();
}

void ReadOpt(const ConfigScope& scope, ModelDraft& draft) {
  scope.Refuse("enable_bias", !scope.Flag("enable_bias", true));
  scope.Refuse("layer_norm_elementwise_affine", !scope.Flag("layer_norm_elementwise_affine", true));
  const HeadSizes heads = ReadHeads(scope, draft.hidden);
  draft.layers.assign(static_cast<size_t>(draft.layer_count),
                      BiasedLayer(scope, heads, draft.Hidden(), scope.Size({"ffn_dim"})));
  draft.embedding_width = scope.SizeOr({"word_embed_proj_dim"}, draft.hidden);
  const auto width = static_cast<double>(draft.embedding_width);
  constexpr double kPositionOffset = 2;  // of its learned positions
  const auto positions = static_cast<double>(scope.Size({"max_position_embeddings"}));
  draft.outer_parameters = (positions + kPositionOffset) * draft.Hidden();
  if (draft.embedding_width != draft.hidden) {
    draft.outer_parameters += 2 * width * draft.Hidden();
  }
  if (scope.Flag("do_layer_norm_before", true) && !scope.Flag("_remove_final_layer_norm", false)) {
    draft.outer_parameters += 2 * draft.Hidden();
  }
}

namespace {

bool IsSet(const JsonValue& value, std::string_view key) {
  return value.Has(key) && !value[key].IsNull() && value[key].Bool();
}

/// Refuses what a block's part can have that changes its sizes and that no formula covers.
void ExpectPlainPart(const JsonValue& part) {
  if (IsSet(part, "replace_with_linear")) {
    part["replace_with_linear"].Fail("no linear layer in place of a part, which no formula covers");
  }
  for (const std::string_view key :
       {"window_length", "num_sink_tokens", "sparsify", "moe", "mamba", "llama4"}) {
    if (part.Has(key) && !part[key].IsNull()) {
      part[key].Fail("null, since no formula covers others");
    }
  }
}

}  // namespace

void ReadNemotronNas(const ConfigScope& scope, ModelDraft& draft) {
  const HeadSizes all = ReadHeads(scope, draft.hidden);
  const JsonValue blocks = scope.Text()["block_configs"];
  if (static_cast<int64_t>(blocks.Size()) != draft.layer_count) {
    blocks.Fail(fmt::format("a list for {} layers", draft.layer_count),
                std::to_string(blocks.Size()));
  }
  for (size_t i = 0; i < blocks.Size(); ++i) {
    const JsonValue block = blocks[i];
    const JsonValue attention = block["attention"];
    const JsonValue ffn = block["ffn"];
    ExpectPlainPart(attention);
    ExpectPlainPart(ffn);
    LayerGroup layer = {.count = 1, .attention = LayerAttention::kNone};
    if (!IsSet(attention, "no_op")) {
      const int64_t group = attention["n_heads_in_group"].Integer("heads", 1, all.query);
      if (all.query % group != 0) {
        attention["n_heads_in_group"].Fail(
            fmt::format("a divisor of num_attention_heads {}", all.query));
      }
      const HeadSizes heads = {all.query, all.query / group, all.dim};
      layer = SoftmaxLayer(heads);
      ParameterParts parts = AttentionParameters(SizesOf(heads, draft.Hidden()));
      parts.other += draft.Hidden();
      AddParameters(scope, parts, layer);
    }
    if (!IsSet(ffn, "no_op")) {
      constexpr double kMostFactor = 1000;
      constexpr double kMultiple = 256;
      const double factor = ffn["ffn_mult"].Number("a factor", 0, kMostFactor);
      const double wanted = std::floor(2 * factor * draft.Hidden() / 3);
      const double intermediate = kMultiple * std::ceil(wanted / kMultiple);
      AddGatedMlp(scope, draft.hidden, static_cast<int64_t>(intermediate), layer);
      AddParameters(scope, {.other = draft.Hidden()}, layer);
    }
    draft.layers.push_back(layer);
  }
  draft.outer_parameters = draft.Hidden();
}

}  // namespace kinetics
