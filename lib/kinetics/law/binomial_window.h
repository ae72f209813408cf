#pragma once

#include <Eigen/Core>
#include <cstdint>

namespace kinetics {

/// The binomial probabilities C(n, m) s^m (1 - s)^(n - m) for m = first, first + 1, ...; those
/// left out add up to less than 1e-35.
struct BinomialWindow {
  int64_t first = 0;
  Eigen::ArrayXd probability;

  BinomialWindow(int64_t n, double s);
  int64_t Last() const { return first + probability.size() - 1; }
};

}  // namespace kinetics
