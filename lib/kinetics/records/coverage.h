#pragma once

#include <cstdint>
#include <vector>

namespace kinetics {

/// Unbiased pass@k for k = 1..max_samples: the chance that at least one of k trials, drawn without
/// replacement from n of which c are right, is right,
///
///   pass@k = 1 - C(n - c, k) / C(n, k),
///
/// as the running product of (n - c - i) / (n - i), which neither overflows nor cancels: the
/// relative error of 1 - pass@k is below k times 2.3e-16. Exactly 1 where k > n - c.
/// O(max_samples). Needs 0 <= c <= n and max_samples <= n. Chen et al., arXiv 2107.03374,
/// equation 1.
std::vector<double> CoverageCurve(int64_t n, int64_t c, int64_t max_samples);

/// pass@k alone; 0 <= c <= n, 0 <= k <= n.
double Coverage(int64_t n, int64_t c, int64_t k);

}  // namespace kinetics
