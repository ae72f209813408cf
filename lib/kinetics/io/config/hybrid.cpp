#include <fmt/format.h>

#include <algorithm>

#include "kinetics/io/config/draft.h"

namespace kinetics {
namespace {

double AsDouble(int64_t x) { return static_cast<double>(x); }

ParameterParts PlainAttention(const HeadSizes& heads, double hidden) {
  return AttentionParameters(SizesOf(heads, hidden));
}

/// Gives a layer a Mamba-2 mixer, beside its attention if it has one.
void AddMamba2(const ConfigScope& scope, const Mamba2Sizes& sizes, LayerGroup& layer) {
  layer.recurrence = Recurrence::kMamba2;
  layer.state_elements = StateSize(scope, sizes.Inner() * sizes.state);
  layer.conv_elements = StateSize(scope, sizes.Convolved() * (sizes.kernel - 1));
  AddParameters(scope, Mamba2Parameters(sizes), layer);
}

LayerGroup EmptyLayer() { return {.count = 1, .attention = LayerAttention::kNone}; }

DeltaNetSizes ReadDeltaNet(const ConfigScope& scope, double hidden) {
  const int64_t key_heads = scope.Size({"linear_num_key_heads"});
  if (scope.Size({"linear_num_value_heads"}) % key_heads != 0) {
    scope.Text()["linear_num_value_heads"].Fail(
        fmt::format("a multiple of linear_num_key_heads {}", key_heads));
  }
  return {.hidden = hidden,
          .key_heads = AsDouble(key_heads),
          .value_heads = AsDouble(scope.Size({"linear_num_value_heads"})),
          .key_dim = AsDouble(scope.Size({"linear_key_head_dim"})),
          .value_dim = AsDouble(scope.Size({"linear_value_head_dim"})),
          .kernel = AsDouble(scope.Size({"linear_conv_kernel_dim"}))};
}

LayerGroup DeltaNetLayer(const ConfigScope& scope, const DeltaNetSizes& sizes) {
  LayerGroup layer = EmptyLayer();
  layer.recurrence = Recurrence::kGatedDeltaNet;
  layer.state_elements = StateSize(scope, sizes.value_heads * sizes.key_dim * sizes.value_dim);
  layer.conv_elements = StateSize(scope, sizes.Convolved() * (sizes.kernel - 1));
  AddParameters(scope, DeltaNetParameters(sizes), layer);
  return layer;
}

/// Which layers of Qwen3-Next attend to all of the context.
std::vector<bool> ReadFullLayers(const ConfigScope& scope, int64_t layers) {
  std::vector<bool> is_full;
  if (const auto types = ReadLayerTypes(scope, layers)) {
    for (const std::string& type : *types) {
      if (type != "full_attention" && type != "linear_attention") {
        FailLayerType(scope, "layer_types", type);
      }
      is_full.push_back(type == "full_attention");
    }
    return is_full;
  }
  const int64_t interval = scope.SizeOr({"full_attention_interval"}, 4);
  for (int64_t i = 0; i < layers; ++i) {
    is_full.push_back((i + 1) % interval == 0);
  }
  return is_full;
}

void AddQwenNextFeedForward(const ConfigScope& scope, ModelDraft& draft) {
  ExpertSizes sizes = draft.type == "qwen3_5_text" ? ExpertSizes{} : ReadSaidExperts(scope);
  if (sizes.experts > 0) {
    sizes.intermediate = scope.Size({"moe_intermediate_size"});
    sizes.shared = scope.Size({"shared_expert_intermediate_size"});
    sizes.has_shared_gate = true;
  }
  AddSparse(scope, ReadSparseLayers(scope, draft.layer_count), sizes, draft);
}

}  // namespace

void ReadQwenNext(const ConfigScope& scope, ModelDraft& draft) {
  if (draft.type != "qwen3_next") {  // whose successors lost the rule
    const auto dense = scope.Find({"mlp_only_layers"});
    scope.Refuse("mlp_only_layers", dense && dense->Size() > 0);
    scope.Refuse("decoder_sparse_step", scope.SizeOr({"decoder_sparse_step"}, 1) > 1);
  }
  const HeadSizes heads = ReadHeads(scope, draft.hidden, {.dim = 256});
  const DeltaNetSizes delta = ReadDeltaNet(scope, draft.Hidden());
  AttentionSizes sizes = SizesOf(heads, draft.Hidden());
  sizes.has_output_gate = scope.Flag("attn_output_gate", true);
  ParameterParts attention = AttentionParameters(sizes);
  attention.other += 2 * AsDouble(heads.dim);
  for (const bool is_full : ReadFullLayers(scope, draft.layer_count)) {
    LayerGroup layer = is_full ? SoftmaxLayer(heads) : DeltaNetLayer(scope, delta);
    if (is_full) {
      AddParameters(scope, attention, layer);
    }
    AddParameters(scope, {.other = 2 * draft.Hidden()}, layer);
    draft.layers.push_back(layer);
  }
  AddQwenNextFeedForward(scope, draft);
  draft.outer_parameters = draft.Hidden();
}

namespace {

/// The blocks of Nemotron-H, each one thing: 'M', '*', '-' or 'E'.
std::string ReadBlocks(const ConfigScope& scope, int64_t layers) {
  if (const auto pattern = scope.Find({"hybrid_override_pattern"})) {
    std::string blocks = pattern->String();
    if (static_cast<int64_t>(blocks.size()) != layers) {
      pattern->Fail(fmt::format("a pattern of {} layers", layers), std::to_string(blocks.size()));
    }
    return blocks;
  }
  std::string blocks;
  const auto types = scope.Strings("layers_block_type", layers);
  if (!types) {
    scope.FailMissing({"hybrid_override_pattern", "layers_block_type"});
  }
  for (const std::string& type : *types) {
    const char block = type == "mamba"       ? 'M'
                       : type == "attention" ? '*'
                       : type == "mlp"       ? '-'
                       : type == "moe"       ? 'E'
                                             : '?';
    if (block == '?') {
      FailLayerType(scope, "layers_block_type", type);
    }
    blocks += block;
  }
  return blocks;
}

Mamba2Sizes ReadNemotronMamba(const ConfigScope& scope, double hidden) {
  scope.Refuse("mamba_proj_bias", scope.Flag("mamba_proj_bias", false));
  scope.Refuse("use_bias", scope.Flag("use_bias", false));
  return {.hidden = hidden,
          .heads = AsDouble(scope.Size({"mamba_num_heads"})),
          .head_dim = AsDouble(scope.Size({"mamba_head_dim"})),
          .groups = AsDouble(scope.Size({"n_groups"})),
          .state = AsDouble(scope.Size({"ssm_state_size"})),
          .kernel = AsDouble(scope.Size({"conv_kernel"})),
          .has_conv_bias = scope.Flag("use_conv_bias", true)};
}

/// Experts without gates, of the latent width where there is one, and a shared one.
void AddNemotronExperts(const ConfigScope& scope, double hidden, LayerGroup& layer) {
  scope.Size(kExpertKeys);
  const ExpertSizes sizes = ReadExperts(scope);
  const auto experts = AsDouble(sizes.experts);
  const auto latent = AsDouble(scope.CountOr({"moe_latent_size"}, 0));
  const double width = latent > 0 ? latent : hidden;
  const auto intermediate = AsDouble(scope.Size({"moe_intermediate_size"}));
  const int64_t shared_experts = scope.CountOr({"n_shared_experts"}, 1);
  scope.Refuse("n_shared_experts", shared_experts > 1);
  const int64_t shared =
      shared_experts == 0 ? 0 : scope.Size({"moe_shared_expert_intermediate_size"});
  layer.experts = sizes.experts;
  layer.experts_per_token = sizes.per_token;
  layer.intermediate_size = shared;
  AddParameters(scope,
                {.feed_forward = 2 * hidden * (AsDouble(shared) + latent),
                 .experts = experts * 2 * width * intermediate,
                 .other = experts * (hidden + 1)},
                layer);
}

}  // namespace

void ReadNemotronH(const ConfigScope& scope, ModelDraft& draft) {
  const HeadSizes heads = ReadHeads(scope, draft.hidden);
  const Mamba2Sizes mamba = ReadNemotronMamba(scope, draft.Hidden());
  for (const char block : ReadBlocks(scope, draft.layer_count)) {
    LayerGroup layer = EmptyLayer();
    if (block == 'M') {
      AddMamba2(scope, mamba, layer);
    } else if (block == '*') {
      layer = SoftmaxLayer(heads);
      AddParameters(scope, PlainAttention(heads, draft.Hidden()), layer);
    } else if (block == '-') {
      layer.intermediate_size = scope.Size({"intermediate_size"});
      AddParameters(scope, PlainMlpParameters(draft.Hidden(), AsDouble(layer.intermediate_size)),
                    layer);
    } else if (block == 'E') {
      AddNemotronExperts(scope, draft.Hidden(), layer);
    } else {
      FailLayerType(scope, "hybrid_override_pattern", std::string(1, block));
    }
    AddParameters(scope, {.other = draft.Hidden()}, layer);
    draft.layers.push_back(layer);
  }
  draft.outer_parameters = draft.Hidden();
}

namespace {

/// One layer of a period, by its number in it.
struct LayerRule {
  int64_t period = 1;
  int64_t offset = 0;

  bool Holds(int64_t layer) const { return layer % period == offset; }
};

/// `stem` is what the names of both keys begin with; `fallback` are its class's values.
LayerRule ReadLayerRule(const ConfigScope& scope, const std::string& stem,
                        const LayerRule& fallback) {
  const std::string period_key = stem + "_period";
  const std::string offset_key = stem + "_offset";
  const LayerRule rule = {scope.SizeOr({period_key}, fallback.period),
                          scope.CountOr({offset_key}, fallback.offset)};
  if (rule.offset < rule.period) {
    return rule;
  }
  if (const auto offset = scope.Find({offset_key})) {
    offset->Fail(fmt::format("less than {} {}", period_key, rule.period));
  }
  scope.Text()[period_key].Fail(
      fmt::format("more than {} ({} where absent)", offset_key, rule.offset));
}

}  // namespace

void ReadJamba(const ConfigScope& scope, ModelDraft& draft) {
  scope.Refuse("mamba_proj_bias", scope.Flag("mamba_proj_bias", false));
  scope.Refuse("mamba_conv_bias", !scope.Flag("mamba_conv_bias", true));
  const HeadSizes heads = ReadHeads(scope, draft.hidden);
  const double inner = AsDouble(scope.SizeOr({"mamba_expand"}, 2)) * draft.Hidden();
  const auto state = AsDouble(scope.SizeOr({"mamba_d_state"}, 16));
  const auto kernel = AsDouble(scope.SizeOr({"mamba_d_conv"}, 4));
  constexpr int64_t kRankDivisor = 16;
  const auto rank = scope.Find({"mamba_dt_rank"});
  const bool is_auto = !rank || (rank->IsString() && rank->String() == "auto");
  const int64_t dt_rank =
      is_auto ? (draft.hidden + kRankDivisor - 1) / kRankDivisor : scope.Size({"mamba_dt_rank"});
  ExpertSizes sizes = ReadExperts(scope);
  sizes.intermediate = scope.Size({"intermediate_size"});
  const LayerRule attends = ReadLayerRule(scope, "attn_layer", {.period = 8, .offset = 4});
  const LayerRule has_experts = ReadLayerRule(scope, "expert_layer", {.period = 2, .offset = 1});
  std::vector<bool> is_sparse;
  for (int64_t i = 0; i < draft.layer_count; ++i) {
    LayerGroup layer = EmptyLayer();
    if (attends.Holds(i)) {
      layer = SoftmaxLayer(heads);
      AddParameters(scope, PlainAttention(heads, draft.Hidden()), layer);
    } else {
      layer.recurrence = Recurrence::kMamba1;
      layer.state_elements = StateSize(scope, inner * state);
      layer.conv_elements = StateSize(scope, inner * (kernel - 1));
      AddParameters(
          scope, Mamba1Parameters(draft.Hidden(), inner, state, kernel, AsDouble(dt_rank)), layer);
    }
    AddParameters(scope, {.other = 2 * draft.Hidden()}, layer);
    draft.layers.push_back(layer);
    is_sparse.push_back(sizes.experts > 1 && has_experts.Holds(i));
  }
  AddSparse(scope, is_sparse, sizes, draft);
  draft.outer_parameters = draft.Hidden();
}

namespace {

Mamba2Sizes ReadGraniteMamba(const ConfigScope& scope, int64_t hidden) {
  scope.Refuse("mamba_proj_bias", scope.Flag("mamba_proj_bias", false));
  const int64_t inner = hidden * scope.SizeOr({"mamba_expand"}, 2);
  const int64_t heads = scope.SizeOr({"mamba_n_heads"}, 128);
  const auto dim = scope.Find({"mamba_d_head"});
  const bool is_auto = !dim || (dim->IsString() && dim->String() == "auto");
  const int64_t head_dim = is_auto ? inner / heads : scope.Size({"mamba_d_head"});
  if (heads * head_dim != inner) {
    scope.Find({"mamba_n_heads"})
        .value_or(scope.Text())
        .Fail(fmt::format("mamba_n_heads (128 where absent) x mamba_d_head to be mamba_expand x "
                          "hidden_size, {}",
                          inner),
              fmt::format("{} x {}", heads, head_dim));
  }
  return {.hidden = AsDouble(hidden),
          .heads = AsDouble(heads),
          .head_dim = AsDouble(head_dim),
          .groups = AsDouble(scope.SizeOr({"mamba_n_groups"}, 1)),
          .state = AsDouble(scope.SizeOr({"mamba_d_state"}, 256)),
          .kernel = AsDouble(scope.SizeOr({"mamba_d_conv"}, 4)),
          .has_conv_bias = scope.Flag("mamba_conv_bias", true)};
}

}  // namespace

void ReadGraniteHybrid(const ConfigScope& scope, ModelDraft& draft) {
  const auto key = scope.FindKey({"layer_types", "layers_block_type"});
  if (!key) {
    scope.FailMissing({"layer_types", "layers_block_type"});
  }
  const auto types = scope.Strings(*key, draft.layer_count);
  const HeadSizes heads = ReadHeads(scope, draft.hidden);
  ExpertSizes sizes = ReadExperts(scope);
  sizes.intermediate = sizes.experts > 0 ? scope.Size({"intermediate_size"}) : 0;
  sizes.shared = scope.Size({"shared_intermediate_size"});
  const bool has_mamba = std::find(types->begin(), types->end(), "mamba") != types->end();
  const Mamba2Sizes mamba = has_mamba ? ReadGraniteMamba(scope, draft.hidden) : Mamba2Sizes{};
  for (const std::string& type : *types) {
    LayerGroup layer = EmptyLayer();
    if (type == "mamba") {
      AddMamba2(scope, mamba, layer);
    } else if (type == "attention" || type == "full_attention") {
      layer = SoftmaxLayer(heads);
      AddParameters(scope, PlainAttention(heads, draft.Hidden()), layer);
    } else {
      FailLayerType(scope, *key, type);
    }
    AddParameters(scope, {.other = 2 * draft.Hidden()}, layer);
    if (sizes.experts > 0) {
      AddExperts(scope, draft.hidden, sizes, layer);
    } else {
      AddGatedMlp(scope, draft.hidden, sizes.shared, layer);
    }
    draft.layers.push_back(layer);
  }
  draft.outer_parameters = draft.Hidden();
}

void ReadFalconH1(const ConfigScope& scope, ModelDraft& draft) {
  for (const std::string_view key : {"mamba_proj_bias", "projectors_bias"}) {
    scope.Refuse(key, scope.Flag(key, false));
  }
  const HeadSizes heads = ReadHeads(scope, draft.hidden);
  const int64_t inner =
      scope.SizeOr({"mamba_d_ssm"}, draft.hidden * scope.SizeOr({"mamba_expand"}, 2));
  const Mamba2Sizes mamba = {.hidden = draft.Hidden(),
                             .heads = AsDouble(scope.Size({"mamba_n_heads"})),
                             .head_dim = AsDouble(scope.Size({"mamba_d_head"})),
                             .groups = AsDouble(scope.SizeOr({"mamba_n_groups"}, 1)),
                             .state = AsDouble(scope.SizeOr({"mamba_d_state"}, 256)),
                             .kernel = AsDouble(scope.SizeOr({"mamba_d_conv"}, 4)),
                             .has_norm = scope.Flag("mamba_rms_norm", false),
                             .has_conv_bias = scope.Flag("mamba_conv_bias", true)};
  if (mamba.Inner() != AsDouble(inner)) {
    scope.Text()["mamba_n_heads"].Fail(
        fmt::format("mamba_n_heads x mamba_d_head to be mamba_d_ssm ({})", inner),
        fmt::format("{}", mamba.Inner()));
  }
  LayerGroup layer = SoftmaxLayer(heads);
  AddParameters(scope, PlainAttention(heads, draft.Hidden()), layer);
  AddMamba2(scope, mamba, layer);
  AddParameters(scope, {.other = 2 * draft.Hidden()}, layer);
  AddGatedMlp(scope, draft.hidden, scope.Size({"intermediate_size"}), layer);
  draft.layers.assign(static_cast<size_t>(draft.layer_count), layer);
  draft.outer_parameters = draft.Hidden();
}

namespace {

/// LFM2's class scales the width of its MLP by two thirds where the config says so.
int64_t ReadLfm2Intermediate(const ConfigScope& scope) {
  int64_t size = scope.Size({"block_ff_dim", "intermediate_size"});
  if (!scope.Flag("block_auto_adjust_ff_dim", false)) {
    return size;
  }
  size = 2 * size / 3;
  const auto factor = scope.Find({"block_ffn_dim_multiplier"});
  constexpr double kMostFactor = 1000;
  const double scaled = (factor ? factor->Number("a factor", 0, kMostFactor) : 1) * AsDouble(size);
  const int64_t multiple = scope.SizeOr({"block_multiple_of"}, 256);
  return (static_cast<int64_t>(scaled) + multiple - 1) / multiple * multiple;
}

/// Which layers attend; the others convolve.
std::vector<bool> ReadLfm2Attention(const ConfigScope& scope, int64_t layers) {
  const auto types = ReadLayerTypes(scope, layers);
  if (!types) {
    if (!scope.Find({"full_attn_idxs"})) {
      scope.FailMissing({"layer_types", "full_attn_idxs"});
    }
    return scope.Marked("full_attn_idxs", layers);
  }
  std::vector<bool> attends;
  for (const std::string& type : *types) {
    if (type != "conv" && type != "full_attention") {
      FailLayerType(scope, "layer_types", type);
    }
    attends.push_back(type == "full_attention");
  }
  return attends;
}

}  // namespace

void ReadLfm2(const ConfigScope& scope, ModelDraft& draft) {
  scope.Refuse("conv_bias", scope.Flag("conv_bias", false));
  const HeadSizes heads = ReadHeads(scope, draft.hidden);
  const int64_t kernel = scope.SizeOr({"conv_L_cache"}, 3);
  const int64_t intermediate = ReadLfm2Intermediate(scope);
  for (const bool attends : ReadLfm2Attention(scope, draft.layer_count)) {
    LayerGroup layer = EmptyLayer();
    if (!attends) {
      layer.recurrence = Recurrence::kShortConvolution;
      layer.conv_elements = StateSize(scope, draft.Hidden() * AsDouble(kernel - 1));
      AddParameters(scope, ShortConvolutionParameters(draft.Hidden(), AsDouble(kernel)), layer);
    } else {
      layer = SoftmaxLayer(heads);
      AddParameters(scope, PlainAttention(heads, draft.Hidden()), layer);
      AddParameters(scope, {.other = 2 * AsDouble(heads.dim)}, layer);
    }
    AddParameters(scope, {.other = 2 * draft.Hidden()}, layer);
    AddGatedMlp(scope, draft.hidden, intermediate, layer);
    draft.layers.push_back(layer);
  }
  draft.outer_parameters = draft.Hidden();
}

void ReadMiniMaxM1(const ConfigScope& scope, ModelDraft& draft) {
  scope.Refuse("shared_intermediate_size", scope.CountOr({"shared_intermediate_size"}, 0) > 0);
  const HeadSizes heads = ReadHeads(scope, draft.hidden);
  const auto is_full = scope.Integers("attn_type_list", draft.layer_count);
  if (!is_full) {
    scope.Text()["attn_type_list"].Fail("a list");
  }
  scope.Size(kExpertKeys);
  ExpertSizes sizes = ReadExperts(scope);
  sizes.intermediate = scope.Size({"intermediate_size"});
  for (const int64_t full : *is_full) {
    LayerGroup layer = EmptyLayer();
    if (full == 1) {
      layer = SoftmaxLayer(heads);
      AddParameters(scope, PlainAttention(heads, draft.Hidden()), layer);
    } else if (full == 0) {
      layer.recurrence = Recurrence::kLightning;
      layer.state_elements =
          StateSize(scope, AsDouble(heads.query) * AsDouble(heads.dim) * AsDouble(heads.dim));
      AddParameters(scope,
                    LightningParameters(draft.Hidden(), AsDouble(heads.query), AsDouble(heads.dim)),
                    layer);
    } else {
      FailLayerType(scope, "attn_type_list", std::to_string(full));
    }
    AddParameters(scope, {.other = 2 * draft.Hidden()}, layer);
    AddExperts(scope, draft.hidden, sizes, layer);
    draft.layers.push_back(layer);
  }
  draft.outer_parameters = draft.Hidden();
}

}  // namespace kinetics
