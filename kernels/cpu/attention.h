#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "kernels/attention.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/select.h"
#include "kernels/cpu/team.h"

namespace kinetics::kernels {

/// Seconds of the steps of a sparse decode step, wall time.
struct SparseTimes {
  double score = 0;
  double select = 0;
  double attend = 0;
};

/// Decode attention on the CPU. KV is read once for all queries of a group. The work of a step is
/// split over (request, KV head, chunk of the context) and handed out to threads as they come; the
/// last chunk of a head to finish merges them. Buffers are kept between calls.
class CpuAttention {
 public:
  /// `team` must outlive this object; `isa` must be supported.
  CpuAttention(Isa isa, Team& team);

  /// `output`: requests x kv_heads x group x head_dim. Throws std::invalid_argument for a shape
  /// that there is no kernel for.
  void Decode(const DecodeProblem& problem, float* output);
  /// Over the given tokens alone.
  void Decode(const DecodeProblem& problem, const TokenLists& lists, float* output);

  /// Scores blocks, selects and attends; `chosen`, if given, receives the blocks.
  SparseTimes BlockTopk(const BlockTopkProblem& problem, float* output,
                        BlockLists* chosen = nullptr);

  /// Oracle top-k: scores all tokens exactly, by the mean over the group of q . k, and attends to
  /// the `top` best, ties to the lowest token.
  SparseTimes TokenTopk(const DecodeProblem& problem, int64_t top, float* output,
                        TokenLists* chosen = nullptr);

 private:
  struct Unit {
    int64_t row = 0;    // request * kv_heads + head
    int64_t begin = 0;  // positions in the row's tokens
    int64_t end = 0;
    int64_t part = -1;  // where partial results go; -1: the unit is all of the row
  };

  /// Where the tokens of a row come from.
  struct Source {
    const DecodeProblem* problem;
    const TokenLists* tokens = nullptr;
    const BlockLists* blocks = nullptr;
  };

  struct Run {
    int64_t token = 0;
    int64_t count = 0;
  };

  void Attend(const Source& source, float* output);
  void Plan(const Source& source);
  int64_t TokensOfRow(const Source& source, int64_t row) const;
  /// The tokens from a position of what a row attends to on, as far as they follow each other.
  static Run RunAt(const Source& source, int64_t row, int64_t position);
  void AttendTo(const Source& source, const Unit& unit, const AttendState& state);
  void RunUnit(const Source& source, const Unit& unit, float* output);
  void Merge(const DecodeProblem& problem, int64_t row, float* output) const;

  const KernelTable* kernels_;
  Team* team_;
  std::vector<Unit> units_;
  std::vector<int64_t> first_parts_;          // by row, and the end
  std::unique_ptr<std::atomic<int>[]> left_;  // units of a row that are not done
  size_t left_size_ = 0;
  std::vector<float> parts_;         // by part: most, sum, output of the group
  std::vector<Selector> selectors_;  // by thread
  std::vector<float> scores_;
  std::vector<std::vector<int32_t>> chosen_;  // by row
  BlockLists blocks_;
};

}  // namespace kinetics::kernels
