#include "kinetics/records/coverage.h"

#include <cassert>
#include <cstddef>

namespace kinetics {

namespace {

/// The chance that the next trial is wrong when `drawn` have been drawn, all of them wrong.
double Miss(int64_t n, int64_t c, int64_t drawn) {
  const int64_t wrong = n - c - drawn;
  return wrong > 0 ? static_cast<double>(wrong) / static_cast<double>(n - drawn) : 0.0;
}

}  // namespace

std::vector<double> CoverageCurve(int64_t n, int64_t c, int64_t max_samples) {
  assert(0 <= c && c <= n && max_samples <= n);
  std::vector<double> curve(static_cast<size_t>(max_samples));
  double failure = 1;
  for (int64_t i = 0; i < max_samples; ++i) {
    failure *= Miss(n, c, i);
    curve[static_cast<size_t>(i)] = 1 - failure;
  }
  return curve;
}

double Coverage(int64_t n, int64_t c, int64_t k) {
  assert(0 <= c && c <= n && k <= n);
  double failure = 1;
  for (int64_t i = 0; i < k; ++i) {
    failure *= Miss(n, c, i);
  }
  return 1 - failure;
}

}  // namespace kinetics
