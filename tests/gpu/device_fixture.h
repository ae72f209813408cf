#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <vector>

#include "kernels/bench/arena.h"
#include "kernels/cuda/device/attend.h"
#include "kernels/cuda/device/device.h"
#include "tests/kernels/cache.h"

namespace kinetics::test {

/// Values in the device's memory. Tests launch on the default stream, which waits for such copies.
template <typename T>
kernels::DeviceBuffer OnDevice(const std::vector<T>& values) {
  return kernels::ToDevice(values);
}

/// Sets all bits: NaN in every format, -1 as a whole number.
void Poison(const kernels::DeviceBuffer& buffer);
/// Memory full of that.
kernels::DeviceBuffer PoisonedBytes(size_t bytes);

/// Waits for what was launched. Throws CudaError where that failed.
void AwaitDevice();

/// `count` elements of the device's memory, after all that was launched.
template <typename T>
std::vector<T> FromDevice(const void* from, size_t count) {
  AwaitDevice();
  return kernels::FromDevice<T>(from, count);
}

/// Rounds values to what the device gets of them, and returns their bits.
std::vector<uint16_t> RoundedBits(std::vector<float>& values, kernels::DataType type);
/// Bits of elements of 16 bits as what they stand for.
std::vector<float> AsFloats(const std::vector<uint16_t>& bits, kernels::DataType type);

/// -8 to 8: products of these add up without error in any order.
inline float WholeNumber(kernels::Noise& noise) { return static_cast<float>(noise.Below(17)) - 8; }

/// A token's place among all tokens of a cache: tile * 16 + token % 16.
int64_t PlaceOf(const kernels::KvCache& cache, int64_t request, int64_t head, int64_t token);

/// Numbers of each row, one row behind the other.
using RowLists = std::vector<std::vector<int32_t>>;

/// A decode step of a 16-bit cache on the device, with the memory that it needs.
class DeviceAttention {
 public:
  /// Rounds the cache's queries to what the device gets. Rows are split for `resident_blocks` of
  /// `block_warps`; 0: as this device has them.
  explicit DeviceAttention(Cache& cache, int64_t resident_blocks = 0, int block_warps = 0);

  /// Attends to lists of tiles, with so many tokens in each row's, or of tokens.
  void UseTiles(const RowLists& tiles, const std::vector<int64_t>& tokens);
  void UseTokens(const RowLists& places);
  /// Splits rows that attend to so many tiles.
  void Plan(const std::vector<kernels::RowTiles>& rows);

  /// Launches it on `stream`.
  void Launch(cudaStream_t stream) const;
  /// The same after poisoning what it is to write; the output. Expects that the plan's
  /// counter is at zero again.
  std::vector<float> Run() const;
  /// What a launch left, under the same expectation.
  std::vector<float> Output() const;
  /// Poisons what a launch is to write.
  void PoisonResults() const;

  int64_t Rows() const { return rows_; }
  kernels::DeviceDecode& Decode() { return decode_; }

 private:
  kernels::DataType type_;
  int64_t rows_;
  kernels::AttendBlocks blocks_;
  kernels::DeviceBuffer queries_;
  kernels::DeviceBuffer keys_;
  kernels::DeviceBuffer values_;
  kernels::DeviceBuffer lengths_;
  kernels::DeviceBuffer page_table_;
  kernels::DeviceBuffer output_;
  kernels::DeviceBuffer lists_;
  kernels::DeviceBuffer row_tokens_;
  kernels::DecodePlan plan_;
  kernels::DeviceDecode decode_;
};

/// How far a decode step may be from the reference, relative to a head's largest: its weights and
/// outputs are rounded to 11 and 8 bits.
constexpr double DecodeTolerance(kernels::DataType type) {
  return type == kernels::DataType::kF16 ? 2e-3 : 2e-2;
}

}  // namespace kinetics::test
