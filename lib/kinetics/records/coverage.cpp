#include "kinetics/records/coverage.h"

#include <cassert>
#include <cstddef>

namespace kinetics {

std::vector<double> CoverageCurve(int64_t n, int64_t c, int64_t max_samples) {
  assert(0 <= c && c <= n && max_samples <= n);
  std::vector<double> curve(static_cast<size_t>(max_samples));
  double failure = 1;
  for (int64_t i = 0; i < max_samples; ++i) {
    const int64_t wrong = n - c - i;
    failure *= wrong > 0 ? static_cast<double>(wrong) / static_cast<double>(n - i) : 0.0;
    curve[static_cast<size_t>(i)] = 1 - failure;
  }
  return curve;
}

double Coverage(int64_t n, int64_t c, int64_t k) {
  return k == 0 ? 0 : CoverageCurve(n, c, k).back();
}

}  // namespace kinetics
