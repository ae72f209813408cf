// What is planned for a suite, measured by kernels that only pretend to take as long as their
// traffic does.
#include <set>
#include <sstream>

#include "apps/kinetics/bench_runner.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::BenchCase;
using kernels::BenchOp;

/// Takes a second for every 10^12 bytes.
class TrafficWorkload : public kernels::Workload {
 public:
  explicit TrafficWorkload(const BenchCase& x) : case_(x) {}

  double Once() override { return Work().bytes * 1e-12; }
  double Check() override { return 0; }
  kernels::BenchWork Work() const override { return WorkOf(case_); }
  double BytesBetween() const override { return 1e12; }

 private:
  BenchCase case_;
};

/// A backend without memory, and without the kernels of some operations.
class TrafficBench : public kernels::Bench {
 public:
  explicit TrafficBench(std::set<BenchOp> lacking)
      : Bench({.cache_bytes = 1,
               .memory_bytes = size_t{1} << 40,
               .sampling = {.least_seconds = 1,
                            .least_samples = 3,
                            .now = [time = 0.0]() mutable { return time += 0.3; }}}),
        lacking_(std::move(lacking)) {}

 protected:
  void ExpectKernelOf(const BenchCase& x) const override {
    if (lacking_.count(x.op) > 0) {
      throw std::invalid_argument("there is no kernel of it");
    }
  }
  void ProvideNumbers(size_t) override {}
  void ProvideWritten(size_t) override {}
  std::unique_ptr<kernels::Workload> Make(const BenchCase& x) override {
    return std::make_unique<TrafficWorkload>(x);
  }

 private:
  std::set<BenchOp> lacking_;
};

constexpr double kRoomy = 1e12;

app::BenchPlan PaperPlan(bool is_accelerator) {
  return app::PlanBench({.suite = app::Suite::kPaper}, {.memory_bytes = kRoomy,
                                                        .is_accelerator = is_accelerator,
                                                        .io_type = kernels::DataType::kF16});
}

BenchmarkReport ReportOf(const app::BenchPlan& plan, std::set<BenchOp> lacking) {
  std::ostringstream out;
  TrafficBench bench(std::move(lacking));
  return app::RunPlan(plan, bench, {.out = out, .err = out});
}

/// Every gain is of a sparse and a dense case of one shape, and what traffic allows.
void CheckGains(const BenchmarkReport& report, Operation sparse, Operation dense, size_t count) {
  size_t found = 0;
  for (const BenchmarkGain& gain : report.gains) {
    const Measurement& a = report.benchmark.measurements.at(gain.sparse);
    const Measurement& b = report.benchmark.measurements.at(gain.dense);
    if (a.operation != sparse) {
      continue;
    }
    ++found;
    CHECK(b.operation == dense);
    CHECK(a.shape.top_blocks == 64);
    CHECK(b.shape.top_blocks == 0);
    OperationShape shape = a.shape;
    shape.top_blocks = 0;
    shape.block_tokens = 0;
    CHECK(b.shape == shape);
    CHECK(gain.gain == Approx(report.work[gain.dense].bytes / report.work[gain.sparse].bytes));
  }
  CHECK(found == count);
}

TEST_CASE("the paper's suite pairs attention, and on an accelerator layers", "[bench]") {
  const app::BenchPlan on_cpu = PaperPlan(false);
  CHECK(on_cpu.gains.size() == 8);
  const BenchmarkReport report = ReportOf(PaperPlan(true), {});
  REQUIRE(report.gains.size() == 20);
  CheckGains(report, Operation::kBlockTopkAttention, Operation::kDecodeAttention, 8);
  CheckGains(report, Operation::kDecoderLayer, Operation::kDecoderLayer, 12);
  // One KV head's cache of 34.4 GB, or 64 blocks of 1,024 and a pooled key of each.
  CHECK(report.gains.front().gain == Approx(10.6).epsilon(0.01));
  for (const BenchmarkGain& gain : report.gains) {
    CHECK(gain.scale == 1);
  }
}

TEST_CASE("the paper's suite leaves out what there is no kernel of, and keeps its other pairs",
          "[bench]") {
  app::BenchPlan plan = PaperPlan(true);
  const TrafficBench bench({BenchOp::kDecoderLayer, BenchOp::kCopy});
  CHECK(app::LeaveOutUnsupported(bench, plan) ==
        std::vector<std::string>{"copy_bandwidth", "decoder_layer"});
  const BenchmarkReport report = ReportOf(plan, {BenchOp::kDecoderLayer, BenchOp::kCopy});
  REQUIRE(report.gains.size() == 8);
  CheckGains(report, Operation::kBlockTopkAttention, Operation::kDecodeAttention, 8);
  CHECK(report.benchmark.measurements.at(report.first_shown).operation ==
        Operation::kBlockTopkAttention);

  plan = PaperPlan(true);
  app::LeaveOutUnsupported(TrafficBench({BenchOp::kBlockTopk}), plan);
  CheckGains(ReportOf(plan, {BenchOp::kBlockTopk}), Operation::kDecoderLayer,
             Operation::kDecoderLayer, 12);
}

TEST_CASE("one layer is planned with both sizes of its blocks, or neither", "[bench]") {
  const auto shape = [](const char* key, int64_t size) {
    app::BenchArgs args = {.op = Operation::kDecoderLayer};
    args.sizes[key] = size;
    return app::SingleCase(args).shape;
  };
  CHECK(shape("hidden", 1024).top_blocks == 0);
  CHECK(shape("hidden", 1024).block_tokens == 0);
  CHECK(shape("hidden", 1024).inner == 12288);
  CHECK(shape("top_blocks", 8).block_tokens == 16);
  CHECK(shape("block_tokens", 32).top_blocks == 64);
}

}  // namespace
}  // namespace kinetics
