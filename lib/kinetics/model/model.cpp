#include "kinetics/model/model.h"

namespace kinetics {

double KvElementsPerToken(const Model& model) {
  double elements = 0;
  for (const LayerGroup& group : model.layers) {
    elements += 2.0 * static_cast<double>(group.count * group.kv_heads * group.head_dim);
  }
  return elements;
}

double AttentionFlopsPerPair(const Model& model) {
  double flops = 0;
  for (const LayerGroup& group : model.layers) {
    flops += 4.0 * static_cast<double>(group.count * group.query_heads * group.head_dim);
  }
  return flops;
}

Bytes KvBytesPerToken(const Model& model, Dtype dtype) {
  return {KvElementsPerToken(model) * ElementBytes(dtype)};
}

Bytes KvReadBytes(const Model& model, Dtype dtype, double context_tokens) {
  return context_tokens * KvBytesPerToken(model, dtype);
}

int64_t LayerCount(const Model& model) {
  int64_t count = 0;
  for (const LayerGroup& group : model.layers) {
    count += group.count;
  }
  return count;
}

}  // namespace kinetics
