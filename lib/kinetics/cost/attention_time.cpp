#include <algorithm>
#include <cmath>

#include "kinetics/cost/operation_formula.h"

namespace kinetics {
namespace {

using Constants = std::span<const double>;
using DualConstants = std::span<const ConstantDual>;

/// overhead + split x^2 / (1 + x^2) + overlap(latency, units, memory, compute), x = tokens / scale.
///
/// Latency: along the context of one sequence, as far as the kernel does not split it, and along
/// the query heads that share a KV head, whose results one block puts together. Units: work that
/// every sequence and KV head costs whatever its length. Split: merging the parts of a context,
/// once it is long enough to be split.
template <typename T>
T DecodeSeconds(const OperationShape& shape, double element_bytes, std::span<const T> c) {
  const DecodeWork work = DecodeWorkOf(shape, element_bytes);
  const auto batch = static_cast<double>(shape.batch);
  const T split = c[1] * Beyond(work.tokens, c[2], 2);
  const auto kv_heads = static_cast<double>(shape.kv_heads);
  const double group = static_cast<double>(shape.query_heads) / kv_heads;
  const T latency = c[3] * T{work.tokens} + c[5] * T{group};
  const T units = c[4] * T{batch * kv_heads};
  const T memory =
      c[7] * T{work.kv_bytes + work.query_bytes} * CacheFactor(work.kv_bytes, c[8], c[9]);
  return c[0] + split +
         Overlapped(c[11], {latency, units, c[6] * T{batch}, memory, c[10] * T{work.flops}});
}

/// For one token, where a prompt is decoding: overhead + units. For more:
///
///   overlap(overhead + start, compute, memory, units, latency)
///
/// Compute: of the causal half, and of every started tile of queries per head.
template <typename T>
T PrefillSeconds(const OperationShape& shape, double element_bytes, std::span<const T> c) {
  const auto batch = static_cast<double>(shape.batch);
  const auto tokens = static_cast<double>(shape.tokens);
  const double query_heads = batch * static_cast<double>(shape.query_heads);
  const double kv_heads = batch * static_cast<double>(shape.kv_heads);
  const T units = c[3] * T{kv_heads};
  if (shape.tokens < 2) {
    return c[0] + units + c[4] * T{query_heads};
  }
  constexpr double kTileTokens = 128;  // of a matrix unit's usual tile
  const auto head_dim = static_cast<double>(shape.head_dim);
  const double query_bytes = query_heads * tokens * head_dim * 4;
  const double kv_bytes = kv_heads * tokens * head_dim * 2 * element_bytes;
  const T compute = c[7] * T{2 * query_heads * tokens * (tokens + 1) * head_dim} +
                    c[5] * T{query_heads * std::ceil(tokens / kTileTokens)};
  const T factor = CacheFactor(query_bytes + kv_bytes, c[10], c[9]);
  const T memory = (c[8] * T{query_bytes} + c[6] * T{kv_bytes}) * factor;
  const T start = c[0] + c[1];
  return Overlapped(c[11], {start, compute, memory, units, c[2] * T{tokens}});
}

}  // namespace

DecodeWork DecodeWorkOf(const OperationShape& shape, double element_bytes) {
  const auto context = static_cast<double>(shape.context);
  const double heads = static_cast<double>(shape.batch * shape.query_heads * shape.head_dim);
  const double kv = static_cast<double>(shape.batch * shape.kv_heads * shape.head_dim);
  double attended = context;
  double searched = 0;
  if (shape.top_blocks > 0) {
    attended = static_cast<double>(shape.top_blocks * shape.block_tokens + shape.local_tokens);
    searched = context / static_cast<double>(shape.block_tokens);
  } else if (shape.top_tokens > 0) {
    attended = static_cast<double>(shape.top_tokens + shape.local_tokens);
    searched = context;
  } else if (shape.window_tokens > 0) {
    attended = static_cast<double>(shape.window_tokens);
  }
  attended = std::min(attended, context);
  return {.tokens = attended + searched,
          .kv_bytes = kv * (2 * attended + searched) * element_bytes,
          .query_bytes = heads * 4,
          .flops = heads * 4 * attended + kv * 2 * searched};
}

OperationModel DecodeModel(const StartRates& rates) {
  using enum ConstantKind;
  return {.seconds = DecodeSeconds<double>,
          .dual_seconds = DecodeSeconds<ConstantDual>,
          .constants = {{"overhead_seconds", kTime, 1e-5},
                        {"split_seconds", kTime, 2e-6},
                        {"split_tokens", kScale, 200, false},
                        {"seconds_per_token", kTime, 2e-10},
                        {"seconds_per_kv_head", kTime, 3e-8},
                        {"seconds_per_group_head", kTime, 1e-7},
                        {"seconds_per_sequence", kTime, 1e-8},
                        {"seconds_per_byte", kTime, 1.2 / rates.bandwidth, false},
                        {"cache_bytes", kScale, rates.cache_bytes, false},
                        {"cached_share", kShare, 0.5},
                        {"seconds_per_flop", kTime, 3 / rates.wide_peak},
                        {"overlap", kShare, 0.5}}};
}

OperationModel PrefillModel(const StartRates& rates) {
  using enum ConstantKind;
  return {.seconds = PrefillSeconds<double>,
          .dual_seconds = PrefillSeconds<ConstantDual>,
          .constants = {{"overhead_seconds", kTime, 1e-5},
                        {"start_seconds", kTime, 3e-6},
                        {"seconds_per_token", kTime, 1e-9},
                        {"seconds_per_kv_head", kTime, 1e-8},
                        {"one_token_seconds_per_query_head", kTime, 1e-9},
                        {"seconds_per_query_tile", kTime, 1e-9},
                        {"seconds_per_kv_byte", kTime, 1 / rates.bandwidth},
                        {"seconds_per_flop", kTime, 1.3 / rates.wide_peak, false},
                        {"seconds_per_query_byte", kTime, 1 / rates.bandwidth},
                        {"cached_share", kShare, 0.5},
                        {"cache_bytes", kScale, rates.cache_bytes, false},
                        {"overlap", kShare, 1}}};
}

}  // namespace kinetics
