#include "kinetics/benchmark/suite.h"

#include <map>
#include <set>

#include "kinetics/benchmark/ceilings.h"
#include "kinetics/cost/operation_model.h"
#include "kinetics/io/catalogue.h"
#include "tests/test.h"

namespace kinetics {
namespace {

/// What is calibrated together.
using CaseKind = std::tuple<Operation, std::optional<Dtype>, int64_t>;

std::map<CaseKind, std::set<OperationShape>> GroupsOf(const std::vector<BenchmarkCase>& cases) {
  std::map<CaseKind, std::set<OperationShape>> groups;
  for (const BenchmarkCase& x : cases) {
    groups[{x.operation, x.dtype, x.shape.head_dim}].insert(x.shape);
  }
  return groups;
}

void CheckSuite(const std::vector<BenchmarkCase>& cases) {
  CHECK(std::set<BenchmarkCase>(cases.begin(), cases.end()).size() == cases.size());
  for (const auto& [group, shapes] : GroupsOf(cases)) {
    const auto& [operation, dtype, head_dim] = group;
    INFO(Name(operation) << " " << head_dim);
    // Four of five folds must have more shapes than there are constants.
    const size_t constants = ModelOf(operation, dtype, {}).constants.size();
    CHECK(4 * shapes.size() / 5 > constants);
    for (const OperationShape& shape : shapes) {
      for (const ShapeField& field : ShapeFields(operation)) {
        CHECK((field.optional || shape.*field.member > 0));
      }
      CHECK((shape.kv_heads == 0 || (shape.query_heads % shape.kv_heads == 0 &&
                                     shape.query_heads / shape.kv_heads <= 16)));
    }
  }
}

TEST_CASE("suites have different shapes, enough of each operation to be calibrated") {
  CheckSuite(QuickSuite());
  CheckSuite(FullSuite());
}

TEST_CASE("the quick suite measures every operation that has a kernel") {
  std::set<Operation> operations;
  for (const BenchmarkCase& x : QuickSuite()) {
    operations.insert(x.operation);
  }
  for (const Operation operation : kOperations) {
    const bool has_none =
        operation == Operation::kAllReduce || operation == Operation::kDecoderLayer;
    CHECK(operations.count(operation) == (has_none ? 0 : 1));
  }
}

TEST_CASE("the paper's batch is halved until its cache fits") {
  constexpr double kWhole = 4096.0 * 16384 * 512;  // 34 GB
  const std::vector<PaperPair> whole = PaperSuite(kWhole);
  REQUIRE(whole.size() == 8);
  CHECK(whole[0].scale == 1);
  CHECK(whole[0].dense.shape.batch == 4096);
  CHECK(whole[0].dense.shape.query_heads == 2);
  CHECK(whole[7].models == "Qwen3-32B");
  CHECK(whole[7].sparse.shape.context == 32768);
  CHECK(whole[7].sparse.shape.query_heads == 8);
  CHECK(whole[7].sparse.shape.top_blocks == 64);
  const std::vector<PaperPair> scaled = PaperSuite(kWhole / 8 - 1);
  CHECK(scaled[0].scale == 16);
  CHECK(scaled[0].dense.shape.batch == 256);
  CHECK(PaperSuite(0)[0].dense.shape.batch == 1);
}

TEST_CASE("the paper's layers are an eighth of every Qwen3 model's, but for the hidden size") {
  constexpr double kWhole = 4096.0 * 16384 * 512;
  const std::vector<PaperPair> pairs = PaperLayers(kWhole / 2);
  REQUIRE(pairs.size() == 12);
  for (size_t i = 0; i < pairs.size(); ++i) {
    const PaperPair& pair = pairs[i];
    INFO(pair.models);
    CHECK(pair.models == pairs[i % 6].models);
    CHECK(pair.context == (i < 6 ? 16384 : 32768));
    CHECK(pair.scale == 2);
    const OperationShape& shape = pair.dense.shape;
    const Model model = LoadModel(std::string(pair.models));
    REQUIRE(model.layers.size() == 1);
    const LayerGroup& layer = model.layers.front();
    CHECK(shape == OperationShape{.batch = pair.batch / 2,
                                  .hidden = model.hidden_size,
                                  .inner = layer.intermediate_size / 8,
                                  .query_heads = layer.query_heads / 8,
                                  .kv_heads = layer.kv_heads / 8,
                                  .head_dim = layer.head_dim,
                                  .context = pair.context});
    OperationShape sparse = shape;
    sparse.block_tokens = 16;
    sparse.top_blocks = 64;
    CHECK(pair.sparse.shape == sparse);
    for (const BenchmarkCase* x : {&pair.dense, &pair.sparse}) {
      CHECK(x->operation == Operation::kDecoderLayer);
      CHECK(x->dtype == Dtype::kFp16);
    }
  }
  CHECK(pairs[0].models == "Qwen3-0.6B");
  CHECK(pairs[5].models == "Qwen3-32B");
}

TEST_CASE("ceilings are the best cold rates") {
  const auto read = [](int64_t bytes, double seconds, std::optional<bool> cold) {
    return Measurement{.operation = Operation::kReadBandwidth,
                       .shape = {.bytes = bytes},
                       .seconds = seconds,
                       .samples = bytes,
                       .is_cold = cold};
  };
  Benchmark benchmark = {.measurements = {read(10, 1, false), read(8, 4, true), read(6, 2, {})}};
  CHECK(BandwidthCeiling(benchmark, Operation::kReadBandwidth)->rate == 3);
  CHECK(BandwidthCeiling(benchmark, Operation::kReadBandwidth)->samples == 6);
  benchmark.measurements.resize(1);
  CHECK(BandwidthCeiling(benchmark, Operation::kReadBandwidth)->rate == 10);
  CHECK_FALSE(BandwidthCeiling(benchmark, Operation::kCopyBandwidth));
  CHECK_FALSE(PeakCeiling(benchmark, Dtype::kFp32));
}

}  // namespace
}  // namespace kinetics
