#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/attention.h"
#include "kernels/cpu/table.h"

namespace kinetics::kernels {

/// Where some tokens of one row of the cache lie, in an order that memory likes. Attention is the
/// same in any order, up to rounding, and hardware reads several pieces of memory that lie anywhere
/// - pages, or chosen blocks - faster side by side than one after another: tokens of four pieces
/// take turns if these are of one length.
class Places {
 public:
  static constexpr int64_t kMost = 1024;  ///< Tokens.

  Places(const KvCache& cache, int64_t row_bytes)
      : keys_(static_cast<const char*>(cache.keys)),
        values_(static_cast<const char*>(cache.values)),
        row_bytes_(row_bytes) {}

  /// Another piece: `count` tokens from `place` on, in bytes from the start of keys, or values. No
  /// more than kMost tokens may be added in all.
  void Add(int64_t place, int64_t count) {
    pieces_[static_cast<size_t>(waiting_++)] = {place, count};
    if (waiting_ == kTogether) {
      List();
    }
  }

  /// Of all that were added, which may then be added anew. Valid until then.
  AttendRows Take() {
    List();
    const AttendRows rows = {.keys = key_rows_.data(),
                             .values = value_rows_.data(),
                             .rows = listed_,
                             .together = together_};
    listed_ = 0;
    together_ = 1;
    return rows;
  }

 private:
  static constexpr int64_t kTogether = 4;

  struct Piece {
    int64_t place = 0;
    int64_t count = 0;
  };

  /// Lists the pieces that wait.
  void List() {
    const bool are_alike =
        waiting_ == kTogether && std::all_of(pieces_.begin(), pieces_.end(), [&](const Piece& p) {
          return p.count == pieces_.front().count;
        });
    const int64_t step = are_alike ? kTogether : 1;
    for (int64_t p = 0; p < waiting_; ++p) {
      const Piece& piece = pieces_[static_cast<size_t>(p)];
      int64_t at = listed_ + (are_alike ? p : 0);
      for (int64_t t = 0; t < piece.count; ++t, at += step) {
        const int64_t place = piece.place + t * row_bytes_;
        key_rows_[static_cast<size_t>(at)] = keys_ + place;
        value_rows_[static_cast<size_t>(at)] = values_ + place;
      }
      listed_ += are_alike ? 0 : piece.count;
    }
    if (are_alike) {
      listed_ += kTogether * pieces_.front().count;
      together_ = kTogether;
    }
    waiting_ = 0;
  }

  const char* keys_;
  const char* values_;
  int64_t row_bytes_;
  std::array<Piece, kTogether> pieces_;
  int64_t waiting_ = 0;
  int64_t listed_ = 0;
  int64_t together_ = 1;
  std::array<const char*, kMost> key_rows_;
  std::array<const char*, kMost> value_rows_;
};

}  // namespace kinetics::kernels
