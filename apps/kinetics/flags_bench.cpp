#include <algorithm>

#include "apps/kinetics/bench_cases.h"
#include "apps/kinetics/flags.h"
#include "apps/kinetics/parsers.h"

namespace kinetics::app {
namespace {

/// "--query-heads" for query_heads.
std::string FlagOf(std::string_view key) {
  std::string flag = "--" + std::string(key);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

/// A flag for every size that an operation has.
void AddSizes(Flags& bench, BenchArgs& args) {
  for (const Operation operation : kOperations) {
    for (const ShapeField& field : ShapeFields(operation)) {
      const std::string key(field.key);
      const bool is_bundled =
          operation != Operation::kAllReduce && field.member != &OperationShape::local_tokens;
      if (!is_bundled || !args.sizes.emplace(key, std::nullopt).second) {
        continue;
      }
      const bool is_work = key == "bytes" || key == "flops";
      bench.Add(
          FlagOf(key), args.sizes[key], is_work ? ParseSize : ParsePositive,
          "of --op: " + std::string(field.what) + " [" + std::to_string(DefaultSize(field)) + "]",
          "N");
    }
  }
}

}  // namespace

void AddBench(Flags& program, BenchArgs& args) {
  Flags bench =
      program.AddCommand("bench", "measure the bundled kernels here -> benchmark JSON",
                         "Examples: kinetics bench -o here.benchmark.json\n"
                         "          kinetics bench --op decode_attention --batch 4 --context 8192");
  bench.AddOutput(args.output, "write the benchmark (JSON) to this file");
  bench.Add("--backend", args.backend, ParseBackend, "auto, cpu or cuda [auto]", "BACKEND");
  bench.Add("--suite", args.suite, ParseSuite,
            "quick (a minute), full, or paper (block top-k against dense attention at the shapes "
            "of the Kinetics throughput figure, on a GPU whole layers, too) [quick]",
            "SUITE");
  bench.Add("--op", args.op, ParseBenchOperation,
            "instead one operation at the sizes below, each of which has a default", "OP");
  AddSizes(bench, args);
  bench.Add("--kv-dtype", args.kv_dtype, ParseKernelDtype,
            "of --op, keys and values, of a layer weights, too: fp32, fp16 or bf16 [fp16]",
            "DTYPE");
  bench.Add("--dtype", args.dtype, ParseKernelDtype, "of --op, weights: fp32, fp16 or bf16 [fp16]",
            "DTYPE");
  bench.Add("--threads", args.threads, ParseThreads, "to run on [every processor]", "N");
  bench.Add("--page-tokens", args.page_tokens, ParsePositive,
            "tokens in a page of the KV cache [128, paper 16]", "N");
  bench.Add("--seconds", args.seconds, ParseSeconds,
            "to sample each measurement at most [quick 0.15, full 1, paper 8, --op 5]", "S");
  bench.AddFlag("--hot", args.hot, "let operands stay in caches");
  bench.Run([&args](const Streams& streams) { return RunBench(args, streams); });
}

}  // namespace kinetics::app
