#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/cuda/layer.h"
#include "kernels/data_type.h"

/// What a decoder layer does between its linear layers and its attention at a decode step, where
/// each row is one token of one request. Elements are f16 or bf16 (`type`), arithmetic is in single
/// precision and rounded once, at the end. Arrays are aligned to 16 bytes and lie on the device.
/// All throw CudaError where the launch fails, and may be captured in a graph.
namespace kinetics::kernels {

/// y_i = x_i w_i / sqrt(mean_j x_j^2 + epsilon) in each row.
struct RmsNormArgs {
  DataType type = DataType::kBf16;
  int64_t rows = 0;
  int hidden = 0;                ///< A multiple of 8.
  const void* inputs = nullptr;  ///< rows x hidden
  const void* weights = nullptr;
  void* outputs = nullptr;  ///< rows x hidden; may be the inputs.
  float epsilon = 1e-6F;
};
void LaunchRmsNorm(const RmsNormArgs& args, cudaStream_t stream);

/// RMSNorm of each query and key head, as Qwen3 has it, and its rotary embedding, in place.
/// Elements i and i + 64 of a head are rotated by the angle position * theta^(-i / 64):
///
///   y_i = x_i cos - x_(i + 64) sin,   y_(i + 64) = x_(i + 64) cos + x_i sin.
///
/// Angles are reduced in double precision: as exact far into a context as at its start.
struct QkRotaryArgs {
  DataType type = DataType::kBf16;
  int64_t rows = 0;
  QkvRow row;           ///< head_dim must be 128.
  void* qkv = nullptr;  ///< rows x row.Size()
  const void* q_weights = nullptr;
  const void* k_weights = nullptr;
  const int64_t* positions = nullptr;  ///< Of each row.
  float theta = 1e6F;
  float epsilon = 1e-6F;
};
void LaunchQkRotary(const QkRotaryArgs& args, cudaStream_t stream);

/// Puts the keys and values of each row into the cache, as token positions[row] of request `row`.
/// Its page must be in the table already. The cache is that of KvCache (kernels/attention.h);
/// without a page table, too.
struct CacheAppendArgs {
  int64_t rows = 0;
  QkvRow row;                 ///< head_dim must be a multiple of 8.
  const void* qkv = nullptr;  ///< rows x row.Size(), elements of 16 bits.
  const int64_t* positions = nullptr;
  void* keys = nullptr;
  void* values = nullptr;
  const int32_t* page_table = nullptr;
  int64_t table_stride = 0;
  int64_t page_tokens = 16;
};
void LaunchCacheAppend(const CacheAppendArgs& args, cudaStream_t stream);

/// y_i = silu(x_i) x_(inner + i), silu(x) = x / (1 + exp(-x)), in each row.
struct SiluArgs {
  DataType type = DataType::kBf16;
  int64_t rows = 0;
  int inner = 0;                 ///< A multiple of 8.
  const void* inputs = nullptr;  ///< rows x 2 inner: the gate, then what passes through it.
  void* outputs = nullptr;       ///< rows x inner; must not overlap the inputs.
};
void LaunchSilu(const SiluArgs& args, cudaStream_t stream);

/// sums += terms, the residual of a layer.
struct AddArgs {
  DataType type = DataType::kBf16;
  int64_t count = 0;  ///< Of elements; a multiple of 8.
  void* sums = nullptr;
  const void* terms = nullptr;
};
void LaunchAdd(const AddArgs& args, cudaStream_t stream);

}  // namespace kinetics::kernels
