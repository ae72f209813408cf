#include <cmath>

#include "kernels/bench/check.h"
#include "kernels/bench/cpu_bench.h"
#include "kernels/bench/machine.h"
#include "kernels/bench/workload.h"
#include "tests/kernels/cache.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::BenchCase;
using kernels::BenchOp;
using kernels::BenchRow;
using kernels::CpuBench;
using kernels::Isa;

/// A clock that moves on at every look: sampling ends whatever the machine does.
kernels::BenchOptions Options() {
  auto time = std::make_shared<double>(0);
  return {
      .cache_bytes = 1 << 20,
      .memory_bytes = 64 << 20,
      .sampling = {.least_seconds = 1, .least_samples = 3, .now = [time] { return *time += 0.3; }}};
}

std::vector<BenchCase> TinyCases() {
  const BenchCase attention = {.batch = 2, .query_heads = 4, .kv_heads = 2, .context = 100};
  std::vector<BenchCase> cases;
  for (const BenchOp op : {BenchOp::kDecode, BenchOp::kPrefill, BenchOp::kBlockTopk,
                           BenchOp::kTokenTopk, BenchOp::kSliding}) {
    cases.push_back(attention);
    cases.back().op = op;
    cases.back().top = 5;
    cases.back().window = 37;
  }
  cases.push_back({.op = BenchOp::kSelect, .top = 7, .rows = 5, .blocks = 100});
  cases.push_back({.op = BenchOp::kLinear, .m = 3, .n = 70, .k = 33});
  cases.push_back({.op = BenchOp::kRead, .bytes = 5000});
  cases.push_back({.op = BenchOp::kCopy, .bytes = 5000});
  cases.push_back({.op = BenchOp::kTriad, .bytes = 5000});
  cases.push_back({.op = BenchOp::kFlops, .type = kernels::DataType::kF32, .flops = 10'000});
  return cases;
}

TEST_CASE("every operation is checked and measured, by every instruction set", "[bench]") {
  for (const Isa isa : test::SupportedIsas()) {
    for (const int threads : {1, 2}) {
      CpuBench bench(isa, threads, Options());
      for (const BenchCase& x : TinyCases()) {
        INFO(static_cast<int>(x.op));
        const BenchRow row = bench.Run({&x, 1}).at(0);
        CHECK(row.error <= 1e-5);
        CHECK(row.seconds.median > 0);
        CHECK(row.seconds.samples >= 3);
        const bool has_set = x.op != BenchOp::kSelect && x.op != BenchOp::kFlops;
        CHECK(row.is_cold == has_set);
        CHECK(row.parts.has_value() ==
              (x.op == BenchOp::kBlockTopk || x.op == BenchOp::kTokenTopk));
        CHECK(row.work.bytes + row.work.flops > 0);
      }
    }
  }
}

TEST_CASE("every format and head size is measured", "[bench]") {
  CpuBench bench(kernels::ChosenIsa(), 1, Options());
  using kernels::DataType;
  for (const DataType type : {DataType::kF32, DataType::kF16, DataType::kBf16}) {
    for (const int64_t head_dim : {64, 128, 256}) {
      const BenchCase x = {.type = type, .query_heads = 5, .head_dim = head_dim, .context = 65};
      CHECK(bench.Run({&x, 1}).at(0).error <= 1e-5);
    }
  }
}

TEST_CASE("sets that may stay in a cache are hot, and so are those that memory cannot hold") {
  const BenchCase x = {.context = 64};
  kernels::BenchOptions options = Options();
  options.cold = false;
  CHECK_FALSE(CpuBench(Isa::kPortable, 1, options).Run({&x, 1}).at(0).is_cold);
  options = Options();
  options.memory_bytes = 1 << 20;
  CHECK_FALSE(CpuBench(Isa::kPortable, 1, options).Run({&x, 1}).at(0).is_cold);
}

TEST_CASE("cases that take turns are compared with the first") {
  const std::vector<BenchCase> cases = {{.context = 64}, {.batch = 16, .context = 64}};
  CpuBench bench(kernels::ChosenIsa(), 1, Options());
  const std::vector<BenchRow> rows = bench.Run(cases);
  CHECK(rows.at(0).ratio.median == 1);
  CHECK(rows.at(1).ratio.median > 0);
  CHECK(rows.at(1).ratio.samples == rows.at(0).ratio.samples);
}

TEST_CASE("an output that differs from the reference is not timed") {
  kernels::BenchOptions options = Options();
  options.most_error = 0;
  CpuBench bench(Isa::kPortable, 1, options);
  const BenchCase x = {.context = 200};
  CHECK_THROWS_AS(bench.Run({&x, 1}), kernels::WrongResult);
}

TEST_CASE("a further look adds samples") {
  CpuBench bench(Isa::kPortable, 1, Options());
  const BenchCase x = {.op = BenchOp::kBlockTopk, .context = 200};
  kernels::BenchSamples samples;
  const int64_t first = bench.Run({&x, 1}, samples).at(0).seconds.samples;
  CHECK(bench.Run({&x, 1}, samples).at(0).seconds.samples > first);
}

TEST_CASE("what there is no kernel or no memory for is refused") {
  CpuBench bench(Isa::kPortable, 1, Options());
  const auto error = [&](const BenchCase& x) {
    try {
      bench.Expect(x);
    } catch (const std::exception& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(error({.context = 64}).empty());
  CHECK(error({.head_dim = 80, .context = 64}) ==
        "there are kernels for head sizes 64, 128 and 256");
  CHECK(error({.query_heads = 17, .context = 64}) ==
        "there are kernels for up to 16 query heads a KV head");
  CHECK(error({.op = BenchOp::kBlockTopk, .context = 64, .block_tokens = 24}) ==
        "blocks must divide a page or be whole pages");
  CHECK(error({.op = BenchOp::kFlops, .flops = 10}) ==
        "the arithmetic is in single precision: expected fp32");
  CHECK(error({.op = BenchOp::kDecoderLayer, .hidden = 256, .inner = 256, .context = 64}) ==
        "there is no CPU kernel of it");
  CHECK(error({.context = 1'000'000}) ==
        "one working set is 0.477 GiB, of which at most 0.0625 GiB can be had");
  CHECK(error({.op = BenchOp::kLinear, .m = 1'000'000'000, .n = 1, .k = 1'000'000}) != "");
}

TEST_CASE("a read counts keys and values once, whatever the group") {
  BenchCase x = {.batch = 2, .query_heads = 8, .kv_heads = 2, .context = 100};
  // K and V of 2 x 2 heads x 100 tokens x 128 halves, queries and outputs, 6.25 pages each.
  CHECK(WorkOf(x).bytes == 2 * 2 * 100 * 128 * 2 * 2 + 2 * 2 * 8 * 128 * 4 + 2 * 6.25 * 4);
  CHECK(WorkOf(x).flops == 4 * 2 * 8 * 100 * 128);
  x.op = BenchOp::kBlockTopk;
  x.top = 2;
  // 7 pooled keys and 32 tokens.
  CHECK(WorkOf(x).bytes == 2 * 2 * 128 * 2 * (7 + 2 * 32) + 2 * 2 * 8 * 128 * 4 + 2 * 2 * 4);
  x = {.op = BenchOp::kLinear, .m = 2, .n = 10, .k = 20};
  CHECK(WorkOf(x).bytes == 10 * 20 * 2 + 2 * 30 * 4);
  CHECK(WorkOf(x).flops == 2 * 2 * 10 * 20);
}

TEST_CASE("a layer counts its weights once, its cache as attention reads it, and what it appends") {
  using kernels::DataType;
  BenchCase x = {.op = BenchOp::kDecoderLayer,
                 .io_type = DataType::kF16,
                 .batch = 2,
                 .hidden = 16,
                 .inner = 24,
                 .query_heads = 4,
                 .kv_heads = 2,
                 .head_dim = 8,
                 .context = 100,
                 .top = 0};
  // 64 x 16 for queries, keys and values, 16 x 32, 48 x 16 and 16 x 24; norms of 16 and of 8.
  constexpr double kProducts = 1024 + 512 + 768 + 384;
  constexpr double kWeights = 2 * (kProducts + 2 * 16 + 2 * 8);
  // Two requests: inputs and outputs, and keys and values of two heads of 8.
  constexpr double kPassed = 2 * (2 * 16 + 2 * 16) * 2;
  CHECK(WorkOf(x).bytes == kWeights + kPassed + 2 * 2 * 100 * 16 * 2 + 2 * 6.25 * 4);
  CHECK(WorkOf(x).flops == 2 * 2 * kProducts + 4 * 2 * 32 * 100);
  x.top = 2;
  // 7 pooled keys and 32 tokens.
  CHECK(WorkOf(x).bytes == kWeights + kPassed + 2 * 16 * 2 * (7 + 2 * 32) + 2 * 2 * 4);
  CHECK(WorkOf(x).flops == 2 * 2 * kProducts + 4 * 2 * 32 * 32 + 2 * 2 * 16 * 7);
  // A set has whole pages and the pooled keys of all blocks.
  CHECK(kernels::SetBytes(x) == 2 * kProducts + 2 * 2 * 7 * 16 * 2 * 16 + 2 * 2 * 7 * 16);
}

TEST_CASE("a choice is right if it is of the largest, but for rounding") {
  const std::vector<double> scores = {1, 5, 3, 3 - 1e-7, -2};
  using Choice = std::vector<int32_t>;
  CHECK(kernels::AreLargest(scores, Choice{1, 2}, 2));
  CHECK(kernels::AreLargest(scores, Choice{1, 3}, 2));
  CHECK_FALSE(kernels::AreLargest(scores, Choice{0, 1}, 2));
  CHECK_FALSE(kernels::AreLargest(scores, Choice{1}, 2));
  CHECK_FALSE(kernels::AreLargest(scores, Choice{2, 1}, 2));
  CHECK_FALSE(kernels::AreLargest(scores, Choice{1, 7}, 2));
  CHECK(kernels::AreLargest({}, Choice{}, 2));
}

TEST_CASE("an arena is of ordinary numbers in every format") {
  kernels::Team team(2);
  const kernels::Arena arena(1 << 16, team);
  for (size_t i = 0; i < arena.Size() / 2; ++i) {
    const float half = std::abs(LoadElement(arena.Data(), i, kernels::DataType::kF16));
    const float brain = std::abs(LoadElement(arena.Data(), i, kernels::DataType::kBf16));
    REQUIRE((half >= 1 && half < 2));
    REQUIRE((brain >= 1.0F / 128 && brain < 2));
  }
  for (size_t i = 0; i < arena.Size() / 4; ++i) {
    const float single = std::abs(LoadElement(arena.Data(), i, kernels::DataType::kF32));
    REQUIRE((single >= 1.0F / 128 && single < 2));
  }
}

TEST_CASE("sets of pages have none in common, and windows share only what they do not read") {
  kernels::Team team(1);
  const kernels::Arena arena(64 * 100, team);
  // 50 pages of 64 bytes in either half; 3 requests of 10 pages, of which 4 are read.
  const kernels::PagedSets sets(arena, 64, 3, 10, 4);
  REQUIRE(sets.Sets() == 4);
  std::vector<int> uses(50);
  for (int64_t set = 0; set < sets.Sets(); ++set) {
    for (int64_t request = 0; request < 3; ++request) {
      for (int64_t page = 6; page < 10; ++page) {
        ++uses.at(static_cast<size_t>(sets.Table(set)[request * sets.Stride() + page]));
      }
    }
  }
  CHECK(std::count(uses.begin(), uses.end(), 1) == 48);
  CHECK(std::count(uses.begin(), uses.end(), 0) == 2);
}

TEST_CASE("the machine says what it is and how busy") {
  CHECK_FALSE(kernels::CpuName().empty());
  CHECK(kernels::AvailableMemory() > 0);
  const kernels::Disturbance shares =
      kernels::DisturbanceBetween({}, {.all = 10, .idle = 4, .stolen = 1, .own = 3});
  CHECK(shares.stolen == 0.1);
  CHECK(shares.others == Approx(0.2));
  CHECK(kernels::DisturbanceBetween({}, {}).others == 0);
}

}  // namespace
}  // namespace kinetics
