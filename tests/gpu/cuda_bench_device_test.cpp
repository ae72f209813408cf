// Measuring on a device, each operation once and briefly.
#include <memory>

#include "kernels/bench/cuda_bench.h"
#include "kernels/cuda/device/linear.h"
#include "tests/gpu/device_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::BenchCase;
using kernels::BenchOp;
using kernels::BenchRow;
using kernels::DataType;

/// A clock that moves on at every look: sampling ends whatever the machine does.
kernels::BenchOptions BriefOptions() {
  auto time = std::make_shared<double>(0);
  return {
      .cache_bytes = 1 << 20,
      .memory_bytes = 64 << 20,
      .sampling = {.least_seconds = 1, .least_samples = 3, .now = [time] { return *time += 0.3; }}};
}

BenchRow CheckCudaCase(const BenchCase& x) {
  const std::unique_ptr<kernels::Bench> bench = kernels::MakeCudaBench(BriefOptions());
  INFO("operation " << static_cast<int>(x.op) << ", f16 " << (x.type == DataType::kF16));
  bench->Expect(x);
  const BenchRow row = bench->Run({&x, 1}).at(0);
  CHECK(row.error <= test::DecodeTolerance(x.type));
  CHECK(row.seconds.median > 0);
  CHECK(row.seconds.p10 > 0);
  CHECK(row.seconds.samples >= 3);
  CHECK(row.work.bytes + row.work.flops > 0);
  CHECK(row.parts.has_value() == (x.op == BenchOp::kBlockTopk || x.op == BenchOp::kTokenTopk));
  return row;
}

TEST_CASE("decode attention is checked and measured on a device, its memory cold") {
  for (const DataType type : {DataType::kF16, DataType::kBf16}) {
    for (const BenchOp op :
         {BenchOp::kDecode, BenchOp::kBlockTopk, BenchOp::kTokenTopk, BenchOp::kSliding}) {
      for (const int64_t page_tokens : {16, 128}) {
        const BenchRow row = CheckCudaCase({.op = op,
                                            .type = type,
                                            .io_type = type,
                                            .batch = 2,
                                            .query_heads = 8,
                                            .kv_heads = 2,
                                            .context = 500,
                                            .page_tokens = page_tokens,
                                            .top = 5,
                                            .window = 137});
        CHECK(row.is_cold);
      }
    }
  }
}

TEST_CASE("memory traffic is checked and measured on a device, its memory cold") {
  for (const BenchOp op : {BenchOp::kRead, BenchOp::kCopy, BenchOp::kTriad}) {
    CHECK(CheckCudaCase({.op = op, .type = DataType::kF32, .bytes = 1 << 20}).is_cold);
  }
}

TEST_CASE("selection is checked and measured on a device") {
  CheckCudaCase({.op = BenchOp::kSelect, .top = 7, .rows = 50, .blocks = 1000});
}

TEST_CASE("single-precision arithmetic is measured on a device") {
  CheckCudaCase({.op = BenchOp::kFlops, .type = DataType::kF32, .flops = 1'000'000'000});
}

TEST_CASE("arithmetic of the tensor cores is measured on a device") {
  for (const DataType type : {DataType::kF16, DataType::kBf16}) {
    CheckCudaCase({.op = BenchOp::kFlops, .type = type, .flops = 1'000'000'000});
  }
}

/// Whether cuBLASLt is here; says so where it is not.
bool HasCublasLt() {
  try {
    const kernels::CublasLt library;
    return true;
  } catch (const kernels::CudaError& e) {
    WARN("skipped: " << e.what());
    return false;
  }
}

TEST_CASE("linear layers are checked and measured on a device") {
  if (!HasCublasLt()) {
    return;
  }
  for (const int64_t m : {1, 16}) {
    CheckCudaCase({.op = BenchOp::kLinear,
                   .type = DataType::kBf16,
                   .io_type = DataType::kBf16,
                   .m = m,
                   .n = 256,
                   .k = 512});
  }
}

/// A layer of a shape of its own in every size; `top` of 0: dense.
BenchCase SmallLayer(DataType type, int64_t top) {
  return {.op = BenchOp::kDecoderLayer,
          .type = type,
          .io_type = type,
          .batch = 3,
          .hidden = 256,
          .inner = 384,
          .query_heads = 8,
          .kv_heads = 2,
          .context = 500,
          .top = top};
}

TEST_CASE("decoder layers are checked and measured on a device, their memory cold") {
  if (!HasCublasLt()) {
    return;
  }
  for (const DataType type : {DataType::kF16, DataType::kBf16}) {
    for (const int64_t top : {0, 5}) {
      for (const int64_t page_tokens : {16, 128}) {
        BenchCase x = SmallLayer(type, top);
        x.page_tokens = page_tokens;
        CHECK(CheckCudaCase(x).is_cold);
      }
      BenchCase x = SmallLayer(type, top);
      x.batch = 1;
      x.query_heads = 5;
      x.kv_heads = 1;
      x.context = 1;
      CheckCudaCase(x);
    }
  }
}

TEST_CASE("a dense layer and a sparse one take turns on a device, and leave its numbers") {
  if (!HasCublasLt()) {
    return;
  }
  const std::unique_ptr<kernels::Bench> bench = kernels::MakeCudaBench(BriefOptions());
  const std::vector<BenchCase> layers = {SmallLayer(DataType::kF16, 5),
                                         SmallLayer(DataType::kF16, 0)};
  const std::vector<BenchRow> rows = bench->Run(layers);
  CHECK(rows.at(1).ratio.median > 0);
  const BenchCase decode = {.type = DataType::kBf16, .query_heads = 4, .context = 640};
  CHECK(bench->Run({&decode, 1}).at(0).error <= test::DecodeTolerance(decode.type));
}

TEST_CASE("cases that take turns on a device are compared with the first") {
  const std::vector<BenchCase> cases = {{.query_heads = 4, .context = 64},
                                        {.batch = 64, .query_heads = 4, .context = 640}};
  const std::vector<BenchRow> rows = kernels::MakeCudaBench(BriefOptions())->Run(cases);
  CHECK(rows.at(0).ratio.median == 1);
  CHECK(rows.at(1).ratio.median > 0);
}

TEST_CASE("what a device has no kernel or no memory for is not measured") {
  const std::unique_ptr<kernels::Bench> bench = kernels::MakeCudaBench(BriefOptions());
  const auto refuse = [&](const BenchCase& x) {
    CHECK_THROWS_AS(bench->Expect(x), std::invalid_argument);
  };
  refuse({.type = DataType::kF32, .context = 64});
  refuse({.head_dim = 256, .context = 64});
  refuse({.query_heads = 17, .context = 64});
  refuse({.op = BenchOp::kPrefill, .context = 64});
  refuse({.op = BenchOp::kSelect, .rows = 1, .blocks = 8193});
  const auto refuse_layer = [&](auto change) {
    BenchCase x = SmallLayer(DataType::kF16, 5);
    change(x);
    refuse(x);
  };
  refuse_layer([](BenchCase& x) { x.type = DataType::kF32; });
  refuse_layer([](BenchCase& x) { x.head_dim = 64; });
  refuse_layer([](BenchCase& x) { x.hidden = 260; });
  refuse_layer([](BenchCase& x) { x.inner = 4; });
  refuse_layer([](BenchCase& x) { x.query_heads = 34; });
  refuse_layer([](BenchCase& x) { x.block_tokens = 8; });
  CHECK_THROWS_AS(bench->Expect({.batch = 1000, .context = 100'000}), std::runtime_error);
}

}  // namespace
}  // namespace kinetics
