#pragma once

#include <span>
#include <vector>

#include "kernels/attention.h"
#include "kernels/linear.h"

namespace kinetics::kernels {

/// Double-precision versions of all kernels, written for clarity: what every implementation is
/// tested against, on the same stored values. Outputs: requests x kv_heads x group x head_dim.

std::vector<double> ReferenceDecode(const DecodeProblem& problem);
std::vector<double> ReferenceDecode(const DecodeProblem& problem, const TokenLists& lists);

/// All tokens of all requests, as PrefillProblem has them.
std::vector<double> ReferencePrefill(const PrefillProblem& problem);

/// Scores of all blocks of one KV head of one request, from the averaged query, in single precision
/// as the kernels store them: choices among equal scores must not depend on the implementation.
std::vector<double> ReferenceBlockScores(const BlockTopkProblem& problem, int64_t request,
                                         int head);

/// The `top` largest of `scores`, ties to the lowest index, ascending; all where there are fewer.
/// NaN counts as less than everything. `with_first`, `with_last`: besides these.
std::vector<int32_t> ReferenceSelect(std::span<const float> scores, int64_t top, bool with_first,
                                     bool with_last);

/// m x n.
std::vector<double> ReferenceLinear(const LinearProblem& problem);

/// Tokens of a choice of blocks.
TokenLists TokensOf(const BlockLists& blocks, const DecodeProblem& problem);

}  // namespace kinetics::kernels
