#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/bench/check.h"
#include "kernels/bench/workload.h"
#include "kernels/cpu/linear.h"
#include "kernels/cpu/select.h"
#include "kernels/reference.h"

namespace kinetics::kernels {
namespace {

/// A linear layer: weights are cold, inputs and outputs as the layer before left them.
class LinearWorkload : public Workload {
 public:
  LinearWorkload(const BenchCase& x, const BenchMachine& machine)
      : case_(x),
        machine_(machine),
        set_bytes_(static_cast<size_t>(SetBytes(x)) / kLineBytes * kLineBytes),
        rotation_(std::max<int64_t>(1, static_cast<int64_t>(machine.numbers->Size() / set_bytes_)),
                  WorkOf(x).bytes, machine.cold),
        inputs_(static_cast<size_t>(x.m * x.k)),
        outputs_(static_cast<size_t>(x.m * x.n)) {
    Noise noise(3);
    for (float& input : inputs_) {
      input = noise.Uniform();
    }
  }

  double Once() override {
    const LinearProblem problem = Next();
    return Timed([&] { MultiplyLinear(machine_.isa, *machine_.team, problem, outputs_.data()); });
  }

  double Check() override {
    const LinearProblem problem = Next();
    MultiplyLinear(machine_.isa, *machine_.team, problem, outputs_.data());
    constexpr int64_t kLoads = 4'000'000;
    const int64_t rows = std::clamp<int64_t>(kLoads / (case_.m * case_.k), 4, 16);
    std::vector<double> expected;
    std::vector<float> found;
    for (const int64_t row : SpreadOut(case_.n, rows)) {
      LinearProblem one = problem;
      one.n = 1;
      one.weights = static_cast<const char*>(problem.weights) +
                    static_cast<size_t>(row * case_.k) * SizeOf(case_.type);
      for (const double value : ReferenceLinear(one)) {
        expected.push_back(value);
      }
      for (int64_t input = 0; input < case_.m; ++input) {
        found.push_back(outputs_[static_cast<size_t>(input * case_.n + row)]);
      }
    }
    return WorstError(found, expected, static_cast<int>(found.size()));
  }

  BenchWork Work() const override { return WorkOf(case_); }
  double BytesBetween() const override { return rotation_.BytesBetween(); }

 private:
  LinearProblem Next() {
    return {
        .type = case_.type,
        .m = case_.m,
        .n = case_.n,
        .k = case_.k,
        .weights = machine_.numbers->Data() + static_cast<size_t>(rotation_.Next()) * set_bytes_,
        .inputs = inputs_.data()};
  }

  BenchCase case_;
  BenchMachine machine_;
  size_t set_bytes_;
  Rotation rotation_;
  std::vector<float> inputs_;
  std::vector<float> outputs_;
};

/// Selections as block top-k makes them: of scores that were just computed, so not cold.
class SelectWorkload : public Workload {
 public:
  SelectWorkload(const BenchCase& x, const BenchMachine& machine)
      : case_(x),
        team_(*machine.team),
        chosen_(static_cast<size_t>(x.rows)),
        selectors_(static_cast<size_t>(team_.Size()), Selector(KernelsOf(machine.isa))) {
    Noise noise(4);
    scores_.resize(static_cast<size_t>(x.rows * x.blocks));
    for (float& score : scores_) {
      score = noise.Uniform();
    }
  }

  double Once() override {
    return Timed([&] {
      team_.Run([&](int thread) {
        const int64_t end = case_.rows * (thread + 1) / team_.Size();
        for (int64_t row = case_.rows * thread / team_.Size(); row < end; ++row) {
          std::vector<int32_t>& chosen = chosen_[static_cast<size_t>(row)];
          chosen.clear();
          selectors_[static_cast<size_t>(thread)].Select(RowOf(row), {.top = case_.top}, chosen);
        }
      });
    });
  }

  double Check() override {
    Once();
    for (const int64_t row : SpreadOut(case_.rows, 16)) {
      if (chosen_[static_cast<size_t>(row)] !=
          ReferenceSelect(RowOf(row), case_.top, false, false)) {
        return std::numeric_limits<double>::infinity();
      }
    }
    return 0;
  }

  BenchWork Work() const override { return WorkOf(case_); }
  double BytesBetween() const override { return WorkOf(case_).bytes; }

 private:
  std::span<const float> RowOf(int64_t row) const {
    return std::span(scores_).subspan(static_cast<size_t>(row * case_.blocks),
                                      static_cast<size_t>(case_.blocks));
  }

  BenchCase case_;
  Team& team_;
  std::vector<float> scores_;
  std::vector<std::vector<int32_t>> chosen_;
  std::vector<Selector> selectors_;
};

}  // namespace

std::unique_ptr<Workload> MakeLinearWorkload(const BenchCase& x, const BenchMachine& machine) {
  return std::make_unique<LinearWorkload>(x, machine);
}

std::unique_ptr<Workload> MakeSelectWorkload(const BenchCase& x, const BenchMachine& machine) {
  return std::make_unique<SelectWorkload>(x, machine);
}

}  // namespace kinetics::kernels
