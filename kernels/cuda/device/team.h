#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/cuda/attend.h"
#include "kernels/cuda/device/attend.h"
#include "kernels/cuda/device/warp.h"
#include "kernels/cuda/split.h"

/// How warps share the units of a SplitPlan. For nvcc alone.
namespace kinetics::kernels {

/// Warps of a block that share a unit: one, or 4 or 8.
class Team {
 public:
  __device__ explicit Team(int warps)
      : warps_(warps),
        warp_(static_cast<int>(threadIdx.x) / kWarpLanes),
        of_block_(warp_ / warps),
        in_block_(static_cast<int>(blockDim.x) / kWarpLanes / warps) {}

  __device__ bool IsAlone() const { return warps_ == 1; }
  __device__ int Warps() const { return warps_; }
  __device__ int FirstWarp() const { return of_block_ * warps_; }
  __device__ int Member() const { return warp_ - FirstWarp(); }
  __device__ int Threads() const { return warps_ * kWarpLanes; }
  __device__ int Thread() const { return static_cast<int>(threadIdx.x) - FirstWarp() * kWarpLanes; }
  __device__ int OfBlock() const { return of_block_; }
  /// Its number among all of the launch, and how many these are.
  __device__ int Index() const { return static_cast<int>(blockIdx.x) * in_block_ + of_block_; }
  __device__ int Count() const { return static_cast<int>(gridDim.x) * in_block_; }

  /// Each has a barrier of its own.
  __device__ void Sync() const {
    asm volatile("barrier.sync %0, %1;" ::"r"(1 + of_block_), "r"(Threads()) : "memory");
  }

 private:
  int warps_;
  int warp_;
  int of_block_;
  int in_block_;
};

/// Which units a team attends to: some that follow from its number, then whichever is next, asked
/// for long before its turn.
class UnitQueue {
 public:
  __device__ UnitQueue(const DeviceDecode& decode, const Team& team)
      : claims_(decode.claims),
        count_(static_cast<int>(decode.unit_count)),
        teams_(team.Count()),
        now_(team.Index()),
        next_(now_ + teams_),
        after_(next_ + teams_) {}

  __device__ bool HasNow() const { return now_ < count_; }
  __device__ bool HasNext() const { return next_ < count_; }
  __device__ int Now() const { return now_; }
  __device__ int Next() const { return next_; }
  __device__ int After() const { return after_; }

  /// Asks for the unit behind After. Once for each After that there is, so that the counter is
  /// asked `count - 2 teams` times in all, and is at zero again behind the last.
  __device__ void Ask(const Team& team) {
    is_asked_ = count_ > 3 * teams_ && after_ < count_;
    if (is_asked_ && team.Thread() == 0) {
      claim_ = atomicInc(claims_, static_cast<unsigned>(count_ - 2 * teams_ - 1));
    }
  }
  /// Tells the team, before it synchronizes, what the answer is; and goes on to the next unit.
  __device__ void Tell(const Team& team) {
    if (!team.IsAlone() && team.Thread() == 0) {
      Slot(team) = claim_;
    }
  }
  __device__ void Advance(const Team& team) {
    const unsigned claim = team.IsAlone() ? __shfl_sync(kAllLanes, claim_, 0) : Slot(team);
    now_ = next_;
    next_ = after_;
    after_ = is_asked_ ? 3 * teams_ + static_cast<int>(claim) : count_;
    turn_ ^= 1;
  }

 private:
  /// Two in turns: a warp may still read one while another is a unit ahead.
  __device__ unsigned& Slot(const Team& team) const {
    __shared__ unsigned slots[2][kMostBlockWarps];
    return slots[turn_][team.OfBlock()];
  }

  unsigned* claims_;
  int count_;
  int teams_;
  int now_;
  int next_;
  int after_;
  int turn_ = 0;
  bool is_asked_ = false;
  unsigned claim_ = 0;
};

}  // namespace kinetics::kernels
