#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace kinetics::kernels {

/// Threads that run a function together. Between runs they sleep, but for a moment in which the
/// next is likely to come: waking up takes tens of microseconds. Each is pinned to a processor of
/// its own while there are enough; the caller, thread 0, is put back where it was when the team
/// ends.
class Team {
 public:
  /// `threads` >= 1. Throws std::system_error where a thread cannot be started.
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int Size() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls `work` with 0 .. Size() - 1, each on its thread, and waits for all. `work` must not
  /// throw.
  void Run(const std::function<void(int thread)>& work);

 private:
  void Serve(int thread);
  /// Waits until `value` is no longer `old`.
  template <typename T>
  void Await(const std::atomic<T>& value, T old) const;

  std::vector<std::thread> workers_;
  std::vector<uint64_t> callers_mask_;  // of processors, as it was
  bool stays_awake_ = false;            // for a moment, since no other thread needs the processor
  const std::function<void(int)>* work_ = nullptr;
  std::atomic<uint32_t> round_ = 0;
  std::atomic<int> running_ = 0;
  std::atomic<bool> ends_ = false;
};

/// Processors that this process may run on.
int AvailableThreads();

}  // namespace kinetics::kernels
