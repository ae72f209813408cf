#include "kinetics/model/model.h"

#include <algorithm>
#include <cmath>

namespace kinetics {
namespace {

/// The sum over all layers of what one of each group has.
template <typename OfOne>
double SumOver(const Model& model, const OfOne& of_one) {
  double sum = 0;
  for (const LayerGroup& group : model.layers) {
    sum += static_cast<double>(group.count) * of_one(group);
  }
  return sum;
}

}  // namespace

double KvElementsPerToken(const Model& model) { return SumOver(model, KeptElements); }

double AttentionFlopsPerPair(const Model& model) { return SumOver(model, RowFlops); }

Bytes KvBytesPerToken(const Model& model, Dtype dtype) {
  return {KvElementsPerToken(model) * ElementBytes(dtype)};
}

bool HasConstantKv(const Model& model) {
  return std::none_of(model.layers.begin(), model.layers.end(), [](const LayerGroup& group) {
    return group.attention == LayerAttention::kCompressed;
  });
}

Bytes GrowingKvBytesPerToken(const Model& model, Dtype dtype) {
  const double elements = SumOver(
      model, [](const LayerGroup& group) { return IsGrowing(group) ? KeptElements(group) : 0; });
  return {elements * ElementBytes(dtype)};
}

Bytes KvReadBytes(const Model& model, Dtype dtype, int64_t context_tokens) {
  return {SumOver(model, [&](const LayerGroup& group) {
    const auto rows = static_cast<double>(ReadRows(group, context_tokens));
    const auto keys = static_cast<double>(IndexKeys(group, context_tokens));
    return rows * ReadElements(group) * ElementBytes(dtype) + keys * IndexKeyBytes(group);
  })};
}

Flops AttentionFlops(const Model& model, int64_t context_tokens) {
  return {SumOver(model, [&](const LayerGroup& group) {
    const auto rows = static_cast<double>(ReadRows(group, context_tokens));
    const auto keys = static_cast<double>(IndexKeys(group, context_tokens));
    return rows * RowFlops(group) +
           keys * 2 * static_cast<double>(group.index_heads) * static_cast<double>(group.index_dim);
  })};
}

int64_t StateElements(const Model& model) {
  int64_t sum = 0;
  for (const LayerGroup& group : model.layers) {
    sum += group.count * group.state_elements;
  }
  return sum;
}

int64_t ConvElements(const Model& model) {
  int64_t sum = 0;
  for (const LayerGroup& group : model.layers) {
    sum += group.count * group.conv_elements;
  }
  return sum;
}

double ExpectedExperts(const LayerGroup& group, double batch) {
  const auto experts = static_cast<double>(group.experts);
  const double missed = 1 - static_cast<double>(group.experts_per_token) / experts;
  return group.experts == 0 ? 0 : experts * (1 - std::pow(missed, batch));
}

int64_t LayerCount(const Model& model) {
  int64_t count = 0;
  for (const LayerGroup& group : model.layers) {
    count += group.count;
  }
  return count;
}

}  // namespace kinetics
