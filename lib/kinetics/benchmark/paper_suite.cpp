#include <utility>

#include "kinetics/benchmark/suite.h"

namespace kinetics {
namespace {

constexpr int64_t kHeadElements = 128;
constexpr int64_t kDevices = 8;  // that share heads and MLP

/// Batch and context of the figure.
constexpr std::pair<int64_t, int64_t> kPoints[] = {{4096, 16384}, {2048, 32768}};

/// A pair of one KV head at a point of the figure, its batch as small as memory asks for.
PaperPair PairAt(const std::pair<int64_t, int64_t>& point, int64_t query_heads,
                 double memory_bytes) {
  constexpr int64_t kTokenBytes = 2 * kHeadElements * 2;  // keys and values, 16 bit
  const auto& [batch, context] = point;
  PaperPair pair = {.batch = batch, .context = context};
  const auto whole = static_cast<double>(batch * context * kTokenBytes);
  while (pair.scale < batch && whole > memory_bytes * static_cast<double>(pair.scale)) {
    pair.scale *= 2;
  }
  const OperationShape shape = {.batch = batch / pair.scale,
                                .query_heads = query_heads,
                                .kv_heads = 1,
                                .head_dim = kHeadElements,
                                .context = context};
  pair.dense = {Operation::kDecodeAttention, Dtype::kFp16, shape};
  pair.sparse = {Operation::kBlockTopkAttention, Dtype::kFp16, shape};
  pair.sparse.shape.block_tokens = 16;
  pair.sparse.shape.top_blocks = 64;
  return pair;
}

}  // namespace

std::vector<PaperPair> PaperSuite(double memory_bytes) {
  constexpr std::pair<int64_t, std::string_view> kGroups[] = {
      {2, "Qwen3-0.6B and 1.7B"}, {4, "Qwen3-4B and 8B"}, {5, "Qwen3-14B"}, {8, "Qwen3-32B"}};
  std::vector<PaperPair> pairs;
  for (const auto& point : kPoints) {
    for (const auto& [queries, models] : kGroups) {
      pairs.push_back(PairAt(point, queries, memory_bytes));
      pairs.back().models = models;
    }
  }
  return pairs;
}

std::vector<PaperPair> PaperLayers(double memory_bytes) {
  struct Size {
    std::string_view model;
    int64_t hidden;
    int64_t inner;
    int64_t query_heads;
  };
  constexpr Size kSizes[] = {{"Qwen3-0.6B", 1024, 3072, 16}, {"Qwen3-1.7B", 2048, 6144, 16},
                             {"Qwen3-4B", 2560, 9728, 32},   {"Qwen3-8B", 4096, 12288, 32},
                             {"Qwen3-14B", 5120, 17408, 40}, {"Qwen3-32B", 5120, 25600, 64}};
  std::vector<PaperPair> pairs;
  for (const auto& point : kPoints) {
    for (const Size& size : kSizes) {
      pairs.push_back(PairAt(point, size.query_heads / kDevices, memory_bytes));
      pairs.back().models = size.model;
      for (BenchmarkCase* x : {&pairs.back().dense, &pairs.back().sparse}) {
        x->operation = Operation::kDecoderLayer;
        x->shape.hidden = size.hidden;
        x->shape.inner = size.inner / kDevices;
      }
    }
  }
  return pairs;
}

}  // namespace kinetics
