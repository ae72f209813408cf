#include "kernels/bench/case.h"

#include <algorithm>

#include "kernels/attention.h"

namespace kinetics::kernels {
namespace {

constexpr double kScoreBytes = sizeof(float);
constexpr double kIndexBytes = sizeof(int32_t);

double IoBytes(const BenchCase& x) { return static_cast<double>(SizeOf(x.io_type)); }

/// Attention of single queries to `attended` tokens each, found among `scored` rows of keys.
BenchWork AttentionWork(const BenchCase& x, int64_t attended, double scored) {
  const auto tokens = static_cast<double>(std::min(attended, x.context));
  const auto kv = static_cast<double>(x.batch * x.kv_heads * x.head_dim);
  const auto heads = static_cast<double>(x.batch * x.query_heads * x.head_dim);
  const double pages = tokens / static_cast<double>(x.page_tokens);
  return {.bytes = kv * (2 * tokens + scored) * static_cast<double>(SizeOf(x.type)) +
                   2 * heads * IoBytes(x) + static_cast<double>(x.batch) * pages * kIndexBytes,
          .flops = 4 * heads * tokens + 2 * kv * scored};
}

/// Every weight once, the keys and values of its attention and those that it appends; its inputs
/// and outputs, but nothing that it passes on in between.
BenchWork LayerWork(const BenchCase& x) {
  const LayerShape shape = LayerOf(x);
  const BenchWork attention = WorkOf(AttentionOf(x));
  const auto batch = static_cast<double>(x.batch);
  const auto element = static_cast<double>(SizeOf(x.type));
  const double products = ProductElements(shape);
  const double passed_on = 2 * batch * static_cast<double>(shape.QueryWidth()) * IoBytes(x);
  return {.bytes = (products + static_cast<double>(NormElements(shape))) * element +
                   2 * batch * static_cast<double>(shape.hidden) * IoBytes(x) +
                   2 * batch * static_cast<double>(shape.KvWidth()) * element + attention.bytes -
                   passed_on,
          .flops = 2 * batch * products + attention.flops};
}

}  // namespace

LayerShape LayerOf(const BenchCase& x) {
  return {.hidden = x.hidden,
          .inner = x.inner,
          .query_heads = x.query_heads,
          .kv_heads = x.kv_heads,
          .head_dim = x.head_dim};
}

BenchCase AttentionOf(const BenchCase& layer) {
  BenchCase x = layer;
  x.op = layer.top > 0 ? BenchOp::kBlockTopk : BenchOp::kDecode;
  return x;
}

BenchWork WorkOf(const BenchCase& x) {
  switch (x.op) {
    case BenchOp::kDecode:
      return AttentionWork(x, x.context, 0);
    case BenchOp::kPrefill: {
      BenchWork work = AttentionWork(x, x.context, 0);
      const auto heads = static_cast<double>(x.batch * x.query_heads * x.head_dim);
      const auto tokens = static_cast<double>(x.context);
      work.bytes += 2 * heads * (tokens - 1) * IoBytes(x);
      work.flops = 2 * heads * tokens * (tokens + 1);
      return work;
    }
    case BenchOp::kSliding:
      return AttentionWork(x, x.window, 0);
    case BenchOp::kBlockTopk:
      return AttentionWork(x, x.top * x.block_tokens,
                           static_cast<double>(BlocksOf(x.context, x.block_tokens)));
    case BenchOp::kTokenTopk:
      return AttentionWork(x, x.top, static_cast<double>(x.context));
    case BenchOp::kSelect:
      return {.bytes = static_cast<double>(x.rows) *
                       (static_cast<double>(x.blocks) * kScoreBytes +
                        static_cast<double>(std::min(x.top, x.blocks)) * kIndexBytes)};
    case BenchOp::kLinear:
      return {.bytes = static_cast<double>(x.n * x.k) * static_cast<double>(SizeOf(x.type)) +
                       static_cast<double>(x.m * (x.n + x.k)) * IoBytes(x),
              .flops = 2 * static_cast<double>(x.m * x.n) * static_cast<double>(x.k)};
    case BenchOp::kDecoderLayer:
      return LayerWork(x);
    case BenchOp::kRead:
    case BenchOp::kCopy:
    case BenchOp::kTriad:
      return {.bytes = static_cast<double>(x.bytes)};
    case BenchOp::kFlops:
      break;
  }
  return {.flops = static_cast<double>(x.flops)};
}

std::string_view FormulaOf(BenchOp op) {
  switch (op) {
    case BenchOp::kDecode:
    case BenchOp::kPrefill:
      return "all keys and values once, queries, outputs, page table";
    case BenchOp::kSliding:
      return "keys and values of the window once, queries, outputs, page table";
    case BenchOp::kBlockTopk:
      return "pooled keys, chosen keys and values once, queries, outputs, page table";
    case BenchOp::kTokenTopk:
      return "all keys, chosen keys and values once, queries, outputs, page table";
    case BenchOp::kSelect:
      return "scores, chosen indices";
    case BenchOp::kLinear:
      return "weights once, inputs, outputs";
    case BenchOp::kDecoderLayer:
      return "weights once, keys and values as attention reads them, the token's own, the layer's "
             "inputs and outputs, page table; nothing passed on inside";
    case BenchOp::kRead:
      return "all of them read";
    case BenchOp::kCopy:
      return "half of them read, half written past the caches";
    case BenchOp::kTriad:
      return "two thirds of them read, a third written past the caches";
    case BenchOp::kFlops:
      break;
  }
  return "none: multiply-adds in registers";
}

}  // namespace kinetics::kernels
