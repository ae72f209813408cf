#pragma once

#include <algorithm>

#include "kernels/cuda/device/select.h"
#include "tests/gpu/device_fixture.h"
#include "tests/test.h"

namespace kinetics::test {

/// What a selection left of one row.
struct RowChoice {
  std::vector<int32_t> blocks;
  std::vector<int32_t> tiles;
  int64_t tokens = 0;
};

/// A launch of a problem with the memory that it needs.
class DeviceSelection {
 public:
  /// `pooled` as in the problem, whose pointers are not looked at.
  DeviceSelection(const kernels::BlockTopkProblem& problem, const std::vector<uint16_t>& pooled)
      : type_(problem.pooled_type), pooled_(OnDevice(pooled)) {
    const kernels::KvCache& cache = problem.decode.cache;
    launch_ = {.pooled = pooled_.Data(),
               .table_stride = cache.table_stride,
               .requests = problem.decode.requests,
               .kv_heads = cache.kv_heads,
               .group = problem.decode.group,
               .head_dim = cache.head_dim,
               .page_tokens = cache.page_tokens,
               .block_tokens = problem.block_tokens,
               .pooled_stride = problem.pooled_stride,
               .top = problem.top,
               .with_first = problem.with_first,
               .with_last = problem.with_last};
    rows_ = static_cast<size_t>(launch_.requests * launch_.kv_heads);
    launch_.tiles_stride = launch_.MostTiles() + 3;
    launch_.chosen_stride = launch_.MostBlocks() + 2;
    tiles_ = PoisonedBytes(rows_ * Stride(launch_.tiles_stride) * sizeof(int32_t));
    chosen_ = PoisonedBytes(rows_ * Stride(launch_.chosen_stride) * sizeof(int32_t));
    counts_ = PoisonedBytes(rows_ * sizeof(int32_t));
    row_tokens_ = PoisonedBytes(rows_ * sizeof(int64_t));
    launch_.tiles = tiles_.Data<int32_t>();
    launch_.chosen = chosen_.Data<int32_t>();
    launch_.chosen_counts = counts_.Data<int32_t>();
    launch_.row_tokens = row_tokens_.Data<int64_t>();
  }

  /// Selects; all pointers are the device's. Checks that nothing was written behind what was
  /// chosen.
  std::vector<RowChoice> Run(const void* queries, const int64_t* lengths,
                             const int32_t* page_table) {
    launch_.queries = queries;
    launch_.lengths = lengths;
    launch_.page_table = page_table;
    kernels::LaunchSelect(launch_, type_, nullptr);
    const size_t chosen_stride = Stride(launch_.chosen_stride);
    const size_t tiles_stride = Stride(launch_.tiles_stride);
    const auto blocks = FromDevice<int32_t>(chosen_.Data(), rows_ * chosen_stride);
    const auto tiles = FromDevice<int32_t>(tiles_.Data(), rows_ * tiles_stride);
    const auto counts = FromDevice<int32_t>(counts_.Data(), rows_);
    const auto tokens = FromDevice<int64_t>(row_tokens_.Data(), rows_);
    std::vector<RowChoice> choices;
    for (size_t row = 0; row < rows_; ++row) {
      choices.push_back({.blocks = Written(blocks, row, chosen_stride),
                         .tiles = Written(tiles, row, tiles_stride),
                         .tokens = tokens[row]});
      REQUIRE(static_cast<int32_t>(choices.back().blocks.size()) == counts[row]);
    }
    return choices;
  }

  const kernels::SelectLaunch& Launch() const { return launch_; }

 private:
  static size_t Stride(int64_t stride) { return static_cast<size_t>(stride); }

  /// A row's numbers up to what was poisoned and is so still.
  static std::vector<int32_t> Written(const std::vector<int32_t>& all, size_t row, size_t stride) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(row * stride);
    const auto end = begin + static_cast<std::ptrdiff_t>(stride);
    const auto last = std::find(begin, end, -1);
    REQUIRE(std::all_of(last, end, [](int32_t number) { return number == -1; }));
    return {begin, last};
  }

  kernels::DataType type_;
  kernels::DeviceBuffer pooled_;
  kernels::DeviceBuffer tiles_;
  kernels::DeviceBuffer chosen_;
  kernels::DeviceBuffer counts_;
  kernels::DeviceBuffer row_tokens_;
  kernels::SelectLaunch launch_;
  size_t rows_ = 0;
};

}  // namespace kinetics::test
