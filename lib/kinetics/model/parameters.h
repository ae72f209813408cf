#pragma once

#include <cstdint>

namespace kinetics {

/// How many parameters the parts of a decoder layer have, by the formulas of their architectures.
/// All are checked against the published totals of models (tests/io/config_test.cpp). Counts are
/// doubles: exact up to 2^53, which larger ones pass without overflow.
struct ParameterParts {
  double mixer = 0;         ///< Matrices of attention and recurrence.
  double feed_forward = 0;  ///< Matrices that every token passes.
  double experts = 0;       ///< Matrices of all routed experts.
  double expert_biases = 0;
  double other = 0;  ///< Norms, other biases, routers, convolutions.

  ParameterParts& operator+=(const ParameterParts& b);
  double Sum() const { return mixer + feed_forward + experts + expert_biases + other; }
};
ParameterParts operator+(ParameterParts a, const ParameterParts& b);

/// Attention with grouped queries: h H d + h K (d_k + d_v) + H d_v h.
struct AttentionSizes {
  double hidden = 0;
  double query_heads = 0;
  double kv_heads = 0;
  double head_dim = 0;
  double value_dim = 0;
  bool has_qkv_bias = false;
  bool has_output_bias = false;
  bool has_output_gate = false;  ///< Queries have a second half (Qwen3-Next).
};
ParameterParts AttentionParameters(const AttentionSizes& x);

/// Multi-head latent attention (DeepSeek-V2); `query_rank` 0: queries are projected at once.
struct LatentSizes {
  double hidden = 0;
  double heads = 0;
  double query_rank = 0;
  double kv_rank = 0;
  double rope_dim = 0;
  double nope_dim = 0;
  double value_dim = 0;
};
ParameterParts LatentParameters(const LatentSizes& x);

/// The lightning indexer of DeepSeek-V3.2.
ParameterParts IndexParameters(double hidden, double query_rank, double heads, double head_dim);

/// An MLP: gate, up and down, or up and down alone.
ParameterParts GatedMlpParameters(double hidden, double intermediate);
ParameterParts PlainMlpParameters(double hidden, double intermediate);

/// Routed experts, each a gated MLP, and their router.
ParameterParts ExpertParameters(double hidden, double intermediate, double experts);

/// A Mamba-2 mixer of `heads` heads of head_dim, `groups` groups and `state` states a channel.
struct Mamba2Sizes {
  double hidden = 0;
  double heads = 0;
  double head_dim = 0;
  double groups = 0;
  double state = 0;
  double kernel = 0;
  bool has_norm = true;
  bool has_conv_bias = true;

  double Inner() const { return heads * head_dim; }
  double Convolved() const { return Inner() + 2 * groups * state; }
};
ParameterParts Mamba2Parameters(const Mamba2Sizes& x);

/// A Mamba-1 mixer as Jamba has it, with norms of dt, B and C.
ParameterParts Mamba1Parameters(double hidden, double inner, double state, double kernel,
                                double rank);

/// A gated delta net (Qwen3-Next).
struct DeltaNetSizes {
  double hidden = 0;
  double key_heads = 0;
  double value_heads = 0;
  double key_dim = 0;
  double value_dim = 0;
  double kernel = 0;

  double Keys() const { return key_heads * key_dim; }
  double Values() const { return value_heads * value_dim; }
  double Convolved() const { return 2 * Keys() + Values(); }
};
ParameterParts DeltaNetParameters(const DeltaNetSizes& x);

/// Lightning attention with an output gate (MiniMax-01).
ParameterParts LightningParameters(double hidden, double heads, double head_dim);

/// A gated short convolution (LFM2).
ParameterParts ShortConvolutionParameters(double hidden, double kernel);

}  // namespace kinetics
