#pragma once

#include <cstdint>

namespace kinetics {

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a 64-bit counter through a mixing function.
/// Small state and free seeding let every bootstrap resample have a generator of its own, so that
/// results do not depend on which thread draws which resample. Not for cryptography.
class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}

  /// A generator for item `index` of the sequence that `seed` names.
  SplitMix64(uint64_t seed, uint64_t index) : state_(SplitMix64(seed).Next() ^ index) {
    state_ = Next();
  }

  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15U;
    uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  /// Uniform in [0, bound), by multiplying into the high word; its bias, below bound / 2^32, is far
  /// under what a bootstrap can show. `bound` is at least 1.
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(((Next() >> 32U) * bound) >> 32U); }

  /// Uniform in (0, 1): the middle of one of 2^53 equal parts.
  double Uniform() { return (static_cast<double>(Next() >> 11U) + 0.5) * 0x1p-53; }

 private:
  uint64_t state_;
};

}  // namespace kinetics
