#include <algorithm>
#include <limits>

#include "kernels/bench/check.h"
#include "kernels/cuda/device/attention_step.h"
#include "kernels/cuda/device/workload.h"
#include "kernels/reference.h"

namespace kinetics::kernels {
namespace {

/// Bits of random numbers from -1 to 1.
std::vector<uint16_t> RandomQueries(const BenchCase& x) {
  std::vector<uint16_t> queries(static_cast<size_t>(x.batch * x.query_heads * x.head_dim));
  Noise noise(2);
  for (size_t i = 0; i < queries.size(); ++i) {
    StoreElement(queries.data(), i, x.type, noise.Uniform());
  }
  return queries;
}

/// One step of decode attention on the device, of queries that stay the same.
class CudaAttentionWorkload : public CudaWorkload {
 public:
  CudaAttentionWorkload(const BenchCase& x, const CudaBenchMachine& machine)
      : CudaWorkload(x, machine),
        queries_(ToDevice(RandomQueries(x))),
        step_(x, machine.numbers, queries_.Data()) {}

  double Once() override {
    const double seconds = CudaWorkload::Once();
    if (IsBlocks() || case_.op == BenchOp::kTokenTopk) {
      NoteParts(seconds);
    }
    return seconds;
  }

  double Check() override {
    Launch(0);
    Wait();
    double error = 0;
    for (const int64_t row : CheckedRows()) {
      error = std::max(error, RowError(row));
    }
    return error;
  }

  /// Blocks are chosen by pooled keys that are others at every call, so they lie anywhere.
  double BytesBetween() const override {
    return IsBlocks() && PooledSets() > 1 ? static_cast<double>(machine_.numbers.size())
                                          : CudaWorkload::BytesBetween();
  }
  std::vector<BenchParts> Parts() const override { return parts_; }

 protected:
  int64_t Sets() const override {
    return IsBlocks() ? std::max(step_.Sets(), PooledSets()) : step_.Sets();
  }

  void Launch(int64_t set) override {
    Choose(set);
    step_.Attend(set, machine_.stream);
  }

 private:
  bool IsBlocks() const { return case_.op == BenchOp::kBlockTopk; }
  int64_t Rows() const { return case_.batch * case_.kv_heads; }
  size_t PooledSize() const { return static_cast<size_t>(PooledBytes(case_)); }
  int64_t PooledSets() const {
    return std::max<int64_t>(1, static_cast<int64_t>(machine_.numbers.size() / PooledSize()));
  }
  const char* PooledOf(int64_t set) const {
    return machine_.numbers.data() + static_cast<size_t>(set % PooledSets()) * PooledSize();
  }
  void Choose(int64_t set) const { step_.Choose(set, PooledOf(set), machine_.stream); }

  /// Selection alone, by launches of its own, and what is left of the whole.
  void NoteParts(double seconds) {
    if (!selections_) {
      selections_ = std::make_unique<RotatingLaunches>(machine_.stream, machine_.cold ? Sets() : 1,
                                                       [this](int64_t set) { Choose(set); });
    }
    const double select = selections_->Once();
    parts_.push_back({.select = select, .attend = std::max(0.0, seconds - select)});
  }

  std::vector<int64_t> CheckedRows() const {
    constexpr double kLoads = 2e7;
    const double row_flops = WorkOf(case_).flops / static_cast<double>(Rows());
    return SpreadOut(Rows(), std::clamp<int64_t>(static_cast<int64_t>(kLoads / row_flops), 2, 16));
  }

  /// What the reference makes of a row's queries, keys and values, against the output.
  double RowError(int64_t row) const {
    const StepRow on_host = step_.RowOf(row);
    const DecodeProblem problem = step_.ProblemOf(on_host);
    const std::optional<TokenLists> attended = step_.Attended(row, problem, PooledOf(0));
    if (!attended) {
      return std::numeric_limits<double>::infinity();
    }
    const auto size = static_cast<int64_t>(on_host.queries.size());
    const std::vector<float> output =
        FloatsFromDevice(step_.Output().Data<uint16_t>() + row * size, size, case_.type);
    return WorstError(output, ReferenceDecode(problem, *attended), problem.cache.head_dim);
  }

  DeviceBuffer queries_;
  AttentionStep step_;
  std::unique_ptr<RotatingLaunches> selections_;
  std::vector<BenchParts> parts_;
};

}  // namespace

std::unique_ptr<Workload> MakeCudaAttentionWorkload(const BenchCase& x,
                                                    const CudaBenchMachine& machine) {
  return std::make_unique<CudaAttentionWorkload>(x, machine);
}

}  // namespace kinetics::kernels
