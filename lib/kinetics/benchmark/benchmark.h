#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kinetics/core/dtype.h"
#include "kinetics/core/operation.h"

namespace kinetics {

/// The sizes of one operation. What it does not have is 0; see ShapeFields.
struct OperationShape {
  int64_t batch = 0;
  int64_t hidden = 0;
  int64_t inner = 0;  ///< Of the MLP.
  int64_t query_heads = 0;
  int64_t kv_heads = 0;
  int64_t head_dim = 0;
  int64_t context = 0;  ///< Tokens in the KV cache of one sequence.
  int64_t tokens = 0;   ///< Of one prompt.
  int64_t block_tokens = 0;
  int64_t top_blocks = 0;
  int64_t top_tokens = 0;
  int64_t local_tokens = 0;
  int64_t window_tokens = 0;
  int64_t rows = 0;  ///< Of scores, each of `blocks`, in which `top` are selected.
  int64_t blocks = 0;
  int64_t top = 0;
  int64_t m = 0;  ///< Rows of the activations; the weights are n x k.
  int64_t n = 0;
  int64_t k = 0;
  int64_t ranks = 0;
  int64_t bytes = 0;  ///< Read and written together.
  int64_t flops = 0;

  auto operator<=>(const OperationShape&) const = default;
};

/// One size of an operation.
struct ShapeField {
  std::string_view key;   ///< In files.
  std::string_view what;  ///< For errors.
  int64_t OperationShape::*member;
  bool optional = false;
};

/// The sizes that an operation has.
std::span<const ShapeField> ShapeFields(Operation operation);

/// The key of its number format: "kv_dtype", "dtype", or "" for an operation without one.
std::string_view DtypeKey(Operation operation);

/// One timed operation.
struct Measurement {
  Operation operation = Operation::kDecodeAttention;
  std::optional<Dtype> dtype;  ///< Of the KV cache, or of the operands.
  OperationShape shape;
  double seconds = 0;  ///< The median; above 0.
  std::optional<double> p10;
  std::optional<double> p90;
  std::optional<int64_t> samples;
  /// The parts of attention to selected blocks, in seconds.
  std::optional<double> score_seconds;
  std::optional<double> select_seconds;
  std::optional<double> attend_seconds;
  std::optional<bool> is_cold;        ///< Whether no operand was found in a cache.
  std::optional<bool> has_converged;  ///< Whether the samples came as close as was wanted.
};

/// Timed operations of one device.
struct Benchmark {
  std::string device;
  std::string software;
  std::string source;
  std::vector<Measurement> measurements;
};

}  // namespace kinetics
