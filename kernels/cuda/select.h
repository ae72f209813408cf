#pragma once

#include <cstdint>

#include "kernels/cuda/attend.h"
#include "kernels/cuda/split.h"
#include "kernels/cuda/target.h"

/// Block top-k of one row as one thread block does it, written for any `Block`, on a GPU or on the
/// host, where tests run it. `Block` has
///
///   ForEachThread(f): f(thread) by all kSelectThreads threads, which then wait for each other;
///   Add(to, amount):  of a number in shared memory, by any threads at once.
namespace kinetics::kernels {

inline constexpr int kSelectThreads = 256;
inline constexpr int kSelectBits = 8;           ///< Of a digit: one bin to each thread.
inline constexpr int kMostSelectBlocks = 8192;  ///< Scores and state fit 48 KiB; counts, 16 bits.

/// Orders as scores do in the selections of the CPU: both zeros alike, NaN below everything.
KINETICS_SHARED uint32_t SelectKey(float score) {
  constexpr uint32_t kSign = 0x80000000;
  const auto bits = __builtin_bit_cast(uint32_t, score);
  const uint32_t magnitude = bits & ~kSign;
  if (magnitude > 0x7f800000) {
    return 0;
  }
  if (magnitude == 0) {
    return kSign;
  }
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

/// A number of each thread, and their sums in groups of 16, such that each thread adds up those
/// before its own with at most 30 reads.
struct SelectTally {
  static constexpr int kGroup = 16;
  uint32_t values[kSelectThreads];
  uint32_t groups[kSelectThreads / kGroup];

  KINETICS_SHARED void Clear(int thread) {
    values[thread] = 0;
    if (thread < kSelectThreads / kGroup) {
      groups[thread] = 0;
    }
  }
  KINETICS_SHARED uint32_t Before(int thread) const {
    const int group = thread / kGroup;
    uint32_t sum = 0;
    for (int i = 0; i < group; ++i) {
      sum += groups[i];
    }
    for (int i = group * kGroup; i < thread; ++i) {
      sum += values[i];
    }
    return sum;
  }
};

/// Takes the keys whose bits in `mask` are above `prefix`, and of the `ties` keys where they equal
/// it the first `wanted`.
struct SelectCut {
  uint32_t mask;
  uint32_t prefix;
  int32_t wanted;
  int32_t ties;

  KINETICS_SHARED bool IsAbove(uint32_t key) const { return (key & mask) > prefix; }
  KINETICS_SHARED bool IsTie(uint32_t key) const { return (key & mask) == prefix; }
  KINETICS_SHARED bool IsExact() const { return wanted == 0 || wanted == ties; }
};

/// What was selected: how many, and whether the last of all is among them.
struct SelectResult {
  int32_t count;
  bool has_last;
};

/// In shared memory; needs no initial values.
struct SelectState {
  SelectTally bins[2];  ///< Keys of a digit, from the largest; the other is cleared meanwhile.
  SelectTally taken;    ///< Of a thread's keys, above the cut and, times 2^16, ties.
  SelectCut cut;
  SelectResult result;
};

/// The scores of a row, and what of it is selected: `top`, not below 0, as well as
/// `with_first` and `with_last` are those of BlockTopkProblem.
struct SelectInput {
  const float* scores = nullptr;
  int32_t count = 0;  ///< Below 2^16.
  int32_t top = 0;
  bool with_first = false;
  bool with_last = false;

  KINETICS_SHARED uint32_t Key(int32_t index) const { return SelectKey(scores[index]); }
};

/// Part of the row that one thread compacts: odd, so that threads read from different banks.
KINETICS_SHARED int32_t SelectSegment(int32_t count) {
  return ((count + kSelectThreads - 1) / kSelectThreads) | 1;
}

/// The digit of the cut that begins at bit `shift`, all higher digits being those of `cut`.
template <class Block>
KINETICS_WARP SelectCut RefineCut(const SelectInput& input, SelectCut cut, int shift,
                                  SelectState& state) {
  constexpr uint32_t kMostDigit = (1U << kSelectBits) - 1;
  SelectTally& bins = state.bins[shift / kSelectBits % 2];
  SelectTally& next = state.bins[(shift / kSelectBits + 1) % 2];
  Block::ForEachThread([&](int thread) {
    for (int32_t i = thread; i < input.count; i += kSelectThreads) {
      const uint32_t key = input.Key(i);
      if (cut.IsTie(key)) {
        const uint32_t bin = kMostDigit - ((key >> shift) & kMostDigit);
        Block::Add(&bins.values[bin], 1);
        Block::Add(&bins.groups[bin / SelectTally::kGroup], 1);
      }
    }
  });
  Block::ForEachThread([&](int thread) {
    const auto above = static_cast<int32_t>(bins.Before(thread));
    const auto here = static_cast<int32_t>(bins.values[thread]);
    if (above < cut.wanted && above + here >= cut.wanted) {
      const uint32_t digit = kMostDigit - static_cast<uint32_t>(thread);
      state.cut = {.mask = cut.mask | (kMostDigit << shift),
                   .prefix = cut.prefix | (digit << shift),
                   .wanted = cut.wanted - above,
                   .ties = here};
    }
    next.Clear(thread);
  });
  return state.cut;
}

/// Calls emit(position, index), by any thread, for all that `cut` takes and the first and the last
/// if wanted, positions ascending with indices.
template <class Block, class Emit>
KINETICS_WARP SelectResult Compact(const SelectInput& input, const SelectCut& cut,
                                   SelectState& state, const Emit& emit) {
  const int32_t segment = SelectSegment(input.count);
  const int32_t last = input.count - 1;
  Block::ForEachThread([&](int thread) {
    uint32_t sum = 0;
    for (int32_t i = thread * segment; i < (thread + 1) * segment && i <= last; ++i) {
      const uint32_t key = input.Key(i);
      sum += (cut.IsAbove(key) ? 1U : 0U) + (cut.IsTie(key) ? 1U << 16 : 0U);
    }
    state.taken.values[thread] = sum;
    Block::Add(&state.taken.groups[thread / SelectTally::kGroup], sum);
  });
  Block::ForEachThread([&](int thread) {
    const uint32_t before = state.taken.Before(thread);
    auto ties = static_cast<int32_t>(before >> 16);
    int32_t position =
        static_cast<int32_t>(before & 0xffff) + (ties < cut.wanted ? ties : cut.wanted);
    const uint32_t first_key = input.Key(0);
    const bool takes_first = cut.IsAbove(first_key) || (cut.IsTie(first_key) && cut.wanted > 0);
    if (thread > 0 && input.with_first && !takes_first) {
      ++position;
    }
    for (int32_t i = thread * segment; i < (thread + 1) * segment && i <= last; ++i) {
      const uint32_t key = input.Key(i);
      const bool is_tie = cut.IsTie(key);
      const bool is_taken = cut.IsAbove(key) || (is_tie && ties < cut.wanted) ||
                            (input.with_first && i == 0) || (input.with_last && i == last);
      ties += is_tie ? 1 : 0;
      if (is_taken) {
        emit(position, i);
        ++position;
      }
      if (i == last) {
        state.result = {.count = position, .has_last = is_taken};
      }
    }
  });
  return state.result;
}

/// Selects as the Selector of the CPU does: calls emit(position, index), by any thread, for the
/// `top` largest scores, ties to the lowest index, and the first and the last if wanted, positions
/// ascending with indices. Radix selection by digits of 8 bits from the highest, as many as
/// it takes: mostly 2 or 3. The block's threads may have written scores up to the call.
template <class Block, class Emit>
KINETICS_WARP SelectResult SelectTop(const SelectInput& input, SelectState& state,
                                     const Emit& emit) {
  if (input.count == 0) {
    return {.count = 0, .has_last = false};
  }
  Block::ForEachThread([&](int thread) {
    state.bins[0].Clear(thread);
    state.bins[1].Clear(thread);
    state.taken.Clear(thread);
  });
  SelectCut cut = {.mask = 0,
                   .prefix = 0,
                   .wanted = input.top < input.count ? input.top : input.count,
                   .ties = input.count};
  for (int shift = 32 - kSelectBits; shift >= 0 && !cut.IsExact(); shift -= kSelectBits) {
    cut = RefineCut<Block>(input, cut, shift, state);
  }
  return Compact<Block>(input, cut, state, emit);
}

/// The blocks of one row and their tiles.
struct BlockTiles {
  TileTable table;
  int64_t request = 0;
  int32_t head = 0;
  int32_t block_tokens = 16;  ///< A multiple of 16.
  int32_t length = 0;         ///< Tokens of the request.

  KINETICS_SHARED int32_t Blocks() const {
    return static_cast<int32_t>((int64_t{length} + block_tokens - 1) / block_tokens);
  }
  /// Writes those tiles of a block that hold a token, the block being the row's `position`-th. Only
  /// the last, which stands behind all others, may have fewer than these.
  KINETICS_SHARED void Write(int32_t position, int32_t block, int32_t* tiles) const {
    const int32_t block_tiles = block_tokens / kTileTokens;
    const int32_t end = length / kTileTokens + (length % kTileTokens != 0 ? 1 : 0);
    for (int32_t i = 0; i < block_tiles && block * block_tiles + i < end; ++i) {
      tiles[position * block_tiles + i] =
          static_cast<int32_t>(table.TileAt(request, head, block * block_tiles + i));
    }
  }
  /// Tokens of the selected blocks.
  KINETICS_SHARED int64_t Tokens(const SelectResult& result) const {
    const int64_t missing = int64_t{Blocks()} * block_tokens - length;
    return int64_t{result.count} * block_tokens - (result.has_last ? missing : 0);
  }
};

/// How a warp scores pooled keys: each of `kLoads` loads of 16 bytes by all lanes covers kLoadRows
/// whole rows, and the lanes of a row then exchange what they have, such that each ends up with one
/// row's score, in fewer shuffles than there are rows.
template <int dim>
struct ScoreLayout {
  static constexpr int kRowLanes = dim / 8;
  static constexpr int kLoadRows = kWarpLanes / kRowLanes;
  static constexpr int kLoads = 8;
  static constexpr int kRows = kLoadRows * kLoads;  ///< That a warp scores at once.
  static constexpr int kCopies = kRowLanes / kLoads;

  /// Row of a lane's load, and the 8 elements of it that it loads.
  static KINETICS_SHARED constexpr int Row(int lane, int load) {
    return load * kLoadRows + lane / kRowLanes;
  }
  static KINETICS_SHARED constexpr int Chunk(int lane) { return lane % kRowLanes; }
  /// Row whose score a lane has in the end, as have kCopies - 1 others.
  static KINETICS_SHARED constexpr int ScoredRow(int lane) {
    return Row(lane, lane % kRowLanes / kCopies);
  }
  static KINETICS_SHARED constexpr bool IsFirstCopy(int lane) { return lane % kCopies == 0; }

  /// The score of ScoredRow, of a lane's share in each of its loads, for any `Warp` as
  /// TileAttention has it.
  template <class Warp>
  static KINETICS_WARP typename Warp::Float Sum(typename Warp::Float (&shares)[kLoads]) {
    KINETICS_UNROLL
    for (int half = kLoads / 2; half > 0; half /= 2) {
      const int mask = half * kCopies;
      const auto is_upper = (Warp::Lane() & mask) != 0;
      KINETICS_UNROLL
      for (int i = 0; i < half; ++i) {
        const auto kept = Warp::Select(is_upper, shares[i + half], shares[i]);
        const auto given = Warp::Select(is_upper, shares[i], shares[i + half]);
        shares[i] = kept + Warp::ShuffleXor(given, mask);
      }
    }
    KINETICS_UNROLL
    for (int mask = kCopies / 2; mask > 0; mask /= 2) {
      shares[0] = shares[0] + Warp::ShuffleXor(shares[0], mask);
    }
    return shares[0];
  }
};

}  // namespace kinetics::kernels
