#include "kinetics/calibrate/calibrate.h"

#include <algorithm>
#include <cmath>

#include "kinetics/calibrate/groups.h"
#include "kinetics/cost/operation_timer.h"
#include "kinetics/io/catalogue.h"
#include "tests/test.h"

namespace kinetics {
namespace {

Benchmark ToyBenchmark() { return {.device = "toy"}; }

/// Bytes from 1 kB to 1 GB, two sizes an octave.
std::vector<OperationShape> Sizes() {
  std::vector<OperationShape> shapes;
  for (int i = 20; i <= 60; ++i) {
    shapes.push_back({.bytes = static_cast<int64_t>(std::exp2(i / 2.0))});
  }
  return shapes;
}

std::vector<OperationShape> DecodeShapes() {
  std::vector<OperationShape> shapes;
  for (const int64_t batch : {1, 8, 64, 512}) {
    for (const int64_t kv_heads : {1, 8}) {
      for (int64_t context = 16; context <= 65'536; context *= 4) {
        shapes.push_back({.batch = batch,
                          .query_heads = 32,
                          .kv_heads = kv_heads,
                          .head_dim = 128,
                          .context = context});
      }
    }
  }
  return shapes;
}

TEST_CASE("a known law of bandwidth is recovered from its times", "[calibrate]") {
  // 5 us, 2 TB/s from memory, and four times that from a cache of 32 MB.
  const std::vector<double> truth = {5e-6, 0.5e-12, 32e6, 0.25};
  const Hardware hardware = LoadHardware("h200");
  const OperationModel model = ModelOf(Operation::kReadBandwidth, std::nullopt, hardware);
  Benchmark benchmark = ToyBenchmark();
  for (const OperationShape& shape : Sizes()) {
    benchmark.measurements.push_back({.operation = Operation::kReadBandwidth,
                                      .shape = shape,
                                      .seconds = model.seconds(shape, 2, truth)});
  }
  const CalibrationResult result = Calibrate(benchmark, hardware, {});
  const CalibratedOperation& fitted = result.calibration.operations.at(0);
  REQUIRE(fitted.constants.size() == truth.size());
  for (size_t i = 0; i < truth.size(); ++i) {
    INFO(fitted.constants[i].name);
    CHECK(fitted.constants[i].value == Approx(truth[i]).epsilon(0.001));
    CHECK(fitted.constants[i].standard_error);
  }
  CHECK(fitted.rows == 41);
  CHECK(fitted.error.mean_absolute < 0.001);
  CHECK(result.errors.at(0).test == 41);
  CHECK(result.errors.at(0).datasheet->mean_absolute > 0.1);
}

TEST_CASE("a kernel that does not split the context is time linear in it", "[calibrate]") {
  Benchmark benchmark = ToyBenchmark();
  for (OperationShape shape : DecodeShapes()) {
    shape.batch = 1;
    for (const int64_t heads : {8, 16, 32}) {
      shape.query_heads = heads;
      benchmark.measurements.push_back(
          {.dtype = Dtype::kBf16,
           .shape = shape,
           .seconds = 1e-5 + 2e-8 * static_cast<double>(shape.context)});
    }
  }
  const CalibrationResult result = Calibrate(benchmark, LoadHardware("h200"), {});
  CHECK(result.errors.at(0).error->mean_absolute < 0.01);
}

TEST_CASE("query heads that share a KV head take time one after the other", "[calibrate]") {
  Benchmark benchmark = ToyBenchmark();
  for (const OperationShape& shape : DecodeShapes()) {
    for (const int64_t group : {1, 2, 4, 8}) {
      OperationShape grouped = shape;
      grouped.query_heads = group * shape.kv_heads;
      const double bytes =
          512.0 * static_cast<double>(shape.batch * shape.kv_heads * shape.context);
      benchmark.measurements.push_back(
          {.dtype = Dtype::kBf16,
           .shape = grouped,
           .seconds = 4e-6 + 1e-6 * static_cast<double>(group) + bytes / 4e12});
    }
  }
  const CalibrationResult result = Calibrate(benchmark, LoadHardware("h200"), {});
  CHECK(result.errors.at(0).error->mean_absolute < 0.01);
  CHECK(result.calibration.operations.at(0).constants.size() <= 12);
}

TEST_CASE("rows of layers are left alone, but not they alone calibrated", "[calibrate]") {
  const Hardware hardware = LoadHardware("h200");
  Benchmark benchmark = ToyBenchmark();
  const Measurement layer = {
      .operation = Operation::kDecoderLayer, .dtype = Dtype::kFp16, .seconds = 1};
  benchmark.measurements = {layer};
  CHECK(test::ErrorOf([&] { Calibrate(benchmark, hardware, {}); }) ==
        "expected a measurement of an operation that there is a model of");
  CHECK(Validate(benchmark, hardware).empty());
  for (const OperationShape& shape : Sizes()) {
    benchmark.measurements.push_back({.operation = Operation::kReadBandwidth,
                                      .shape = shape,
                                      .seconds = 1e-12 * static_cast<double>(shape.bytes)});
  }
  const CalibrationResult result = Calibrate(benchmark, hardware, {});
  REQUIRE(result.errors.size() == 1);
  CHECK(result.errors.front().operation == Operation::kReadBandwidth);
}

TEST_CASE("rows that cannot determine a model are refused", "[calibrate]") {
  const Hardware hardware = LoadHardware("h200");
  Benchmark benchmark = ToyBenchmark();
  const Measurement row = {
      .operation = Operation::kReadBandwidth, .shape = {.bytes = 1000}, .seconds = 1e-5};
  benchmark.measurements.assign(50, row);
  CHECK(test::ErrorOf([&] { Calibrate(benchmark, hardware, {}); }) ==
        "read_bandwidth: all 50 rows have the same shape: expected different ones");
  for (int64_t i = 0; i < 3; ++i) {
    benchmark.measurements[static_cast<size_t>(i)].shape.bytes += i;
  }
  CHECK(test::ErrorOf([&] { Calibrate(benchmark, hardware, {}); }) ==
        "read_bandwidth: 3 different shapes are too few: expected at least 5 beside those held "
        "out, found 2");
}

TEST_CASE("a shape outside those fitted is extrapolated", "[calibrate]") {
  const CalibratedOperation fitted = {.operation = Operation::kReadBandwidth,
                                      .ranges = {{.key = "bytes", .low = 10, .high = 20}}};
  CHECK_FALSE(IsExtrapolated(fitted, {.bytes = 10}));
  CHECK_FALSE(IsExtrapolated(fitted, {.bytes = 20}));
  CHECK(IsExtrapolated(fitted, {.bytes = 9}));
  CHECK(IsExtrapolated(fitted, {.bytes = 21}));
}

TEST_CASE("rows of one shape share a fold, and a seed names the folds", "[calibrate]") {
  std::vector<TimedShape> rows;
  for (const OperationShape& shape : Sizes()) {
    rows.push_back({.shape = shape, .seconds = 1});
    rows.push_back({.shape = shape, .seconds = 2});
  }
  const std::vector<int64_t> folds = FoldRows(rows, 5, 1);
  for (size_t i = 0; i < rows.size(); i += 2) {
    CHECK(folds[i] == folds[i + 1]);
  }
  CHECK(std::count(folds.begin(), folds.end(), 4) == 16);
  CHECK(folds == FoldRows(rows, 5, 1));
  CHECK(folds != FoldRows(rows, 5, 2));
}

TEST_CASE("errors are summarized by mean, median and bias", "[calibrate]") {
  const PredictionError error = Summarize({-0.1, 0.3, 0.1, -0.3, 0.5});
  CHECK(error.mean_absolute == Approx(0.26));
  CHECK(error.median_absolute == Approx(0.3));
  CHECK(error.bias == Approx(0.1));
}

TEST_CASE("a model's derivatives are those of finite differences", "[calibrate]") {
  const Hardware hardware = LoadHardware("h200");
  const OperationModel model = ModelOf(Operation::kDecodeAttention, Dtype::kBf16, hardware);
  for (const OperationShape& shape : DecodeShapes()) {
    std::vector<double> constants;
    std::vector<ConstantDual> duals;
    for (size_t i = 0; i < model.constants.size(); ++i) {
      constants.push_back(model.constants[i].start);
      duals.push_back(ConstantDual::Variable(constants[i], i));
    }
    const ConstantDual seconds = model.dual_seconds(shape, 2, duals);
    CHECK(seconds.value == Approx(model.seconds(shape, 2, constants)));
    for (size_t i = 0; i < constants.size(); ++i) {
      INFO(model.constants[i].name);
      const double step = 1e-5 * constants[i];
      std::vector<double> moved = constants;
      moved[i] += step;
      const double above = model.seconds(shape, 2, moved);
      moved[i] -= 2 * step;
      const double slope = (above - model.seconds(shape, 2, moved)) / (2 * step);
      // Central differences of values near 1e-5 to their 16 digits.
      CHECK(seconds.gradient[i] * constants[i] ==
            Approx(slope * constants[i]).epsilon(1e-4).margin(1e-4 * seconds.value));
    }
  }
}

}  // namespace
}  // namespace kinetics
