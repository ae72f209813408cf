#include "kernels/bench/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <new>
#include <sstream>
#include <string>

namespace kinetics::kernels {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

}  // namespace

Buffer::Buffer(size_t bytes, Team& team) : mapped_(bytes + 2 * kHugePage), size_(bytes) {
  mapping_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping_ == MAP_FAILED) {
    throw std::bad_alloc();
  }
  const auto address = reinterpret_cast<uintptr_t>(mapping_);
  data_ = static_cast<char*>(mapping_) + (kHugePage - address % kHugePage) % kHugePage;
  const size_t whole = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  madvise(data_, whole, MADV_HUGEPAGE);  // a wish: HugeShare tells whether it was granted
  const auto threads = static_cast<size_t>(team.Size());
  team.Run([&](int thread) {
    const auto t = static_cast<size_t>(thread);
    const size_t begin = whole / kHugePage * t / threads * kHugePage;
    const size_t end = whole / kHugePage * (t + 1) / threads * kHugePage;
    std::memset(data_ + begin, 0, end - begin);
  });
}

Buffer::~Buffer() { munmap(mapping_, mapped_); }

double Buffer::HugeShare() const {
  std::ifstream maps("/proc/self/smaps");
  const auto begin = reinterpret_cast<uintptr_t>(mapping_);
  const uintptr_t end = begin + mapped_;
  bool is_inside = false;
  double huge = 0;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    uintptr_t from = 0;
    uintptr_t to = 0;
    char dash = 0;
    if (words >> std::hex >> from >> dash >> to && dash == '-') {
      is_inside = from < end && to > begin;
    } else if (is_inside && line.rfind("AnonHugePages:", 0) == 0) {
      huge += 1024 * std::stod(line.substr(std::strlen("AnonHugePages:")));
    }
  }
  return size_ == 0 ? 0 : std::min(1.0, huge / static_cast<double>(size_));
}

size_t LastLevelCacheBytes() {
  constexpr size_t kUnknown = size_t{32} << 20;
  const long bytes = sysconf(_SC_LEVEL3_CACHE_SIZE);
  return bytes > 0 ? static_cast<size_t>(bytes) : kUnknown;
}

}  // namespace kinetics::kernels
