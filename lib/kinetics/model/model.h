#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kinetics/core/dtype.h"
#include "kinetics/core/sourced.h"
#include "kinetics/core/units.h"
#include "kinetics/model/layer.h"
#include "kinetics/model/weights.h"

namespace kinetics {

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
  /// Text stack, tied embedding once; without MTP and vision. Nullopt where no formula is known:
  /// then neither is what is active.
  std::optional<int64_t> parameters;
  ActiveParameters active;
  Figure<double> published_parameters;  ///< What arXiv 2506.05333 costs the model with.
  int64_t hidden_size = 0;
  int64_t vocabulary_size = 0;
  bool tied_embeddings = false;
  std::vector<LayerGroup> layers;
  /// Nullopt: not quantized, which takes two bytes an element whatever the checkpoint's format; or
  /// its parameters are not known.
  std::optional<WeightFormat> weights;
};

/// Elements that one token adds to the KV cache while every layer that attends keeps it: sum over
/// layers of K (d_k + d_v), see KeptElements.
double KvElementsPerToken(const Model& model);

/// FLOPs of one query token's attention to one cached token: sum over layers of 2 H (d_k + d_v)
/// (the scores, and the weighted sum of values).
double AttentionFlopsPerPair(const Model& model);

/// Bytes that one token adds to the KV cache at `dtype`; those of layers alone that keep all of the
/// context. Without the keys of sparse indices.
Bytes KvBytesPerToken(const Model& model, Dtype dtype);
/// Whether a token adds the same to the cache wherever it stands: not so with compressed attention.
bool HasConstantKv(const Model& model);
Bytes GrowingKvBytesPerToken(const Model& model, Dtype dtype);

/// Bytes of KV cache, keys of sparse indices included, that one decode step reads at a context of
/// `context_tokens` >= 1, the current token included.
Bytes KvReadBytes(const Model& model, Dtype dtype, int64_t context_tokens);

/// FLOPs of attention, and of sparse indices, at such a step.
Flops AttentionFlops(const Model& model, int64_t context_tokens);

/// Elements that recurrent layers keep of one sequence, and those of their short convolutions.
int64_t StateElements(const Model& model);
int64_t ConvElements(const Model& model);

/// Of the routed experts of a layer, how many a step of `batch` tokens is expected to read where
/// each token takes experts_per_token of them at random: E (1 - (1 - K/E)^batch).
double ExpectedExperts(const LayerGroup& group, double batch);

/// Layers in total.
int64_t LayerCount(const Model& model);

}  // namespace kinetics
