#pragma once

#include "kernels/attention.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/team.h"

namespace kinetics::kernels {

/// Prefill attention on the CPU. Work is split over (request, KV head, block of queries), the
/// longest first, handed out to threads as they come. A block is all heads of the group at as many
/// positions as make kPrefillQueries of them; each tile of keys and values is converted once for
/// the whole block. Single precision throughout.
///
/// `output`: as the problem's queries. Throws std::invalid_argument for a shape that there is no
/// kernel for.
void PrefillAttention(Isa isa, Team& team, const PrefillProblem& problem, float* output);

}  // namespace kinetics::kernels
