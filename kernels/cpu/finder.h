#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "kernels/attention.h"
#include "kernels/cpu/table.h"

namespace kinetics::kernels {

inline constexpr size_t kMostHeadDim = 256;

/// Throws std::invalid_argument for a shape that there is no kernel for.
inline void CheckShape(const KvCache& cache, int group) {
  if (HeadDimIndex(cache.head_dim) < 0) {
    throw std::invalid_argument("head size " + std::to_string(cache.head_dim) +
                                ": expected 64, 128 or 256");
  }
  if (group < 1 || group > kMostGroup) {
    throw std::invalid_argument("group " + std::to_string(group) + ": expected 1 to 16");
  }
}

/// Walks over tokens of one row of the cache, and finds where they lie.
class Finder {
 public:
  Finder(const KvCache& cache, int64_t request, int64_t head)
      : cache_(cache),
        request_(request),
        head_(head),
        row_bytes_(static_cast<int64_t>(SizeOf(cache.type)) * cache.head_dim) {}

  /// Bytes from the start of keys, or values, to a token's first element.
  int64_t operator()(int64_t token) {
    if (token < page_begin_ || token >= page_end_) {
      const int64_t index = token / cache_.page_tokens;
      const int64_t page = cache_.page_table == nullptr
                               ? request_
                               : cache_.page_table[request_ * cache_.table_stride + index];
      page_begin_ = index * cache_.page_tokens;
      page_end_ = page_begin_ + cache_.page_tokens;
      page_row_ = (page * cache_.kv_heads + head_) * cache_.page_tokens;
    }
    return (page_row_ + token - page_begin_) * row_bytes_;
  }

  /// Of keys, or values, of one token.
  int64_t RowBytes() const { return row_bytes_; }
  /// How many tokens from the last one found on lie behind one another: the rest of its page.
  int64_t Following(int64_t token) const { return page_end_ - token; }

 private:
  const KvCache& cache_;
  int64_t request_;
  int64_t head_;
  int64_t row_bytes_;
  int64_t page_begin_ = 0;
  int64_t page_end_ = 0;
  int64_t page_row_ = 0;
};

/// The first token that a request attends to.
inline int64_t WindowBegin(const DecodeProblem& problem, int64_t request) {
  return problem.window > 0 ? std::max<int64_t>(0, problem.lengths[request] - problem.window) : 0;
}

}  // namespace kinetics::kernels
