#include "kernels/cpu/team.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <chrono>

namespace kinetics::kernels {
namespace {

/// The processors that the calling thread may run on, as words of a mask; empty where unknown.
std::vector<uint64_t> Affinity() {
  std::vector<uint64_t> mask(128);
  const int bytes = static_cast<int>(mask.size() * sizeof(uint64_t));
  if (sched_getaffinity(0, static_cast<size_t>(bytes), reinterpret_cast<cpu_set_t*>(mask.data())) !=
      0) {
    mask.clear();
  }
  return mask;
}

void SetAffinity(const std::vector<uint64_t>& mask) {
  if (!mask.empty()) {
    sched_setaffinity(0, mask.size() * sizeof(uint64_t),
                      reinterpret_cast<const cpu_set_t*>(mask.data()));
  }
}

std::vector<int> ProcessorsOf(const std::vector<uint64_t>& mask) {
  std::vector<int> processors;
  for (size_t word = 0; word < mask.size(); ++word) {
    for (int bit = 0; bit < 64; ++bit) {
      if ((mask[word] >> bit & 1U) != 0) {
        processors.push_back(static_cast<int>(word) * 64 + bit);
      }
    }
  }
  return processors;
}

void PinTo(int processor) {
  std::vector<uint64_t> mask(128);
  mask[static_cast<size_t>(processor) / 64] |= uint64_t{1} << (processor % 64);
  SetAffinity(mask);
}

void Pause() {
#ifdef KINETICS_X86
  __builtin_ia32_pause();
#endif
}

}  // namespace

int AvailableThreads() { return std::max(1, static_cast<int>(ProcessorsOf(Affinity()).size())); }

Team::Team(int threads) : callers_mask_(Affinity()) {
  const std::vector<int> processors = ProcessorsOf(callers_mask_);
  const bool pins = static_cast<size_t>(threads) <= processors.size();
  stays_awake_ = pins;
  for (int thread = 1; thread < threads; ++thread) {
    workers_.emplace_back([this, thread, pins, processors] {
      if (pins) {
        PinTo(processors[static_cast<size_t>(thread)]);
      }
      Serve(thread);
    });
  }
  if (pins) {
    PinTo(processors[0]);
  }
}

Team::~Team() {
  ends_ = true;
  ++round_;
  round_.notify_all();
  for (std::thread& worker : workers_) {
    worker.join();
  }
  SetAffinity(callers_mask_);
}

void Team::Run(const std::function<void(int thread)>& work) {
  work_ = &work;
  running_ = static_cast<int>(workers_.size());
  ++round_;
  round_.notify_all();
  work(0);
  for (int left = running_; left > 0; left = running_) {
    Await(running_, left);
  }
}

template <typename T>
void Team::Await(const std::atomic<T>& value, T old) const {
  constexpr std::chrono::microseconds kAwake(100);
  constexpr int kLooks = 64;  // between looks at the clock
  const auto start = std::chrono::steady_clock::now();
  while (stays_awake_ && std::chrono::steady_clock::now() - start < kAwake) {
    for (int look = 0; look < kLooks; ++look) {
      if (value != old) {
        return;
      }
      Pause();
    }
  }
  value.wait(old);
}

void Team::Serve(int thread) {
  for (uint32_t seen = 0;;) {
    Await(round_, seen);
    ++seen;
    if (ends_) {
      return;
    }
    (*work_)(thread);
    if (--running_ == 0) {
      running_.notify_one();
    }
  }
}

}  // namespace kinetics::kernels
