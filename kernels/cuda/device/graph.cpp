#include "kernels/cuda/device/graph.h"

#include <algorithm>
#include <cmath>

#include "kernels/cuda/device/clock.h"
#include "kernels/cuda/device/device.h"

namespace kinetics::kernels {

Stream MakeStream() {
  cudaStream_t stream = nullptr;
  CheckCuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "make a stream");
  return Stream(stream);
}

Event MakeEvent() {
  cudaEvent_t event = nullptr;
  CheckCuda(cudaEventCreate(&event), "make an event");
  return Event(event);
}

Graph Capture(cudaStream_t stream, const std::function<void()>& launch) {
  CheckCuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "begin a graph");
  cudaGraph_t graph = nullptr;
  try {
    launch();
  } catch (...) {
    cudaStreamEndCapture(stream, &graph);
    if (graph != nullptr) {
      cudaGraphDestroy(graph);
    }
    throw;
  }
  CheckCuda(cudaStreamEndCapture(stream, &graph), "end a graph");
  const CudaHandle<cudaGraph_t, cudaGraphDestroy> owned(graph);
  cudaGraphExec_t executable = nullptr;
  CheckCuda(cudaGraphInstantiate(&executable, graph, 0), "make a graph");
  return Graph(executable);
}

double EventTimer::Seconds(cudaStream_t stream, const std::function<void()>& launch) const {
  // The device is busy until all is enqueued, so that it does not wait for the host in between.
  constexpr int64_t kEnqueueing = 50'000;
  LaunchSpin(kEnqueueing, nullptr, stream);
  CheckCuda(cudaEventRecord(start_.get(), stream), "record an event");
  launch();
  CheckCuda(cudaEventRecord(end_.get(), stream), "record an event");
  CheckCuda(cudaEventSynchronize(end_.get()), "run kernels");
  float milliseconds = 0;
  CheckCuda(cudaEventElapsedTime(&milliseconds, start_.get(), end_.get()), "read events");
  return 1e-3 * static_cast<double>(milliseconds);
}

RotatingLaunches::RotatingLaunches(cudaStream_t stream, int64_t sets,
                                   std::function<void(int64_t)> launch)
    : stream_(stream), sets_(sets), launch_(std::move(launch)) {}

void RotatingLaunches::Prepare() {
  constexpr double kLeastSeconds = 2e-3;  // a graph's start takes several microseconds
  constexpr int64_t kMostInGraph = 256;
  constexpr int64_t kMostLaunches = 2048;
  if (!graphs_.empty()) {
    return;
  }
  timer_.Seconds(stream_, [&] { launch_(0); });  // loads the kernels
  const double once = timer_.Seconds(stream_, [&] { launch_(std::min<int64_t>(1, sets_ - 1)); });
  in_graph_ =
      std::clamp<int64_t>(static_cast<int64_t>(std::ceil(kLeastSeconds / once)), 1, kMostInGraph);
  const int64_t wanted = std::min(sets_, kMostLaunches);
  const int64_t graphs = std::max<int64_t>(1, (wanted + in_graph_ - 1) / in_graph_);
  int64_t set = 0;
  for (int64_t g = 0; g < graphs; ++g) {
    graphs_.push_back(Capture(stream_, [&] {
      for (int64_t i = 0; i < in_graph_; ++i) {
        launch_(set++ % sets_);
      }
    }));
  }
}

double RotatingLaunches::Once() {
  Prepare();
  cudaGraphExec_t graph = graphs_[next_++ % graphs_.size()].get();
  const double seconds = timer_.Seconds(
      stream_, [&] { CheckCuda(cudaGraphLaunch(graph, stream_), "launch a graph"); });
  return seconds / static_cast<double>(in_graph_);
}

int64_t RotatingLaunches::Distinct() {
  Prepare();
  return std::min(sets_, static_cast<int64_t>(graphs_.size()) * in_graph_);
}

}  // namespace kinetics::kernels
