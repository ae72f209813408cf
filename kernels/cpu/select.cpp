#include "kernels/cpu/select.h"

#include <bit>

namespace kinetics::kernels {
namespace {

/// Orders as the scores do, both zeros alike; 0 for NaN.
uint32_t KeyOf(float score) {
  const auto bits = std::bit_cast<uint32_t>(score + 0.0F);
  const uint32_t key = (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
  return (bits & 0x7fffffffU) > 0x7f800000U ? 0 : key;
}

}  // namespace

void Selector::Select(std::span<const float> scores, const Selection& selection,
                      std::vector<int32_t>& chosen) {
  const auto count = static_cast<int64_t>(scores.size());
  keys_.resize(scores.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    keys_[i] = KeyOf(scores[i]);
  }
  // The largest threshold that at least `top` keys reach, or one that exactly so many do.
  uint32_t threshold = 0;
  int64_t reached = count;
  for (uint32_t bit = 0x80000000U; bit != 0 && reached > selection.top; bit >>= 1) {
    const int64_t reach = kernels_->count_at_least(keys_.data(), count, threshold | bit);
    if (reach >= selection.top) {
      threshold |= bit;
      reached = reach;
    }
  }
  int64_t ties = count;  // how many that equal the threshold are taken
  if (reached > selection.top) {
    const int64_t above =
        threshold == UINT32_MAX ? 0 : kernels_->count_at_least(keys_.data(), count, threshold + 1);
    ties = selection.top - above;
  }
  const size_t begin = chosen.size();
  chosen.resize(begin + scores.size());
  size_t end = begin;
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t key = keys_[static_cast<size_t>(i)];
    const bool is_tie = key == threshold;
    const bool always = (selection.with_first && i == 0) || (selection.with_last && i == count - 1);
    const bool taken = key > threshold || (is_tie && ties > 0);
    ties -= is_tie && ties > 0 ? 1 : 0;
    chosen[end] = static_cast<int32_t>(i);
    end += taken || always ? 1 : 0;
  }
  chosen.resize(end);
}

}  // namespace kinetics::kernels
