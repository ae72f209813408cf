#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/cpu/table.h"

namespace kinetics::kernels {

/// The `top` largest of `scores`, ties to the lowest index, ascending, appended to `chosen`; NaN
/// counts as less than everything, and equal to itself. Besides these the first and the last if
/// wanted. The threshold is found by bisection between the least and the largest of keys that order
/// as the scores do: at most 32 counts of `scores.size()` keys, which vectors do fast, and half as
/// many where scores differ.
struct Selection {
  int64_t top = 64;
  bool with_first = false;
  bool with_last = false;
};

class Selector {
 public:
  explicit Selector(const KernelTable& kernels) : kernels_(&kernels) {}
  void Select(std::span<const float> scores, const Selection& selection,
              std::vector<int32_t>& chosen);

 private:
  const KernelTable* kernels_;
  std::vector<int32_t> keys_;
  std::vector<int32_t> taken_;
};

}  // namespace kinetics::kernels
