#include "kinetics/model/parameters.h"

namespace kinetics {

ParameterParts& ParameterParts::operator+=(const ParameterParts& b) {
  mixer += b.mixer;
  feed_forward += b.feed_forward;
  experts += b.experts;
  expert_biases += b.expert_biases;
  other += b.other;
  return *this;
}

ParameterParts operator+(ParameterParts a, const ParameterParts& b) { return a += b; }

ParameterParts AttentionParameters(const AttentionSizes& x) {
  const double queries = x.query_heads * x.head_dim * (x.has_output_gate ? 2 : 1);
  const double keys_and_values = x.kv_heads * (x.head_dim + x.value_dim);
  const double outputs = x.query_heads * x.value_dim;
  return {.mixer = x.hidden * (queries + keys_and_values + outputs),
          .other = (x.has_qkv_bias ? queries + keys_and_values : 0) +
                   (x.has_output_bias ? x.hidden : 0)};
}

ParameterParts LatentParameters(const LatentSizes& x) {
  const double queries = x.heads * (x.nope_dim + x.rope_dim);
  const double query_matrices =
      x.query_rank == 0 ? x.hidden * queries : x.query_rank * (x.hidden + queries);
  const double kv_matrices =
      x.hidden * (x.kv_rank + x.rope_dim) + x.kv_rank * x.heads * (x.nope_dim + x.value_dim);
  return {.mixer = query_matrices + kv_matrices + x.heads * x.value_dim * x.hidden,
          .other = x.query_rank + x.kv_rank};
}

ParameterParts IndexParameters(double hidden, double query_rank, double heads, double head_dim) {
  return {.mixer = query_rank * heads * head_dim + hidden * (head_dim + heads),
          .other = 2 * head_dim};
}

ParameterParts GatedMlpParameters(double hidden, double intermediate) {
  return {.feed_forward = 3 * hidden * intermediate};
}

ParameterParts PlainMlpParameters(double hidden, double intermediate) {
  return {.feed_forward = 2 * hidden * intermediate};
}

ParameterParts ExpertParameters(double hidden, double intermediate, double experts) {
  return {.experts = experts * 3 * hidden * intermediate, .other = experts * hidden};
}

ParameterParts Mamba2Parameters(const Mamba2Sizes& x) {
  const double inner = x.Inner();
  return {.mixer = x.hidden * (inner + x.Convolved() + x.heads) + inner * x.hidden,
          .other = x.Convolved() * (x.kernel + (x.has_conv_bias ? 1 : 0)) + 3 * x.heads +
                   (x.has_norm ? inner : 0)};
}

ParameterParts Mamba1Parameters(double hidden, double inner, double state, double kernel,
                                double rank) {
  return {.mixer = 3 * hidden * inner + inner * (rank + 2 * state) + rank * inner,
          .other = inner * kernel + inner   // convolution
                   + inner                  // bias of dt
                   + inner * state + inner  // A and D
                   + rank + 2 * state};     // norms
}

ParameterParts DeltaNetParameters(const DeltaNetSizes& x) {
  return {.mixer = x.hidden * (2 * x.Keys() + 2 * x.Values() + 2 * x.value_heads) +
                   x.Values() * x.hidden,
          .other = x.Convolved() * x.kernel + 2 * x.value_heads + x.value_dim};
}

ParameterParts LightningParameters(double hidden, double heads, double head_dim) {
  const double inner = heads * head_dim;
  return {.mixer = 5 * hidden * inner, .other = inner};
}

ParameterParts ShortConvolutionParameters(double hidden, double kernel) {
  return {.mixer = 4 * hidden * hidden, .other = hidden * kernel};
}

}  // namespace kinetics
