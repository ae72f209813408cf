#include "kinetics/cost/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kinetics/core/error.h"
#include "kinetics/core/limits.h"
#include "kinetics/cost/parallel.h"

namespace kinetics {
namespace {

/// Rows of the cache that a layer keeps at a context; of compressed attention those that it reads
/// before its index chooses.
double KeptRows(const LayerGroup& group, const Attention& attention, double tokens) {
  const auto within = [tokens](int64_t most) {
    return std::min(tokens, static_cast<double>(most));
  };
  switch (group.attention) {
    case LayerAttention::kNone:
      return 0;
    case LayerAttention::kFull:
    case LayerAttention::kLatent: {
      const bool is_imposed = attention.kind == AttentionKind::kSliding;
      return is_imposed && group.index_top_tokens == 0 ? within(attention.window_tokens) : tokens;
    }
    case LayerAttention::kSliding:
      return within(group.window_tokens);
    case LayerAttention::kChunked:
      return within(group.chunk_tokens);
    case LayerAttention::kCompressed: {
      const double rows =
          group.compression > 0 ? tokens / static_cast<double>(group.compression) : 0;
      return within(group.window_tokens) + rows;
    }
  }
  return 0;
}

/// Elements of keys alone in a row.
double KeyElements(const LayerGroup& group) {
  return static_cast<double>(group.kv_heads) * static_cast<double>(group.head_dim);
}

double KeptLayerBytes(const LayerGroup& group, const Attention& attention,
                      const CostOptions& options, Dtype dtype, double tokens) {
  const double element = ElementBytes(options.kv_dtype.value_or(dtype));
  const double row = group.shared_cache == 0 ? ReadElements(group) : 0;
  double elements = KeptRows(group, attention, tokens) * row;
  if (attention.kind == AttentionKind::kBlockTopk && IsGrowing(group) &&
      group.index_top_tokens == 0) {
    elements += tokens / static_cast<double>(attention.block_tokens) * KeyElements(group);
  }
  double bytes = elements * element * KvCopies(group, options.gpus);
  if (group.index_heads > 0) {
    const auto each = static_cast<double>(std::max<int64_t>(1, group.compression));
    bytes += static_cast<double>(options.gpus) * tokens / each * IndexKeyBytes(group);
  }
  return bytes + static_cast<double>(group.state_elements) * ElementBytes(Dtype::kFp32) +
         static_cast<double>(group.conv_elements) * ElementBytes(dtype);
}

}  // namespace

double MemoryNeeds::Sequences() const {
  const double left = Left().value;
  if (left <= 0) {
    return 0;
  }
  return sequence.value > 0 ? std::floor(left / sequence.value)
                            : std::numeric_limits<double>::infinity();
}

Bytes KeptBytes(const Model& model, const Attention& attention, const CostOptions& options,
                Dtype dtype, double context_tokens) {
  double sum = 0;
  for (const LayerGroup& group : model.layers) {
    sum += static_cast<double>(group.count) *
           KeptLayerBytes(group, attention, options, dtype, context_tokens);
  }
  return {sum};
}

Bytes ReserveBytes(const Model& model, int64_t gpus) {
  constexpr double kRuntime = 1024.0 * 1024 * 1024;
  const auto hidden = static_cast<double>(model.hidden_size);
  double widest = 0;
  for (const LayerGroup& group : model.layers) {
    const LayerParameters& parameters = group.parameters;
    const double chosen = group.experts > 0 ? static_cast<double>(group.experts_per_token) /
                                                  static_cast<double>(group.experts)
                                            : 0;
    const double mlp = static_cast<double>(parameters.feed_forward) +
                       chosen * static_cast<double>(parameters.experts);
    widest = std::max({widest, mlp / hidden, static_cast<double>(parameters.mixer) / hidden});
  }
  const double token =
      (2 * hidden + widest / static_cast<double>(gpus)) * ElementBytes(Dtype::kBf16);
  return {kRuntime + static_cast<double>(kPrefillTokens) * token};
}

MemoryNeeds NeedsOf(const Model& model, const Attention& attention, const Hardware& hardware,
                    const CostOptions& options, const MemoryOptions& memory,
                    double context_tokens) {
  if (!hardware.memory && !memory.most) {
    throw Error(fmt::format("hardware {}: how much memory it has is not known; say --max-memory",
                            hardware.name));
  }
  if (!model.parameters) {
    throw Error(fmt::format(
        "model {}: its parameters are not known, and so is the memory they take", model.name));
  }
  const Dtype dtype = RooflineOf(hardware, options).dtype;
  const double share = 1 / static_cast<double>(options.gpus);
  return {.usable = memory.most ? *memory.most : memory.utilisation * hardware.memory->value,
          .weights = share * WeightBytes(model, WeightFormatOf(model, options, dtype)),
          .reserve = memory.reserve.value_or(ReserveBytes(model, options.gpus)),
          .sequence = share * KeptBytes(model, attention, options, dtype, context_tokens)};
}

int64_t LongestContext(const Model& model, const Attention& attention, const Hardware& hardware,
                       const CostOptions& options, const MemoryOptions& memory) {
  const auto fits = [&](int64_t tokens) {
    return NeedsOf(model, attention, hardware, options, memory, static_cast<double>(tokens))
               .Sequences() >= 1;
  };
  int64_t low = 0;
  int64_t high = kMostTokens + 1;
  while (low + 1 < high) {
    const int64_t middle = low + (high - low) / 2;
    (fits(middle) ? low : high) = middle;
  }
  return low;
}

}  // namespace kinetics
