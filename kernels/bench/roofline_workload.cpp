#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/bench/workload.h"

namespace kinetics::kernels {
namespace {

constexpr size_t kLineFloats = 16;
constexpr float kFactor = 0.5F;

/// The part of `count` floats that a thread works on: whole cache lines.
struct Share {
  size_t begin = 0;
  size_t count = 0;
};
Share ShareOf(size_t count, int thread, int threads) {
  const size_t lines = count / kLineFloats;
  const auto t = static_cast<size_t>(thread);
  const auto all = static_cast<size_t>(threads);
  const size_t begin = lines * t / all * kLineFloats;
  const size_t end = thread + 1 == threads ? count : lines * (t + 1) / all * kLineFloats;
  return {.begin = begin, .count = end - begin};
}

/// Reading, copying, or a triad: to = from + factor * other.
class TrafficWorkload : public Workload {
 public:
  TrafficWorkload(const BenchCase& x, const BenchMachine& machine)
      : case_(x),
        kernels_(KernelsOf(machine.isa)),
        machine_(machine),
        arrays_(x.op == BenchOp::kRead   ? 1
                : x.op == BenchOp::kCopy ? 2
                                         : 3),
        count_(std::max<size_t>(kLineFloats, static_cast<size_t>(x.bytes) / arrays_ /
                                                 sizeof(float) / kLineFloats * kLineFloats)),
        read_(Sets(*machine.numbers, std::max<size_t>(1, arrays_ - 1)), Bytes(), machine.cold),
        sums_(static_cast<size_t>(machine.team->Size()) * kLineFloats) {
    if (machine.written != nullptr) {
      written_ = Rotation(Sets(*machine.written, 1), Bytes(), machine.cold);
    }
  }

  double Once() override {
    Next();
    return Timed([&] { Run(); });
  }

  double Check() override {
    Next();
    Run();
    double error = 0;
    double scale = 0;
    double sum = 0;
    for (size_t i = 0; i < count_; ++i) {
      const double expected = arrays_ == 3 ? from_[i] + double{kFactor} * from_[count_ + i]
                                           : static_cast<double>(from_[i]);
      scale = arrays_ == 1 ? scale + std::abs(expected) : std::max(scale, std::abs(expected));
      error = arrays_ == 1 ? error : std::max(error, std::abs(to_[i] - expected));
      sum += expected;
    }
    if (arrays_ == 1) {
      for (size_t thread = 0; thread < sums_.size(); thread += kLineFloats) {
        sum -= sums_[thread];
      }
      error = std::abs(sum);
    }
    return scale > 0 ? error / scale : error;
  }

  BenchWork Work() const override { return {.bytes = Bytes()}; }
  double BytesBetween() const override {
    return arrays_ == 1 ? read_.BytesBetween()
                        : std::min(read_.BytesBetween(), written_.BytesBetween());
  }

 private:
  double Bytes() const { return static_cast<double>(count_ * arrays_ * sizeof(float)); }

  int64_t Sets(const Arena& arena, size_t arrays) const {
    return std::max<int64_t>(
        1, static_cast<int64_t>(arena.Size() / (count_ * arrays * sizeof(float))));
  }

  void Next() {
    const size_t set = count_ * std::max<size_t>(1, arrays_ - 1);
    from_ = reinterpret_cast<const float*>(machine_.numbers->Data()) +
            static_cast<size_t>(read_.Next()) * set;
    if (arrays_ > 1) {
      to_ = reinterpret_cast<float*>(machine_.written->Data()) +
            static_cast<size_t>(written_.Next()) * count_;
    }
  }

  void Run() {
    machine_.team->Run([&](int thread) {
      const Share share = ShareOf(count_, thread, machine_.team->Size());
      const float* from = from_ + share.begin;
      if (arrays_ == 1) {
        sums_[static_cast<size_t>(thread) * kLineFloats] = kernels_.read(from, share.count);
      } else if (arrays_ == 2) {
        kernels_.copy(to_ + share.begin, from, share.count);
      } else {
        kernels_.triad(to_ + share.begin, from, from + count_, kFactor, share.count);
      }
    });
  }

  BenchCase case_;
  const KernelTable& kernels_;
  BenchMachine machine_;
  size_t arrays_;
  size_t count_;  // floats of each array
  Rotation read_;
  Rotation written_{1, 0, false};
  const float* from_ = nullptr;
  float* to_ = nullptr;
  std::vector<float> sums_;  // a cache line apart
};

/// Multiply-adds in registers.
class FlopsWorkload : public Workload {
 public:
  FlopsWorkload(const BenchCase& x, const BenchMachine& machine)
      : kernels_(KernelsOf(machine.isa)), team_(*machine.team) {
    float sink = 0;
    const double round = kernels_.flops(1, &sink);
    const auto threads = static_cast<double>(team_.Size());
    rounds_ = std::max<int64_t>(1, std::llround(static_cast<double>(x.flops) / threads / round));
    flops_ = static_cast<double>(rounds_) * round * threads;
    sums_.resize(static_cast<size_t>(team_.Size()) * kLineFloats);
  }

  double Once() override {
    return Timed([&] {
      team_.Run([&](int thread) {
        kernels_.flops(rounds_, &sums_[static_cast<size_t>(thread) * kLineFloats]);
      });
    });
  }

  /// There is nothing that these could get wrong and still run.
  double Check() override {
    Once();
    return std::isfinite(sums_[0]) ? 0 : std::numeric_limits<double>::infinity();
  }

  BenchWork Work() const override { return {.flops = flops_}; }
  double BytesBetween() const override { return 0; }

 private:
  const KernelTable& kernels_;
  Team& team_;
  int64_t rounds_ = 0;
  double flops_ = 0;
  std::vector<float> sums_;
};

}  // namespace

std::unique_ptr<Workload> MakeTrafficWorkload(const BenchCase& x, const BenchMachine& machine) {
  return std::make_unique<TrafficWorkload>(x, machine);
}

std::unique_ptr<Workload> MakeFlopsWorkload(const BenchCase& x, const BenchMachine& machine) {
  return std::make_unique<FlopsWorkload>(x, machine);
}

}  // namespace kinetics::kernels
