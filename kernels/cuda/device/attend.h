#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/cuda/split.h"
#include "kernels/data_type.h"

namespace kinetics::kernels {

/// A decode step on the device (kernels/attention.h): all pointers are the device's. Queries, keys,
/// values and outputs are of one 16-bit type; sums are in single precision.
struct DeviceDecode {
  const void* queries = nullptr;  ///< requests x kv_heads x group x head_dim.
  /// Elements from a request's queries to the next one's; 0: they follow each other.
  int64_t query_stride = 0;
  const void* keys = nullptr;
  const void* values = nullptr;
  void* output = nullptr;            ///< As queries.
  const int64_t* lengths = nullptr;  ///< By request.
  TileTable table;                   ///< Of the cache; with `tiles` not looked at.
  /// Where given, row r = request * kv_heads + head attends to the tiles that stand at
  /// tiles[r * tiles_stride ..], which hold row_tokens[r] tokens, all full but the last.
  const int32_t* tiles = nullptr;
  int64_t tiles_stride = 0;
  const int64_t* row_tokens = nullptr;
  /// Where given as well as `row_tokens`, to the tokens at tokens[r * tokens_stride ..]: each its
  /// place among all tokens of the cache, tile * 16 + token % 16.
  const int32_t* tokens = nullptr;
  int64_t tokens_stride = 0;
  int64_t window = 0;  ///< Only so many last tokens; 0: all.
  int group = 1;       ///< 1 to 16.
  int head_dim = 128;  ///< 64 or 128.
  float scale = 1;     ///< Above 0.
  const AttendUnit* units = nullptr;
  int64_t unit_count = 0;
  /// Of SplitPlan::parts: group x (head_dim + 2) floats each. And a zero for each row, which
  /// kernels leave at zero.
  float* parts = nullptr;
  int32_t* done = nullptr;
};

/// Thread blocks of a decode kernel that run at once on this device. Throws CudaError.
int64_t ResidentAttendBlocks(DataType type, int head_dim, int group);

/// Throws std::invalid_argument for a shape that there is no kernel for, CudaError for a launch.
void LaunchDecode(const DeviceDecode& decode, DataType type, cudaStream_t stream);

}  // namespace kinetics::kernels
