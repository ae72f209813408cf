#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <memory>
#include <vector>

namespace kinetics::kernels {

/// Frees what a CUDA call made.
template <auto destroy>
struct CudaDeleter {
  template <typename T>
  void operator()(T* thing) const {
    destroy(thing);
  }
};
template <typename Handle, auto destroy>
using CudaHandle = std::unique_ptr<std::remove_pointer_t<Handle>, CudaDeleter<destroy>>;

using Stream = CudaHandle<cudaStream_t, cudaStreamDestroy>;
using Event = CudaHandle<cudaEvent_t, cudaEventDestroy>;
using Graph = CudaHandle<cudaGraphExec_t, cudaGraphExecDestroy>;

/// Throw CudaError, as all that follow.
Stream MakeStream();
Event MakeEvent();

/// What `launch` enqueues, to be launched again and again.
Graph Capture(cudaStream_t stream, const std::function<void()>& launch);

/// Times work on a stream by events around it.
class EventTimer {
 public:
  EventTimer() : start_(MakeEvent()), end_(MakeEvent()) {}

  /// Seconds that the device took; waits for it.
  double Seconds(cudaStream_t stream, const std::function<void()>& launch) const;

 private:
  Event start_;
  Event end_;
};

/// An operation whose working sets take turns: graphs of several launches each, so that a sample is
/// long enough for the resolution of events and pays for no launch from the host.
class RotatingLaunches {
 public:
  /// `launch(set)` enqueues one call on `stream`, which must outlive this.
  RotatingLaunches(cudaStream_t stream, int64_t sets, std::function<void(int64_t set)> launch);

  /// Seconds of one call: the mean over the next graph's.
  double Once();
  /// How many different sets take turns.
  int64_t Distinct();

 private:
  void Prepare();

  cudaStream_t stream_;
  int64_t sets_;
  std::function<void(int64_t)> launch_;
  EventTimer timer_;
  int64_t in_graph_ = 0;
  std::vector<Graph> graphs_;
  size_t next_ = 0;
};

}  // namespace kinetics::kernels
