#include "kernels/bench/arena.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

namespace kinetics::kernels {

Arena::Arena(size_t bytes, Team& team) : memory_(bytes, team) {
  constexpr uint64_t kFree = 0x83ff83ff83ff83ffU;  // of each 16 bits: the sign and the last ten
  constexpr uint64_t kOnes = 0x3c003c003c003c00U;
  const size_t words = bytes / sizeof(uint64_t);
  const auto threads = static_cast<size_t>(team.Size());
  team.Run([&](int thread) {
    const auto t = static_cast<size_t>(thread);
    Noise noise(t + 1);
    auto* data = reinterpret_cast<uint64_t*>(memory_.Data());
    for (size_t i = words * t / threads; i < words * (t + 1) / threads; ++i) {
      data[i] = (noise.Next() & kFree) | kOnes;
    }
  });
  huge_share_ = memory_.HugeShare();
}

PagedSets::PagedSets(std::span<const char> memory, size_t page_bytes, int64_t batch, int64_t pages,
                     int64_t read_pages)
    : batch_(batch), stride_(read_pages), sets_(0), keys_(memory.data()), values_(nullptr) {
  const size_t half = memory.size() / 2 / page_bytes;  // in pages
  values_ = keys_ + half * page_bytes;
  sets_ = static_cast<int64_t>(half) / (batch * read_pages);
  std::vector<int32_t> order(static_cast<size_t>(sets_ * batch * read_pages));
  std::iota(order.begin(), order.end(), 0);
  Noise noise(1);
  for (size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[noise.Below(i)]);
  }
  // Rows overlap in what is not read.
  table_.assign(static_cast<size_t>(pages - read_pages), 0);
  table_.insert(table_.end(), order.begin(), order.end());
}

}  // namespace kinetics::kernels
