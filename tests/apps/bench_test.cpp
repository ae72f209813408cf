// `kinetics bench` from outside.
#include <nlohmann/json.hpp>

#include "kinetics/io/benchmark.h"
#include "kinetics/io/file.h"
#include "tests/apps/toy_records.h"

namespace kinetics {
namespace {

using test::CheckRefused;
using test::ParseReport;
using test::RunProgram;

/// One operation with little memory and time.
std::vector<std::string> Tiny(std::vector<std::string> more) {
  std::vector<std::string> arguments = {"bench", "--hot", "--seconds", "0.01", "--threads", "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST_CASE("one operation is measured, and its file read back", "[program][bench]") {
  const test::TemporaryFolder folder;
  const std::string file = folder.Path("b.json");
  const auto result = RunProgram(
      Tiny({"--op", "decode_attention", "--batch", "2", "--query-heads", "4", "--kv-heads", "2",
            "--head-dim", "64", "--context", "100", "--kv-dtype", "f32", "-o", file}));
  REQUIRE(result.status == 0);
  test::CheckTable(result.out);
  CHECK_THAT(result.out, Catch::Contains("1 thread, pages of 128 tokens"));
  CHECK_THAT(result.out, Catch::Contains("\ndecode_attention fp32, batch 2, heads 4, KV 2, head "
                                         "size 64, context 100\n"));
  CHECK_THAT(result.out, !Catch::Contains("\nread_bandwidth"));
  const Benchmark benchmark = ReadBenchmark(ReadFile(file), file);
  CHECK(benchmark.measurements.size() == 5);
  const Measurement& row = benchmark.measurements.back();
  CHECK(row.operation == Operation::kDecodeAttention);
  CHECK(row.dtype == Dtype::kFp32);
  CHECK(
      row.shape ==
      OperationShape{.batch = 2, .query_heads = 4, .kv_heads = 2, .head_dim = 64, .context = 100});
  CHECK(row.is_cold == false);
}

TEST_CASE("help tells of layers and their sizes", "[program][bench]") {
  const auto help = RunProgram({"bench", "--help"});
  CHECK(help.status == 0);
  CHECK_THAT(help.out, Catch::Contains("--hidden N"));
  CHECK_THAT(help.out, Catch::Contains("of --op: elements inside the MLP [12288]"));
  CHECK_THAT(help.out, Catch::Contains("on a GPU whole layers"));
}

TEST_CASE("every operation has defaults, and reports in every format", "[program][bench][long]") {
  for (const char* op : {"select", "gemv", "triad_bandwidth", "sliding_attention"}) {
    const auto json =
        ParseReport(RunProgram(Tiny({"--op", op, "--format", "json"})).out, "kinetics.benchmark/1");
    CHECK(json["measurements"].back()["op"] == op);
    CHECK(json["measurements"].back()["seconds"] > 0);
  }
  const auto csv =
      RunProgram(Tiny({"--op", "peak_flops", "--flops", "1000000", "--format", "csv"}));
  CHECK_THAT(csv.out, Catch::Contains("\npeak_flops,fp32,"));
  const auto markdown = RunProgram(Tiny({"--op", "copy_bandwidth", "--format", "markdown"}));
  CHECK_THAT(markdown.out, Catch::Contains("| median | p10 p90 | GB/s | % read |"));
}

TEST_CASE("the instruction set that is forced is named", "[program][bench][long]") {
  const auto result = RunProgram(Tiny({"--op", "select"}), {"KINETICS_ISA=portable"});
  CHECK_THAT(result.out, Catch::Contains(": portable (KINETICS_ISA), 1 thread"));
  CheckRefused(RunProgram(Tiny({"--op", "select"}), {"KINETICS_ISA=mmx"}), 1,
               "KINETICS_ISA=mmx: expected portable, avx2 or avx512");
}

TEST_CASE("without a GPU or kernels for it the reason is said, or the CPU measured",
          "[program][bench]") {
  const auto refused = RunProgram({"bench", "--backend", "cuda", "--op", "select", "--rows", "1"},
                                  {"CUDA_VISIBLE_DEVICES="});
  CHECK(refused.status == 1);
  CHECK(refused.out.empty());
  CHECK_THAT(refused.err, Catch::StartsWith("kinetics: error: --backend cuda: "));
  CHECK(std::count(refused.err.begin(), refused.err.end(), '\n') == 1);
  const auto measured = RunProgram(
      {"bench", "--backend", "auto", "--hot", "--op", "select", "--rows", "1", "--seconds", "0.01"},
      {"CUDA_VISIBLE_DEVICES="});
  CHECK(measured.status == 0);
  CHECK_THAT(measured.out, Catch::Contains("1 thread") || Catch::Contains(" threads"));
}

TEST_CASE("what cannot be measured ends with its status and one clear line", "[program][bench]") {
  struct Refusal {
    std::vector<std::string> arguments;
    int status;
    std::string message;
  };
  for (const Refusal& refusal : std::vector<Refusal>{
           {{"--op", "decode_atention"},
            2,
            "--op: expected decode_attention, prefill_attention, block_topk_attention, "
            "topk_attention, sliding_attention, select, gemm, gemv, decoder_layer, "
            "read_bandwidth, copy_bandwidth, triad_bandwidth or peak_flops, found "
            "'decode_atention'; did you mean decode_attention?"},
           {{"--suite", "quik"},
            2,
            "--suite: expected quick, full or paper, found 'quik'; did you mean quick?"},
           {{"--backend", "rocm"}, 2, "--backend: expected auto, cpu or cuda, found 'rocm'"},
           {{"--op", "gemm", "--context", "5"}, 2, "--op gemm has no --context"},
           {{"--op", "gemm", "--kv-dtype", "f16"}, 2, "--op gemm has no --kv-dtype"},
           {{"--op", "gemm", "--m", "0"},
            2,
            "--m: expected a whole number from 1 to 1000000000, found '0'"},
           {{"--op", "gemm", "--dtype", "fp8"},
            2,
            "--dtype: expected fp32, fp16 or bf16, found 'fp8'"},
           {{"--op", "gemm", "--suite", "full"}, 2, "--op and --suite exclude each other"},
           {{"--batch", "2"}, 2, "sizes and formats are of one operation: expected --op"},
           {{"--seconds", "0"}, 2, "--seconds: expected seconds above 0, at most 86400, found '0'"},
           {{"--op", "decode_attention", "--query-heads", "3", "--kv-heads", "2"},
            2,
            "decode_attention fp16, batch 1, query_heads 3, kv_heads 2, head_dim 128, context "
            "8192: query heads must be a multiple of KV heads"},
           {{"--backend", "cpu", "--op", "decoder_layer", "--batch", "2"},
            2,
            "decoder_layer fp16, batch 2, hidden 4096, inner 12288, query_heads 32, kv_heads 8, "
            "head_dim 128, context 8192: there is no CPU kernel of it"},
           {{"--backend", "cpu", "--op", "decoder_layer", "--hidden", "1024", "--inner", "384",
             "--query-heads", "2", "--kv-heads", "1", "--top-blocks", "8"},
            2,
            "decoder_layer fp16, batch 1, hidden 1024, inner 384, query_heads 2, kv_heads 1, "
            "head_dim 128, context 8192, block_tokens 16, top_blocks 8: there is no CPU kernel of "
            "it"},
           {{"--op", "gemm", "--hidden", "8"}, 2, "--op gemm has no --hidden"},
           {{"--op", "select", "-o", "/nowhere/b.json"},
            1,
            "/nowhere/b.json: cannot be written: No such file or directory"},
       }) {
    std::vector<std::string> arguments = {"bench"};
    arguments.insert(arguments.end(), refusal.arguments.begin(), refusal.arguments.end());
    CheckRefused(RunProgram(arguments), refusal.status, refusal.message);
  }
  const auto large = RunProgram({"bench", "--op", "gemv", "--n", "1000000000", "--k", "1000000"});
  CHECK(large.status == 1);
  CHECK_THAT(large.err, Catch::Contains("one working set is 1.86e+06 GiB, of which at most"));
}

}  // namespace
}  // namespace kinetics
