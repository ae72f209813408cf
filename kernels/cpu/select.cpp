#include "kernels/cpu/select.h"

namespace kinetics::kernels {
namespace {

/// Takes what is above `value`, and of what equals it the first `ties`.
struct Threshold {
  int32_t value = 0;
  int64_t ties = 0;
};

/// Between two keys, which may be as far from each other as there are keys.
int32_t UpperMiddle(int32_t low, int32_t high) {
  return static_cast<int32_t>((int64_t{low} + high + 1) >> 1);
}

Threshold ThresholdOf(const KernelTable& kernels, std::span<const int32_t> keys, KeyRange range,
                      int64_t top) {
  const auto count = static_cast<int64_t>(keys.size());
  int64_t reached = count;  // keys of at least range.least: `top` or more, until all are wanted
  int64_t above = 0;        // keys above range.most: fewer than `top`
  while (range.least < range.most && reached > top) {
    const int32_t middle = UpperMiddle(range.least, range.most);
    const int64_t reach = kernels.count_at_least(keys.data(), count, middle);
    if (reach >= top) {
      range.least = middle;
      reached = reach;
    } else {
      range.most = middle - 1;
      above = reach;
    }
  }
  return {range.least, reached > top ? top - above : count};
}

}  // namespace

void Selector::Select(std::span<const float> scores, const Selection& selection,
                      std::vector<int32_t>& chosen) {
  if (scores.empty()) {
    return;
  }
  const auto count = static_cast<int64_t>(scores.size());
  keys_.resize(scores.size());
  const KeyRange range = kernels_->keys(scores.data(), count, keys_.data());
  const Threshold threshold = ThresholdOf(*kernels_, keys_, range, selection.top);
  taken_.resize(scores.size());
  const int64_t taken =
      kernels_->take(keys_.data(), count, threshold.value, threshold.ties, taken_.data());
  const bool has_first = taken > 0 && taken_.front() == 0;
  if (selection.with_first && !has_first) {
    chosen.push_back(0);
  }
  chosen.insert(chosen.end(), taken_.begin(), taken_.begin() + taken);
  const auto last = static_cast<int32_t>(count - 1);
  const bool is_last_there = !chosen.empty() && chosen.back() == last;
  if (selection.with_last && !is_last_there) {
    chosen.push_back(last);
  }
}

}  // namespace kinetics::kernels
