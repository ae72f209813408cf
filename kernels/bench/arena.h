#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/bench/memory.h"

namespace kinetics::kernels {

inline constexpr size_t kLineBytes = 64;  ///< Of a cache line.

/// Random bits, the same for a seed (xorshift64*).
class Noise {
 public:
  explicit Noise(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15U + 1) {}
  uint64_t Next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dU;
  }
  /// Below `limit`, which must be above 0.
  uint64_t Below(uint64_t limit) { return (Next() >> 16) % limit; }
  /// From -1 to 1.
  float Uniform() { return static_cast<float>(Next() >> 40) / (1U << 23) - 1; }

 private:
  uint64_t state_;
};

/// Memory full of numbers, that working sets are taken from. The bits are ordinary numbers in every
/// format: as f16 from 1 to 2, as bf16 and f32 from 2^-7 to 2, with either sign.
class Arena {
 public:
  /// Throws std::bad_alloc.
  Arena(size_t bytes, Team& team);

  char* Data() const { return memory_.Data(); }
  size_t Size() const { return memory_.Size(); }
  double HugeShare() const { return huge_share_; }

 private:
  Buffer memory_;
  double huge_share_ = 0;
};

/// Which of `sets` working sets, as many as the memory holds, a call takes: each the next, so that
/// none is found in a cache.
class Rotation {
 public:
  /// Each call touches `touched` bytes of its set. Where sets are not to be `cold` there is one.
  Rotation(int64_t sets, double touched, bool cold)
      : sets_(cold ? sets : 1), between_(static_cast<double>(sets_) * touched) {}

  int64_t Next() { return next_++ % sets_; }
  int64_t Sets() const { return sets_; }
  /// Bytes touched between two uses of one set.
  double BytesBetween() const { return between_; }

 private:
  int64_t sets_;
  double between_;
  int64_t next_ = 0;
};

/// Page tables for a cache that lies in memory of any device, keys in its first half and values in
/// its second, pages in random order. Every set has pages of its own for the tokens that are read;
/// what comes before these in a request is never read and may be anyone's.
class PagedSets {
 public:
  /// Pages of `page_bytes` in either half; each of `batch` requests has `pages`, of which the last
  /// `read_pages` are read. At least one set must fit.
  PagedSets(std::span<const char> memory, size_t page_bytes, int64_t batch, int64_t pages,
            int64_t read_pages);
  PagedSets(const Arena& arena, size_t page_bytes, int64_t batch, int64_t pages, int64_t read_pages)
      : PagedSets(std::span(arena.Data(), arena.Size()), page_bytes, batch, pages, read_pages) {}

  int64_t Sets() const { return sets_; }
  /// The row of request r is table + r * Stride().
  const int32_t* Table(int64_t set) const { return table_.data() + TableOffset(set); }
  int64_t TableOffset(int64_t set) const { return set * batch_ * stride_; }
  std::span<const int32_t> Tables() const { return table_; }
  int64_t Stride() const { return stride_; }
  const char* Keys() const { return keys_; }
  const char* Values() const { return values_; }

 private:
  int64_t batch_;
  int64_t stride_;
  int64_t sets_;
  const char* keys_;
  const char* values_;
  std::vector<int32_t> table_;
};

}  // namespace kinetics::kernels
