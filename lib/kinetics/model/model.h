#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kinetics/core/dtype.h"
#include "kinetics/core/sourced.h"
#include "kinetics/core/units.h"

namespace kinetics {

/// Consecutive or scattered decoder layers of one shape: full attention with grouped queries.
struct LayerGroup {
  int64_t count = 0;              ///< Layers of this shape.
  int64_t query_heads = 0;        ///< H, a multiple of kv_heads.
  int64_t kv_heads = 0;           ///< K
  int64_t head_dim = 0;           ///< d, elements; not always hidden_size / query_heads.
  int64_t intermediate_size = 0;  ///< Width of the gated MLP.
};

/// Parameters that one token is multiplied with, in the three conventions that are published. A
/// tied embedding counts once, as the output head.
struct ActiveParameters {
  int64_t all = 0;
  int64_t without_input_embedding =
      0;  ///< What a decode step reads and multiplies: the cost model's P.
  int64_t without_embedding_and_head = 0;
};

/// A decoder-only transformer as its configuration describes it.
struct Model {
  std::string name;
  std::string model_type;  ///< As in the model's config.json, e.g. "qwen3".
  std::string source;
  std::optional<int64_t> parameters;  ///< Text stack, tied embedding once; without MTP and vision.
  ActiveParameters active;
  Figure<double> published_parameters;  ///< What arXiv 2506.05333 costs the model with.
  int64_t hidden_size = 0;
  int64_t vocabulary_size = 0;
  bool tied_embeddings = false;
  std::vector<LayerGroup> layers;
};

/// Elements that one token adds to the KV cache: sum over layers of 2 K d.
double KvElementsPerToken(const Model& model);

/// FLOPs of one query token's attention to one cached token: sum over layers of 4 H d
/// (2 H d for the scores, 2 H d for the weighted sum of values).
double AttentionFlopsPerPair(const Model& model);

/// Bytes that one token adds to the KV cache at `dtype`.
Bytes KvBytesPerToken(const Model& model, Dtype dtype);

/// Bytes of KV cache that one decode step reads at a context of `context_tokens`, dense attention.
Bytes KvReadBytes(const Model& model, Dtype dtype, double context_tokens);

/// Layers in total.
int64_t LayerCount(const Model& model);

}  // namespace kinetics
