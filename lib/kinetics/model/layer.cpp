#include "kinetics/model/layer.h"

#include <algorithm>

#include "kinetics/core/limits.h"

namespace kinetics {
namespace {

constexpr std::array<std::string_view, 6> kAttentionNames = {"",
                                                             "full_attention",
                                                             "sliding_attention",
                                                             "chunked_attention",
                                                             "latent_attention",
                                                             "compressed_attention"};
constexpr std::array<std::string_view, 6> kRecurrenceNames = {
    "", "mamba1", "mamba2", "gated_delta_net", "lightning_attention", "short_convolution"};
constexpr std::string_view kNoMixer = "feed_forward";

constexpr std::array<LayerField, 16> kFields = {{
    {"query_heads", "heads", &LayerGroup::query_heads, kMostHeads},
    {"kv_heads", "heads", &LayerGroup::kv_heads, kMostHeads},
    {"head_dim", "elements", &LayerGroup::head_dim, kMostWidth},
    {"value_dim", "elements", &LayerGroup::value_dim, kMostWidth},
    {"window_tokens", "tokens", &LayerGroup::window_tokens, kMostTokens},
    {"chunk_tokens", "tokens", &LayerGroup::chunk_tokens, kMostTokens},
    {"compression", "tokens", &LayerGroup::compression, kMostTokens},
    {"index_heads", "heads", &LayerGroup::index_heads, kMostHeads},
    {"index_dim", "elements", &LayerGroup::index_dim, kMostWidth},
    {"index_top_tokens", "tokens", &LayerGroup::index_top_tokens, kMostTokens},
    {"shared_cache", "0 or 1", &LayerGroup::shared_cache, 1},
    {"state_elements", "elements", &LayerGroup::state_elements, kMostStateElements},
    {"conv_elements", "elements", &LayerGroup::conv_elements, kMostStateElements},
    {"intermediate_size", "elements", &LayerGroup::intermediate_size, kMostWidth},
    {"experts", "experts", &LayerGroup::experts, kMostHeads},
    {"experts_per_token", "experts", &LayerGroup::experts_per_token, kMostHeads},
}};

template <size_t n>
std::optional<size_t> IndexOf(const std::array<std::string_view, n>& names, std::string_view name) {
  const auto found = std::find(names.begin() + 1, names.end(), name);
  return found == names.end() ? std::nullopt : std::optional<size_t>(found - names.begin());
}

bool HasValuesInKeys(const LayerGroup& group) {
  return group.attention == LayerAttention::kLatent ||
         group.attention == LayerAttention::kCompressed;
}

int64_t CeilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Rows that a sparse index chooses from, and attention reads where there is none.
int64_t IndexedRows(const LayerGroup& group, int64_t tokens) {
  if (group.attention != LayerAttention::kCompressed) {
    return tokens;
  }
  return group.compression == 0 ? 0 : CeilDivide(tokens, group.compression);
}

}  // namespace

std::span<const LayerField> LayerFields() { return kFields; }

std::string KindName(const LayerGroup& group) {
  std::string name(kAttentionNames[static_cast<size_t>(group.attention)]);
  if (group.recurrence != Recurrence::kNone) {
    name += name.empty() ? "" : "+";
    name += kRecurrenceNames[static_cast<size_t>(group.recurrence)];
  }
  return name.empty() ? std::string(kNoMixer) : name;
}

bool SetKind(std::string_view name, LayerGroup& group) {
  group.attention = LayerAttention::kNone;
  group.recurrence = Recurrence::kNone;
  if (name == kNoMixer) {
    return true;
  }
  const size_t plus = name.find('+');
  if (const auto attention = IndexOf(kAttentionNames, name.substr(0, plus))) {
    group.attention = static_cast<LayerAttention>(*attention);
    if (plus == std::string_view::npos) {
      return true;
    }
    name.remove_prefix(plus + 1);
  }
  const auto recurrence = IndexOf(kRecurrenceNames, name);
  group.recurrence = static_cast<Recurrence>(recurrence.value_or(0));
  return recurrence.has_value();
}

int64_t ExpertParametersEach(const LayerGroup& group) {
  const LayerParameters& parameters = group.parameters;
  return group.experts == 0 ? 0 : (parameters.experts + parameters.expert_biases) / group.experts;
}

bool IsGrowing(const LayerGroup& group) {
  return group.attention == LayerAttention::kFull || group.attention == LayerAttention::kLatent;
}

double ReadElements(const LayerGroup& group) {
  const int64_t row = group.head_dim + (HasValuesInKeys(group) ? 0 : group.value_dim);
  return static_cast<double>(group.kv_heads) * static_cast<double>(row);
}

double KeptElements(const LayerGroup& group) {
  const bool keeps = group.shared_cache == 0 && group.attention != LayerAttention::kCompressed;
  return keeps ? ReadElements(group) : 0;
}

int64_t ReadRows(const LayerGroup& group, int64_t tokens) {
  const auto chosen = [&group](int64_t rows) {
    return group.index_top_tokens == 0 ? rows : std::min(rows, group.index_top_tokens);
  };
  switch (group.attention) {
    case LayerAttention::kNone:
      return 0;
    case LayerAttention::kFull:
    case LayerAttention::kLatent:
      return chosen(tokens);
    case LayerAttention::kSliding:
      return std::min(tokens, group.window_tokens);
    case LayerAttention::kChunked:
      return (tokens - 1) % group.chunk_tokens + 1;
    case LayerAttention::kCompressed:
      return std::min(tokens, group.window_tokens) + chosen(IndexedRows(group, tokens));
  }
  return 0;
}

int64_t IndexKeys(const LayerGroup& group, int64_t tokens) {
  return group.index_heads == 0 ? 0 : IndexedRows(group, tokens);
}

double IndexKeyBytes(const LayerGroup& group) {
  constexpr int64_t kScaleBytes = 4;
  constexpr int64_t kScaledElements = 128;
  return static_cast<double>(group.index_dim +
                             kScaleBytes * CeilDivide(group.index_dim, kScaledElements));
}

double RowFlops(const LayerGroup& group) {
  return 2 * static_cast<double>(group.query_heads) *
         static_cast<double>(group.head_dim + group.value_dim);
}

double RecurrenceFlops(const LayerGroup& group) {
  constexpr double kDelta = 8;
  constexpr double kOthers = 6;
  const double each = group.recurrence == Recurrence::kGatedDeltaNet ? kDelta : kOthers;
  return each * static_cast<double>(group.state_elements);
}

}  // namespace kinetics
