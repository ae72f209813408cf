#include "kinetics/render/benchmark.h"

#include "kinetics/io/benchmark.h"
#include "tests/test.h"

namespace kinetics {
namespace {

BenchmarkReport Report() {
  BenchmarkReport report;
  report.benchmark = {.device = "toy", .software = "none", .source = "made up"};
  report.conditions = {"toy: portable, 1 thread"};
  report.benchmark.measurements = {
      {.operation = Operation::kReadBandwidth,
       .shape = {.bytes = 1'000'000},
       .seconds = 1e-4,
       .p10 = 9e-5,
       .p90 = 1.5e-4,
       .samples = 20,
       .is_cold = true,
       .has_converged = true},
      {.operation = Operation::kPeakFlops,
       .dtype = Dtype::kFp32,
       .shape = {.flops = 1'000'000},
       .seconds = 1e-5},
      {.operation = Operation::kBlockTopkAttention,
       .dtype = Dtype::kFp16,
       .shape = {.batch = 1,
                 .query_heads = 4,
                 .kv_heads = 1,
                 .head_dim = 128,
                 .context = 4096,
                 .block_tokens = 16,
                 .top_blocks = 64},
       .seconds = 2e-4,
       .p10 = 1.9e-4,
       .p90 = 2.1e-4,
       .samples = 10,
       .score_seconds = 1e-4,
       .select_seconds = 2e-5,
       .attend_seconds = 8e-5,
       .is_cold = true,
       .has_converged = false},
      {.operation = Operation::kDecodeAttention,
       .dtype = Dtype::kFp16,
       .shape = {.batch = 1, .query_heads = 4, .kv_heads = 1, .head_dim = 128, .context = 4096},
       .seconds = 5e-4,
       .is_cold = false},
      {.operation = Operation::kGemv,
       .dtype = Dtype::kFp16,
       .shape = {.n = 100, .k = 50},
       .seconds = 1e-5},
      {.operation = Operation::kGemv,
       .dtype = Dtype::kFp16,
       .shape = {.n = 200, .k = 50},
       .seconds = 2e-5}};
  report.work = {{1e6, 0, "all of them read"}, {0, 1e6, ""},
                 {6e5, 1e6, "some"},           {2e6, 4e6, "all"},
                 {1e4, 1e4, "weights"},        {2e4, 2e4, "weights"}};
  report.gains = {{.models = "M",
                   .scale = 4,
                   .dense = 3,
                   .sparse = 2,
                   .gain = 2.5,
                   .gain_p10 = 2.4,
                   .gain_p90 = 2.6}};
  return report;
}

TEST_CASE("a benchmark is a table with a section an operation", "[bench]") {
  const std::string text = RenderBenchmark(Report(), Format::kTable, {});
  CHECK(text == R"(toy: portable, 1 thread
best rates here: read 10.0 GB/s, multiply-add 100 GFLOP/s

read_bandwidth, bytes 1000000
  median  p10 p90  GB/s  % read
  100 us  -10 +50  10.0   100.0
  bytes: all of them read

peak_flops fp32, FLOP 1.00 M
   median  p10 p90  GFLOP/s  % peak
  10.0 us        -    100.0   100.0

block_topk_attention fp16, batch 1, heads 4, KV 1, head size 128, context 4096,
  block 16, top 64
  median  p10 p90  GB/s  % read  score  select  attend
  200 us    -5 +5   3.0    30.0     50      10      40  ~
  bytes: some

decode_attention fp16, batch 1, heads 4, KV 1, head size 128, context 4096
  median  p10 p90  GB/s  % read
  500 us        -   4.0    40.0  hot
  bytes: all

gemv fp16, k 50
    n   median  p10 p90  GB/s  % read  GFLOP/s  % peak
  100  10.0 us        -   1.0    10.0      1.0     1.0
  200  20.0 us        -   1.0    10.0      1.0     1.0
  bytes: weights

block top-k against dense attention, in turns (Kinetics, Figure 10)
  batch  scaled  context  group  gain  p10 p90  bound  % of it  dense  sparse
      1     1/4     4096      4  2.50    -4 +4   3.33     75.0   40.0    30.0
  Group: 4 of M.
  Gain: dense time over sparse. Bound: dense bytes over sparse ones, scoring
  included: what traffic allows. Dense, sparse: per cent of the best read rate.
  Scaled: the share of the figure's batch that was measured.

  Medians; p10 and p90 in per cent from them; % read: of the best read rate.
  ~: not converged, the samples still scattered when time was up.
  hot: may have found its operands in a cache.
)");
}

/// Pairs of layers of the paper, sparse ones first, as long as they may be on a GPU.
BenchmarkReport LayerReport() {
  BenchmarkReport report;
  report.benchmark = {.device = "toy", .software = "none", .source = "made up"};
  report.benchmark.measurements = {
      {.operation = Operation::kReadBandwidth, .shape = {.bytes = 4'000'000'000}, .seconds = 1e-3}};
  report.work = {{4e9, 0, "all of them read"}};
  report.first_shown = 1;
  for (const int64_t top : {64, 0}) {
    for (const auto& [hidden, inner] : {std::pair{1024, 384}, {5120, 3200}}) {
      report.benchmark.measurements.push_back({.operation = Operation::kDecoderLayer,
                                               .dtype = Dtype::kFp16,
                                               .shape = {.batch = 4096,
                                                         .hidden = hidden,
                                                         .inner = inner,
                                                         .query_heads = inner == 384 ? 2 : 8,
                                                         .kv_heads = 1,
                                                         .head_dim = 128,
                                                         .context = 16384,
                                                         .block_tokens = top / 4,
                                                         .top_blocks = top},
                                               .seconds = top > 0 ? 1e-3 : 12.51e-3,
                                               .p10 = top > 0 ? 0.9e-3 : 12e-3,
                                               .p90 = top > 0 ? 1.1e-3 : 13e-3,
                                               .is_cold = false,
                                               .has_converged = false});
      report.work.push_back({top > 0 ? 3.2e9 : 40e9, 1e9, "weights and all"});
    }
  }
  report.gains = {{.models = "Qwen3-0.6B",
                   .scale = 1,
                   .dense = 3,
                   .sparse = 1,
                   .gain = 12.51,
                   .gain_p10 = 11,
                   .gain_p90 = 14},
                  {.models = "Qwen3-32B",
                   .scale = 16,
                   .dense = 4,
                   .sparse = 2,
                   .gain = 10,
                   .gain_p10 = 9,
                   .gain_p90 = 11}};
  return report;
}

TEST_CASE("layers are told apart by model, and their gains from those of attention", "[bench]") {
  const std::string text = RenderBenchmark(LayerReport(), Format::kTable, {});
  CHECK(text == R"(best rates here: read 4.00 TB/s

decoder_layer fp16, batch 4096, KV 1, head size 128, context 16384
  hidden  inner  heads  block  top   median  p10 p90    GB/s  % read
    1024    384      2     16   64  1.00 ms  -10 +10  3200.0    80.0  hot ~
    5120   3200      8     16   64  1.00 ms  -10 +10  3200.0    80.0  hot ~
    1024    384      2      -    -  12.5 ms    -4 +4  3197.4    79.9  hot ~
    5120   3200      8      -    -  12.5 ms    -4 +4  3197.4    79.9  hot ~
  bytes: weights and all

decoder layers, block top-k against dense attention, in turns
  batch  scaled  context  Qwen3   gain  p10 p90  bound  % of it  dense  sparse
   4096            16384   0.6B  12.51  -12 +12  12.50    100.1   79.9    80.0
   4096    1/16    16384    32B  10.00  -10 +10  12.50     80.0   79.9    80.0
  One layer as tensor parallelism over 8 devices leaves it, without the
  all-reduces. Products take time that no choice of blocks saves, and that the
  bound does not know.
  Gain: dense time over sparse. Bound: dense bytes over sparse ones, scoring
  included: what traffic allows. Dense, sparse: per cent of the best read rate.
  Scaled: the share of the figure's batch that was measured.

  Medians; p10 and p90 in per cent from them; % read: of the best read rate.
  ~: not converged, the samples still scattered when time was up.
  hot: may have found its operands in a cache.
)");
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    CHECK(end - begin <= 80);
    begin = end + 1;
  }
}

TEST_CASE("what only sets the best rates is not shown", "[bench]") {
  BenchmarkReport report = Report();
  report.first_shown = 2;
  const std::string text = RenderBenchmark(report, Format::kTable, {});
  CHECK_THAT(text, Catch::Contains("best rates here: read 10.0 GB/s"));
  CHECK_THAT(text, !Catch::Contains("read_bandwidth"));
}

TEST_CASE("a benchmark is Markdown and CSV", "[bench]") {
  const std::string markdown = RenderBenchmark(Report(), Format::kMarkdown, {});
  CHECK_THAT(markdown,
             Catch::Contains("gemv fp16, k 50\n\n| n | median | p10 p90 | GB/s | % read |"));
  CHECK_THAT(markdown, Catch::Contains("| 1 | 1/4 | 4096 | 4 | 2.50 |"));
  const std::string csv = RenderBenchmark(Report(), Format::kCsv, {});
  CHECK_THAT(csv, Catch::StartsWith("op,dtype,batch,query_heads,kv_heads,head_dim,context,"));
  CHECK_THAT(csv, Catch::Contains("\nread_bandwidth,,"));
  CHECK_THAT(csv, Catch::Contains("1e-04,9e-05,0.00015,20,1,1,,,,1e+06,0,1\n"));
}

TEST_CASE("a benchmark file is read back as it was", "[bench]") {
  const Benchmark written = Report().benchmark;
  const Benchmark read = ReadBenchmark(RenderBenchmark(Report(), Format::kJson, {}), "b");
  CHECK(read.device == written.device);
  CHECK(read.software == written.software);
  CHECK(read.source == written.source);
  REQUIRE(read.measurements.size() == written.measurements.size());
  for (size_t i = 0; i < read.measurements.size(); ++i) {
    const Measurement& a = read.measurements[i];
    const Measurement& b = written.measurements[i];
    CHECK(a.operation == b.operation);
    CHECK(a.dtype == b.dtype);
    CHECK(a.shape == b.shape);
    CHECK(a.seconds == b.seconds);
    CHECK(a.p10 == b.p10);
    CHECK(a.p90 == b.p90);
    CHECK(a.samples == b.samples);
    CHECK(a.is_cold == b.is_cold);
    CHECK(a.has_converged == b.has_converged);
    CHECK(a.score_seconds == b.score_seconds);
    CHECK(a.select_seconds == b.select_seconds);
    CHECK(a.attend_seconds == b.attend_seconds);
  }
}

}  // namespace
}  // namespace kinetics
