#pragma once

#include <cstddef>

#include "kernels/cpu/team.h"

namespace kinetics::kernels {

/// Memory of whole huge pages, where the system grants them: without, each 4 KiB page of a cache
/// costs an address translation of its own, and what is measured is these.
class Buffer {
 public:
  /// Zeroed. The i-th of `team`'s threads touches the i-th share first, so that it lies on that
  /// thread's NUMA node. Throws std::bad_alloc.
  Buffer(size_t bytes, Team& team);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  char* Data() const { return data_; }
  size_t Size() const { return size_; }

  /// Share of it that huge pages hold, from /proc/self/smaps; 0 where that cannot be read.
  double HugeShare() const;

 private:
  void* mapping_ = nullptr;
  size_t mapped_ = 0;
  char* data_ = nullptr;
  size_t size_ = 0;
};

/// Bytes of the largest cache of this machine, 32 MiB where the system does not say.
size_t LastLevelCacheBytes();

}  // namespace kinetics::kernels
