#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/attention.h"

namespace kinetics::kernels {

/// The largest over heads of max |output - reference| / max |reference|; |output| where the
/// reference is 0; infinity if an output is not finite.
double WorstError(std::span<const float> output, std::span<const double> reference, int head_dim);

/// Up to `most` of `count` things, evenly spread, the first and the last among them.
std::vector<int64_t> SpreadOut(int64_t count, int64_t most);

/// `lists` with nothing in all rows but these.
TokenLists OnlyRows(const TokenLists& lists, std::span<const int64_t> rows);

/// The tokens that a dense or sliding step attends to, in these rows alone.
TokenLists AttendedTokens(const DecodeProblem& problem, std::span<const int64_t> rows);

/// WorstError of these rows, against the reference over `lists`.
double DecodeError(const DecodeProblem& problem, const TokenLists& lists,
                   std::span<const int64_t> rows, std::span<const float> output);

/// Mean over the group of q . k of every token of a row, in double precision.
std::vector<double> MeanScores(const DecodeProblem& problem, int64_t row);

/// Whether `chosen`, ascending, are `top` of the largest scores. Single-precision scores may order
/// differently what differs by rounding alone, so up to a 1e-5th of the largest is forgiven.
bool AreLargest(std::span<const double> scores, std::span<const int32_t> chosen, int64_t top);

}  // namespace kinetics::kernels
