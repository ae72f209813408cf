#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/cuda/device/device.h"
#include "kernels/cuda/split.h"
#include "kernels/data_type.h"

namespace kinetics::kernels {

/// A decode step on the device (kernels/attention.h): all pointers are the device's. Queries, keys,
/// values and outputs are of one 16-bit type; sums are in single precision. Keys, values and
/// outputs are aligned to 16 bytes, queries to 4. Queries must not be written while the launch
/// runs, nor by a launch ahead of it that lets it begin early.
struct DeviceDecode {
  const void* queries = nullptr;  ///< requests x kv_heads x group x head_dim.
  /// Elements from a request's queries to the next one's, even; 0: they follow each other.
  int64_t query_stride = 0;
  const void* keys = nullptr;
  const void* values = nullptr;
  void* output = nullptr;            ///< As queries.
  const int64_t* lengths = nullptr;  ///< By request; below 2^31.
  TileTable table;                   ///< Of the cache; with lists only kv_heads counts.
  /// Where given, row r = request * kv_heads + head attends to the tiles that stand at
  /// tiles[r * tiles_stride ..], which hold row_tokens[r] tokens, all full but the last.
  const int32_t* tiles = nullptr;
  int64_t tiles_stride = 0;
  const int64_t* row_tokens = nullptr;
  /// Where given as well as `row_tokens`, to the tokens at tokens[r * tokens_stride ..]: each its
  /// place among all tokens of the cache, tile * 16 + token % 16.
  const int32_t* tokens = nullptr;
  int64_t tokens_stride = 0;
  int64_t window = 0;                 ///< Only so many last tokens; 0: all. Not of lists.
  int group = 1;                      ///< 1 to 16.
  int head_dim = 128;                 ///< 64 or 128.
  float scale = 1;                    ///< Above 0.
  const AttendUnit* units = nullptr;  ///< SplitPlan's, as all that follows: see DecodePlan.
  int64_t unit_count = 0;
  int unit_warps = 1;
  const SplitRow* split_rows = nullptr;
  int64_t split_count = 0;
  int most_parts = 0;             ///< Of a row.
  float* part_outputs = nullptr;  ///< parts x group x head_dim, not divided by sums of weights.
  float* part_weights = nullptr;  ///< parts x 2 x group: largest scores, and sums of weights.
  uint32_t* claims = nullptr;     ///< A zero, which kernels leave at zero.
};

/// A plan on the device, with the memory that its parts need. Launches that run at once each need
/// one of their own.
class DecodePlan {
 public:
  DecodePlan() = default;
  /// Throws CudaError.
  DecodePlan(const SplitPlan& plan, int group, int head_dim);

  void SetIn(DeviceDecode& decode) const;
  const DeviceBuffer& PartOutputs() const { return part_outputs_; }
  const DeviceBuffer& PartWeights() const { return part_weights_; }

 private:
  int unit_warps_ = 1;
  int most_parts_ = 0;
  int64_t unit_count_ = 0;
  int64_t split_count_ = 0;
  DeviceBuffer units_;
  DeviceBuffer split_rows_;
  DeviceBuffer part_outputs_;
  DeviceBuffer part_weights_;
  DeviceBuffer claims_;
};

/// Thread blocks of a decode kernel that run at once on this device, for PlanSplits. Throws
/// CudaError, or std::invalid_argument as LaunchDecode.
AttendBlocks ResidentAttendBlocks(DataType type, int head_dim, int group);

/// Throws std::invalid_argument for a shape that there is no kernel for, CudaError for a launch.
void LaunchDecode(const DeviceDecode& decode, DataType type, cudaStream_t stream);

}  // namespace kinetics::kernels
