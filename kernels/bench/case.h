#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kernels/bench/sampler.h"
#include "kernels/data_type.h"
#include "kernels/layer.h"

namespace kinetics::kernels {

/// What can be measured.
enum class BenchOp {
  kDecode,
  kBlockTopk,
  kTokenTopk,
  kSliding,
  kPrefill,
  kSelect,
  kLinear,  ///< GEMM, and GEMV with m = 1.
  kDecoderLayer,
  kRead,
  kCopy,
  kTriad,
  kFlops,
};

/// An operation with its sizes; what it does not have is not looked at.
struct BenchCase {
  BenchOp op = BenchOp::kDecode;
  DataType type = DataType::kF16;     ///< Of keys and values, pooled keys, or weights.
  DataType io_type = DataType::kF32;  ///< Of queries, a layer's inputs, and outputs.
  int64_t batch = 1;
  int64_t hidden = 0;  ///< Of a layer.
  int64_t inner = 0;
  int64_t query_heads = 1;  ///< A multiple of kv_heads.
  int64_t kv_heads = 1;
  int64_t head_dim = 128;
  int64_t context = 0;
  int64_t page_tokens = 16;  ///< Of the KV cache; pages lie in random order.
  int64_t block_tokens = 16;
  int64_t top = 64;    ///< Blocks or tokens that are chosen; of a layer 0: it reads them all.
  int64_t window = 0;  ///< Tokens.
  int64_t rows = 0;    ///< Of a selection, `top` of `blocks` in each.
  int64_t blocks = 0;
  int64_t m = 1;  ///< Inputs of a linear layer with n x k weights.
  int64_t n = 0;
  int64_t k = 0;
  int64_t bytes = 0;  ///< Read and written together.
  int64_t flops = 0;  ///< About so many: whole rounds are run.
};

/// What one call does.
struct BenchWork {
  double bytes = 0;  ///< See FormulaOf; each counted once.
  double flops = 0;
};
BenchWork WorkOf(const BenchCase& x);

/// The layer of a case, and the attention in it.
LayerShape LayerOf(const BenchCase& x);
BenchCase AttentionOf(const BenchCase& layer);

/// How WorkOf counts bytes, for people: "all keys and values once, queries, outputs, page table".
std::string_view FormulaOf(BenchOp op);

/// Seconds of the steps of sparse attention: medians.
struct BenchParts {
  double score = 0;
  double select = 0;
  double attend = 0;
};

/// What was measured.
struct BenchRow {
  BenchWork work;
  Spread seconds;
  Spread ratio;  ///< To the first of the cases that took turns, in the same round.
  std::optional<BenchParts> parts;
  /// Whether more than twice the last cache passed between two uses of the same memory; for blocks
  /// that are chosen, on average.
  bool is_cold = false;
  double error = 0;       ///< The largest that the check against the reference found.
  double huge_share = 0;  ///< Of the memory, in huge pages.
};

}  // namespace kinetics::kernels
