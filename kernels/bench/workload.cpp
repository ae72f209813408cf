#include "kernels/bench/workload.h"

#include <algorithm>
#include <stdexcept>

#include "kernels/attention.h"

namespace kinetics::kernels {
namespace {

void Expect(bool holds, const char* what) {
  if (!holds) {
    throw std::invalid_argument(what);
  }
}

void ExpectAttention(const BenchCase& x) {
  Expect(x.head_dim == 64 || x.head_dim == 128 || x.head_dim == 256,
         "there are kernels for head sizes 64, 128 and 256");
  Expect(x.query_heads % x.kv_heads == 0, "query heads must be a multiple of KV heads");
  Expect(x.query_heads / x.kv_heads <= 16, "there are kernels for up to 16 query heads a KV head");
  Expect(x.op != BenchOp::kBlockTopk || x.page_tokens % x.block_tokens == 0 ||
             x.block_tokens % x.page_tokens == 0,
         "blocks must divide a page or be whole pages");
}

}  // namespace

void ExpectKernel(const BenchCase& x) {
  switch (x.op) {
    case BenchOp::kDecode:
    case BenchOp::kBlockTopk:
    case BenchOp::kTokenTopk:
    case BenchOp::kSliding:
    case BenchOp::kPrefill:
      ExpectAttention(x);
      break;
    case BenchOp::kDecoderLayer:
      Expect(false, "there is no CPU kernel of it");
      break;
    case BenchOp::kFlops:
      Expect(x.type == DataType::kF32, "the arithmetic is in single precision: expected fp32");
      break;
    default:
      break;
  }
}

int64_t ReadPages(const BenchCase& x) {
  const int64_t pages = BlocksOf(x.context, x.page_tokens);
  if (x.op != BenchOp::kSliding || x.window >= x.context) {
    return pages;
  }
  return pages - (x.context - x.window) / x.page_tokens;
}

PagedSets SetsOf(const Arena& arena, const BenchCase& x) {
  const auto page_bytes =
      static_cast<size_t>(x.page_tokens * x.kv_heads * x.head_dim) * SizeOf(x.type);
  return {arena, page_bytes, x.batch, BlocksOf(x.context, x.page_tokens), ReadPages(x)};
}

KvCache CacheOf(const PagedSets& sets, const BenchCase& x, int64_t set) {
  return {.type = x.type,
          .kv_heads = static_cast<int>(x.kv_heads),
          .head_dim = static_cast<int>(x.head_dim),
          .page_tokens = x.page_tokens,
          .keys = sets.Keys(),
          .values = sets.Values(),
          .page_table = sets.Table(set),
          .table_stride = sets.Stride()};
}

std::unique_ptr<Workload> MakeWorkload(const BenchCase& x, const BenchMachine& machine) {
  switch (x.op) {
    case BenchOp::kDecode:
    case BenchOp::kBlockTopk:
    case BenchOp::kTokenTopk:
    case BenchOp::kSliding:
      return MakeAttentionWorkload(x, machine);
    case BenchOp::kPrefill:
      return MakePrefillWorkload(x, machine);
    case BenchOp::kSelect:
      return MakeSelectWorkload(x, machine);
    case BenchOp::kLinear:
      return MakeLinearWorkload(x, machine);
    case BenchOp::kRead:
    case BenchOp::kCopy:
    case BenchOp::kTriad:
      return MakeTrafficWorkload(x, machine);
    case BenchOp::kDecoderLayer:  // has no kernel
    case BenchOp::kFlops:
      break;
  }
  return MakeFlopsWorkload(x, machine);
}

double PooledBytes(const BenchCase& x) {
  return static_cast<double>(SizeOf(x.type)) * static_cast<double>(x.batch) *
         static_cast<double>(BlocksOf(x.context, x.block_tokens)) *
         static_cast<double>(x.kv_heads) * static_cast<double>(x.head_dim);
}

double SetBytes(const BenchCase& x) {
  const auto element = static_cast<double>(SizeOf(x.type));
  switch (x.op) {
    case BenchOp::kDecode:
    case BenchOp::kBlockTopk:
    case BenchOp::kTokenTopk:
    case BenchOp::kSliding:
    case BenchOp::kPrefill:
      return 2 * element * static_cast<double>(x.batch) *
             static_cast<double>(ReadPages(x) * x.page_tokens) * static_cast<double>(x.kv_heads) *
             static_cast<double>(x.head_dim);
    case BenchOp::kDecoderLayer:
      return element * ProductElements(LayerOf(x)) + (x.top > 0 ? PooledBytes(x) : 0) +
             SetBytes(AttentionOf(x));
    case BenchOp::kLinear:
      return static_cast<double>(x.n) * static_cast<double>(x.k) * element + kLineBytes;
    case BenchOp::kRead:
    case BenchOp::kCopy:
    case BenchOp::kTriad:
      return std::max(static_cast<double>(x.bytes), 3.0 * kLineBytes);
    case BenchOp::kSelect:
    case BenchOp::kFlops:
      break;
  }
  return 0;
}

double WrittenBytes(const BenchCase& x) {
  return x.op == BenchOp::kCopy || x.op == BenchOp::kTriad ? SetBytes(x) : 0;
}

double OtherBytes(const BenchCase& x) {
  const auto m = static_cast<double>(x.m);
  const double heads = static_cast<double>(x.query_heads) * static_cast<double>(x.head_dim);
  switch (x.op) {
    case BenchOp::kLinear:
      return sizeof(float) * m * (static_cast<double>(x.n) + static_cast<double>(x.k));
    case BenchOp::kDecoderLayer: {
      const LayerShape shape = LayerOf(x);
      const auto passed_on = static_cast<double>(4 * shape.hidden + shape.QkvWidth() +
                                                 shape.QueryWidth() + 3 * shape.inner);
      return static_cast<double>(SizeOf(x.type)) * static_cast<double>(x.batch) * passed_on;
    }
    case BenchOp::kSelect:
      return sizeof(float) * static_cast<double>(x.rows) * static_cast<double>(x.blocks);
    case BenchOp::kRead:
    case BenchOp::kCopy:
    case BenchOp::kTriad:
    case BenchOp::kFlops:
      return 0;
    case BenchOp::kPrefill:
      return 2 * sizeof(float) * static_cast<double>(x.batch) * static_cast<double>(x.context) *
             heads;
    default:
      return 2 * sizeof(float) * static_cast<double>(x.batch) * heads;
  }
}

}  // namespace kinetics::kernels
