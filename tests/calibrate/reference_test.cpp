// How well measured kernels of GPUs are predicted on shapes that the fit has not seen.
#include <cmath>

#include "kinetics/calibrate/calibrate.h"
#include "kinetics/io/benchmark.h"
#include "kinetics/io/catalogue.h"
#include "tests/test.h"

namespace kinetics {
namespace {

// Without optimization a fit takes a minute: one split instead of five.
#ifdef NDEBUG
constexpr bool kOptimized = true;
#else
constexpr bool kOptimized = false;
#endif

struct Limit {
  Operation operation;
  std::optional<Dtype> dtype;
  double mean_absolute;  // over all head sizes, as a fraction
};

void CheckPredictions(const std::string& name, const Benchmark& all,
                      const std::vector<Limit>& limits) {
  CalibrateOptions options;
  if (!kOptimized) {
    options.holdout = 0.2;
  }
  for (const Limit& limit : limits) {
    Benchmark benchmark = all;
    std::erase_if(benchmark.measurements, [&](const Measurement& row) {
      return row.operation != limit.operation || row.dtype != limit.dtype;
    });
    double error = 0;
    double bias = 0;
    int64_t rows = 0;
    for (const OperationErrors& errors : Calibrate(benchmark, LoadHardware(name), options).errors) {
      error += errors.error->mean_absolute * static_cast<double>(errors.test);
      bias += errors.error->bias * static_cast<double>(errors.test);
      rows += errors.test;
    }
    INFO(name << " " << Name(limit.operation) << " " << (limit.dtype ? Name(*limit.dtype) : ""));
    CHECK(error / static_cast<double>(rows) < limit.mean_absolute);
    CHECK(std::abs(bias) / static_cast<double>(rows) < 0.02);
    CHECK(rows >= 12);
  }
}

void CheckDevice(const std::string& name, const std::string& file,
                 const std::vector<Limit>& limits) {
  const auto text = test::ReferenceFile("kernels/" + file);
  if (text) {
    CheckPredictions(name, ReadBenchmark(*text, file), limits);
  }
}

/// The same of a benchmark by this program.
void CheckOwn(const std::string& name, const std::string& path, const std::vector<Limit>& limits) {
  CheckPredictions(name, ReadBenchmark(test::SourceFile(path), path), limits);
}

constexpr auto kDecodeOp = Operation::kDecodeAttention;
constexpr auto kPrefill = Operation::kPrefillAttention;

TEST_CASE("attention of an H100 is predicted", "[calibrate][reference][long]") {
  CheckDevice("h100", "h100_sxm.benchmark.json",
              {{kDecodeOp, Dtype::kBf16, 0.06},
               {kDecodeOp, Dtype::kFp8, 0.06},
               {kPrefill, Dtype::kBf16, 0.09},
               {kPrefill, Dtype::kFp8, 0.11}});
}

TEST_CASE("attention of an H200 is predicted", "[calibrate][reference][long]") {
  CheckDevice("h200", "h200_sxm.benchmark.json",
              {{kDecodeOp, Dtype::kBf16, 0.06},
               {kDecodeOp, Dtype::kFp8, 0.06},
               {kPrefill, Dtype::kBf16, 0.09},
               {kPrefill, Dtype::kFp8, 0.11}});
}

TEST_CASE("attention of a B200 is predicted", "[calibrate][reference][long]") {
  CheckDevice("b200", "b200_sxm.benchmark.json",
              {{kDecodeOp, Dtype::kBf16, 0.08},
               {kDecodeOp, Dtype::kFp8, 0.08},
               {kPrefill, Dtype::kBf16, 0.09},
               {kPrefill, Dtype::kFp8, 0.11}});
}

TEST_CASE("attention of an L40S is predicted", "[calibrate][reference][long]") {
  CheckDevice("l40s", "l40s.benchmark.json",
              {{kDecodeOp, Dtype::kBf16, 0.15},
               {kDecodeOp, Dtype::kFp8, 0.15},
               {kPrefill, Dtype::kBf16, 0.09},
               {kPrefill, Dtype::kFp8, 0.11}});
}

TEST_CASE("products and all-reduces of an H100 are predicted", "[calibrate][reference][long]") {
  CheckDevice("h100", "h100_sxm.benchmark.json",
              {{Operation::kGemm, Dtype::kBf16, 0.09},
               {Operation::kGemm, Dtype::kFp8, 0.12},
               {Operation::kAllReduce, std::nullopt, 0.08}});
}

TEST_CASE("products and all-reduces of an H200 are predicted", "[calibrate][reference][long]") {
  CheckDevice("h200", "h200_sxm.benchmark.json",
              {{Operation::kGemm, Dtype::kBf16, 0.09},
               {Operation::kGemm, Dtype::kFp8, 0.12},
               {Operation::kAllReduce, std::nullopt, 0.08}});
}

TEST_CASE("products and all-reduces of a B200 are predicted", "[calibrate][reference][long]") {
  CheckDevice("b200", "b200_sxm.benchmark.json",
              {{Operation::kGemm, Dtype::kBf16, 0.11},
               {Operation::kGemm, Dtype::kFp8, 0.12},
               {Operation::kAllReduce, std::nullopt, 0.10}});
}

TEST_CASE("attention of this program's CUDA kernels is predicted", "[calibrate][long]") {
  CheckOwn("h200-kernels", "data/benchmarks/nvidia-h200.benchmark.json",
           {{kDecodeOp, Dtype::kFp16, 0.06}, {Operation::kSlidingAttention, Dtype::kFp16, 0.06}});
}

TEST_CASE("attention of this program's CPU kernels is predicted", "[calibrate][long]") {
  CheckOwn("epyc-2core", "tests/data/epyc-2core.benchmark.json",
           {{kDecodeOp, Dtype::kFp16, 0.08},
            {Operation::kBlockTopkAttention, Dtype::kFp16, 0.06},
            {Operation::kTopkAttention, Dtype::kFp16, 0.06},
            {Operation::kSlidingAttention, Dtype::kFp16, 0.08}});
}

TEST_CASE("all-reduces of an L40S are predicted", "[calibrate][reference][long]") {
  CheckDevice("l40s", "l40s.benchmark.json", {{Operation::kAllReduce, std::nullopt, 0.08}});
}

}  // namespace
}  // namespace kinetics
