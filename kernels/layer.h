#pragma once

#include <array>
#include <cstdint>

#include "kernels/attention.h"

namespace kinetics::kernels {

/// Sizes of a decoder layer, or of the share of one that a device has where heads and MLP are split
/// among several (tensor parallelism).
struct LayerShape {
  int64_t hidden = 0;
  int64_t inner = 0;        ///< Of the MLP.
  int64_t query_heads = 1;  ///< A multiple of kv_heads.
  int64_t kv_heads = 1;
  int64_t head_dim = 128;  ///< Even.

  constexpr int64_t QueryWidth() const { return query_heads * head_dim; }
  constexpr int64_t KvWidth() const { return kv_heads * head_dim; }
  /// Queries, keys and values of a token, in this order.
  constexpr int64_t QkvWidth() const { return QueryWidth() + 2 * KvWidth(); }
};

/// The products of a layer, y = x W^T, in their order.
enum class LayerProduct { kQkv, kOutput, kGateUp, kDown };
inline constexpr std::array kLayerProducts = {LayerProduct::kQkv, LayerProduct::kOutput,
                                              LayerProduct::kGateUp, LayerProduct::kDown};

/// The weights of a product: outputs x inputs.
struct ProductSize {
  int64_t outputs = 0;
  int64_t inputs = 0;

  constexpr int64_t Elements() const { return outputs * inputs; }
};
constexpr ProductSize SizeOf(const LayerShape& shape, LayerProduct product) {
  switch (product) {
    case LayerProduct::kQkv:
      return {.outputs = shape.QkvWidth(), .inputs = shape.hidden};
    case LayerProduct::kOutput:
      return {.outputs = shape.hidden, .inputs = shape.QueryWidth()};
    case LayerProduct::kGateUp:
      return {.outputs = 2 * shape.inner, .inputs = shape.hidden};
    case LayerProduct::kDown:
      break;
  }
  return {.outputs = shape.hidden, .inputs = shape.inner};
}

/// Weights of all products, for sizes of any size.
constexpr double ProductElements(const LayerShape& shape) {
  double elements = 0;
  for (const LayerProduct product : kLayerProducts) {
    const ProductSize size = SizeOf(shape, product);
    elements += static_cast<double>(size.outputs) * static_cast<double>(size.inputs);
  }
  return elements;
}
/// Weights of all norms: of the inputs of attention and MLP, of queries and of keys.
constexpr int64_t NormElements(const LayerShape& shape) {
  return 2 * shape.hidden + 2 * shape.head_dim;
}

/// The weights of a layer.
struct LayerWeights {
  std::array<const void*, kLayerProducts.size()> products{};  ///< By LayerProduct.
  const void* attention_norm = nullptr;                       ///< hidden
  const void* query_norm = nullptr;                           ///< head_dim
  const void* key_norm = nullptr;                             ///< head_dim
  const void* mlp_norm = nullptr;                             ///< hidden
};

/// A decoder layer of Qwen3 at a decode step, one token of each request:
///
///   a = x + W_o attention(W_qkv norm(x)),   y = a + W_d (silu(g) u),   (g, u) = W_gu norm(a),
///
/// norm(x)_i = x_i w_i / sqrt(mean_j x_j^2 + epsilon). Queries and keys are normalized head by
/// head and rotated by their position (rotary embedding); all tokens of a request are attended to,
/// its own the last. Whatever a kernel stores in between is rounded to `type`.
struct LayerProblem {
  LayerShape shape;
  DataType type = DataType::kF16;  ///< Of weights, keys, values and what is in between.
  int64_t requests = 0;
  const float* inputs = nullptr;  ///< requests x hidden, values of `type`.
  LayerWeights weights;
  double epsilon = 1e-6;
  double theta = 1e6;   ///< Of the rotary embedding.
  int64_t context = 1;  ///< Tokens of each request, with its own.
  /// requests x kv_heads x context x head_dim: a contiguous cache, where the step puts its own.
  void* keys = nullptr;
  void* values = nullptr;
  const TokenLists* attended = nullptr;  ///< Instead of all tokens.
};

}  // namespace kinetics::kernels
