#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/attention.h"
#include "kernels/bench/arena.h"
#include "kernels/bench/case.h"
#include "kernels/cuda/device/attend.h"
#include "kernels/cuda/device/device.h"
#include "kernels/cuda/device/select.h"

namespace kinetics::kernels {

/// A KV head of a request on the host, to check what a step made of it.
struct StepRow {
  std::vector<uint16_t> keys;  ///< context x head_dim; of a window its pages alone.
  std::vector<uint16_t> values;
  std::vector<float> queries;  ///< group x head_dim.
  int64_t length = 0;          ///< Tokens.
};

/// One step of decode attention over a cache that lies in memory full of numbers, with all that its
/// launches need beside their queries: page tables, room for what is chosen, and the plan of
/// attention's units. Dense, over a window, or over what launches before it choose: blocks by
/// pooled keys, or tokens by their own.
class AttentionStep {
 public:
  /// `x`: an attention case that there is a kernel for. Its queries lie at `queries` on the device,
  /// those of a request `query_stride` elements behind those of the one before; 0: without gaps, as
  /// tokens can only be chosen by.
  /// Throws CudaError, and std::invalid_argument for tokens and a stride.
  AttentionStep(const BenchCase& x, std::span<const char> memory, const void* queries,
                int64_t query_stride = 0);

  /// Sets of pages that have none in common.
  int64_t Sets() const { return sets_.Sets(); }
  const char* Keys() const { return sets_.Keys(); }
  const char* Values() const { return sets_.Values(); }
  const int32_t* PageTable(int64_t set) const {
    return tables_.Data<int32_t>() + sets_.TableOffset(set % sets_.Sets());
  }
  int64_t TableStride() const { return sets_.Stride(); }
  /// requests x query_heads x head_dim.
  const DeviceBuffer& Output() const { return output_; }

  /// Enqueue the choice, nothing where there is none, and attention. `pooled`: of the blocks, as
  /// BlockTopkProblem has them.
  void Choose(int64_t set, const void* pooled, cudaStream_t stream) const;
  void Attend(int64_t set, cudaStream_t stream) const;

  /// A row of set 0, as the device has it now, and the problem that it is by itself. The row must
  /// outlive the problem.
  StepRow RowOf(int64_t row) const;
  DecodeProblem ProblemOf(const StepRow& row) const;
  /// The tokens that the last step on set 0 attended to in a row; nullopt where it chose, and not
  /// the best.
  std::optional<TokenLists> Attended(int64_t row, const DecodeProblem& problem,
                                     const void* pooled) const;

 private:
  bool IsBlocks() const { return case_.op == BenchOp::kBlockTopk; }
  bool IsTokens() const { return case_.op == BenchOp::kTokenTopk; }
  int64_t Rows() const { return case_.batch * case_.kv_heads; }
  int Group() const { return static_cast<int>(case_.query_heads / case_.kv_heads); }
  int64_t Blocks() const { return BlocksOf(case_.context, case_.block_tokens); }

  TileTable Table() const;
  void PrepareTokens();
  void PrepareBlocks();
  void PrepareDecode();
  void PlanUnits(const RowTiles& of_row);
  std::vector<uint16_t> CopyHalf(const char* half, int64_t row) const;
  bool AreBestBlocks(const DecodeProblem& decode, const BlockLists& blocks, int64_t row,
                     const void* pooled) const;

  BenchCase case_;
  const void* queries_;
  int64_t query_stride_;
  PagedSets sets_;
  DeviceBuffer lengths_;
  DeviceBuffer tables_;
  DeviceBuffer output_;
  DeviceBuffer scores_;
  DeviceBuffer tiles_;  // or tokens
  DeviceBuffer row_tokens_;
  DeviceBuffer chosen_;
  DeviceBuffer chosen_counts_;
  DecodePlan plan_;
  SelectLaunch selection_;
  TokenSelectLaunch token_selection_;
  DeviceDecode decode_;
};

}  // namespace kinetics::kernels
