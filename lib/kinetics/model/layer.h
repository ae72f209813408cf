#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kinetics {

/// More than any model has: products of two and of three of these stay within 64 bits and doubles.
inline constexpr int64_t kMostLayers = 10'000;
inline constexpr int64_t kMostHeads = 10'000;
inline constexpr int64_t kMostWidth = 10'000'000;
inline constexpr int64_t kMostStateElements = int64_t{1} << 40U;  ///< Of a layer.

/// Which cached tokens the attention of a layer is made for, whatever the engine then leaves out.
enum class LayerAttention {
  kNone,
  kFull,        ///< All of the context.
  kSliding,     ///< The last `window_tokens`, the current one included.
  kChunked,     ///< Those of the current chunk of `chunk_tokens`.
  kLatent,      ///< All, by one compressed vector a token (MLA): its values are part of its keys.
  kCompressed,  ///< The last `window_tokens`, and one vector for each `compression` tokens before.
};

/// A mixer whose memory does not grow with the context.
enum class Recurrence {
  kNone,
  kMamba1,
  kMamba2,
  kGatedDeltaNet,
  kLightning,
  kShortConvolution,
};

/// Parameters of one layer, by what quantization tells apart.
struct LayerParameters {
  int64_t mixer = 0;         ///< Matrices of attention and recurrence.
  int64_t feed_forward = 0;  ///< Matrices that every token passes: an MLP, shared experts.
  int64_t experts = 0;       ///< Matrices of all routed experts.
  int64_t expert_biases = 0;
  int64_t other = 0;  ///< Norms, other biases, routers, convolutions.

  int64_t Sum() const { return mixer + feed_forward + experts + expert_biases + other; }
  auto operator<=>(const LayerParameters&) const = default;
};

/// Decoder layers of one shape, which need not be neighbours. What a layer does not have is 0.
///
/// Attention has query_heads of head_dim against kv_heads, whose values have value_dim. Latent and
/// compressed attention are written as their decode kernels see them, with one KV head: for MLA
/// head_dim = kv_lora_rank + qk_rope_head_dim, value_dim = kv_lora_rank.
struct LayerGroup {
  int64_t count = 0;
  LayerAttention attention = LayerAttention::kFull;
  Recurrence recurrence = Recurrence::kNone;  ///< Beside the attention, if both are there.
  int64_t query_heads = 0;                    ///< H, a multiple of kv_heads.
  int64_t kv_heads = 0;                       ///< K
  int64_t head_dim = 0;                       ///< d of keys, not always hidden_size / query_heads.
  int64_t value_dim = 0;                      ///< d of values.
  int64_t window_tokens = 0;
  int64_t chunk_tokens = 0;
  int64_t compression = 0;  ///< Tokens of one compressed vector; 0: the window is all.
  int64_t index_heads = 0;  ///< Of a sparse index, which chooses what is attended to.
  int64_t index_dim = 0;    ///< Of its keys, of which each token (or compressed vector) has one.
  int64_t index_top_tokens = 0;   ///< What it chooses; it may be that of a layer before.
  int64_t shared_cache = 0;       ///< 1: attends to the cache of a layer before.
  int64_t state_elements = 0;     ///< Of one sequence, read and written at every step.
  int64_t conv_elements = 0;      ///< Likewise, of a short convolution.
  int64_t intermediate_size = 0;  ///< Width of the MLP that every token passes.
  int64_t experts = 0;            ///< Routed ones.
  int64_t experts_per_token = 0;
  LayerParameters parameters;  ///< All 0 where no formula is known.

  auto operator<=>(const LayerGroup&) const = default;
};

/// A size of a layer, as files call it.
struct LayerField {
  std::string_view key;
  std::string_view what;  ///< For errors.
  int64_t LayerGroup::*member;
  int64_t most;
};

/// All sizes but `count`.
std::span<const LayerField> LayerFields();

/// "full_attention", "mamba2", "full_attention+mamba2", "feed_forward", ...
std::string KindName(const LayerGroup& group);
/// The inverse; false where there is no such kind.
bool SetKind(std::string_view name, LayerGroup& group);

/// Parameters of one routed expert; 0 where there are none.
int64_t ExpertParametersEach(const LayerGroup& group);

/// Whether the memory of its attention grows with each token.
bool IsGrowing(const LayerGroup& group);

/// Elements of one token's row in the cache that a decode step reads, and in that which it keeps:
/// K (d_k + d_v), or K d_k where values are part of keys. 0 for compressed attention, which keeps
/// a row for several tokens; and nothing is kept where the cache is that of another layer.
double ReadElements(const LayerGroup& group);
double KeptElements(const LayerGroup& group);

/// Rows of the cache that a decode step reads at a context of `tokens` >= 1, the current one
/// included.
int64_t ReadRows(const LayerGroup& group, int64_t tokens);

/// Keys of the layer's own sparse index at a context, each of kIndexKeyBytes.
int64_t IndexKeys(const LayerGroup& group, int64_t tokens);

/// Bytes of one key of a sparse index: FP8, and an FP32 scale for up to 128 elements each
/// (DeepSeek-V3.2).
double IndexKeyBytes(const LayerGroup& group);

/// FLOPs of attention to one row: 2 H (d_k + d_v).
double RowFlops(const LayerGroup& group);

/// FLOPs of the recurrence at one decode step, to first order: 6 or 8 per element of the state.
double RecurrenceFlops(const LayerGroup& group);

}  // namespace kinetics
