#include <utility>

#include "kinetics/benchmark/suite.h"

namespace kinetics {

std::vector<PaperPair> PaperSuite(double memory_bytes) {
  struct Group {
    int64_t queries;
    std::string_view models;
  };
  constexpr Group kGroups[] = {
      {2, "Qwen3-0.6B and 1.7B"}, {4, "Qwen3-4B and 8B"}, {5, "Qwen3-14B"}, {8, "Qwen3-32B"}};
  constexpr int64_t kHeadElements = 128;
  constexpr int64_t kTokenBytes = 2 * kHeadElements * 2;  // keys and values, 16 bit
  std::vector<PaperPair> pairs;
  for (const auto& [batch, context] : {std::pair<int64_t, int64_t>{4096, 16384}, {2048, 32768}}) {
    int64_t scale = 1;
    const auto whole = static_cast<double>(batch * context * kTokenBytes);
    while (scale < batch && whole > memory_bytes * static_cast<double>(scale)) {
      scale *= 2;
    }
    for (const Group& group : kGroups) {
      PaperPair pair = {.batch = batch, .context = context, .scale = scale, .models = group.models};
      const OperationShape shape = {.batch = batch / scale,
                                    .query_heads = group.queries,
                                    .kv_heads = 1,
                                    .head_dim = kHeadElements,
                                    .context = context};
      pair.dense = {Operation::kDecodeAttention, Dtype::kFp16, shape};
      pair.sparse = {Operation::kBlockTopkAttention, Dtype::kFp16, shape};
      pair.sparse.shape.block_tokens = 16;
      pair.sparse.shape.top_blocks = 64;
      pairs.push_back(pair);
    }
  }
  return pairs;
}

}  // namespace kinetics
