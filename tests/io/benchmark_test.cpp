#include "kinetics/io/benchmark.h"

#include <fmt/format.h>

#include "tests/test.h"

namespace kinetics {
namespace {

std::string File(const std::string& rows) {
  return "{\"schema\": \"kinetics.benchmark/1\", \"device\": \"toy\", \"source\": \"made up\",\n"
         "\"measurements\": [\n" +
         rows + "]}";
}

constexpr const char* kDecode =
    R"({"op":"decode_attention","batch":8,"query_heads":32,"kv_heads":8,"head_dim":128,)"
    R"("context":8192,"kv_dtype":"bf16","seconds":8.3e-05})";

Measurement Only(const std::string& row) { return ReadBenchmark(File(row), "b").measurements[0]; }

std::string Refusal(const std::string& row) {
  return test::ErrorOf([&] { ReadBenchmark(File(row), "b"); });
}

TEST_CASE("a measurement is read with its shape, format and time", "[benchmark]") {
  const Measurement row = Only(kDecode);
  CHECK(row.operation == Operation::kDecodeAttention);
  CHECK(row.dtype == Dtype::kBf16);
  CHECK(row.shape ==
        OperationShape{
            .batch = 8, .query_heads = 32, .kv_heads = 8, .head_dim = 128, .context = 8192});
  CHECK(row.seconds == 8.3e-5);
  CHECK_FALSE(row.p10);
}

TEST_CASE("every operation is read, with its spread and its parts", "[benchmark]") {
  CHECK(Only(R"({"op":"gemm","m":64,"n":4096,"k":512,"dtype":"fp8","seconds":1e-5})").shape ==
        OperationShape{.m = 64, .n = 4096, .k = 512});
  CHECK(Only(R"({"op":"gemv","n":4096,"k":512,"dtype":"bf16","seconds":1e-5})").shape.k == 512);
  CHECK(Only(R"({"op":"all_reduce","ranks":8,"bytes":1024,"seconds":1e-5})").shape.ranks == 8);
  const Measurement read =
      Only(R"({"op":"read_bandwidth","bytes":1e9,"seconds":1,"p10":0.9,"p90":1.2,"samples":30})");
  CHECK(read.p10 == 0.9);
  CHECK(read.p90 == 1.2);
  CHECK(read.samples == 30);
  CHECK(Only(R"({"op":"peak_flops","flops":1e12,"dtype":"fp16","seconds":1})").shape.flops ==
        1'000'000'000'000);
  const Measurement sparse =
      Only(R"({"op":"block_topk_attention","batch":1,"query_heads":8,"kv_heads":2,"head_dim":64,)"
           R"("context":4096,"block_tokens":16,"top_blocks":64,"kv_dtype":"bf16","seconds":4e-5,)"
           R"("score_seconds":1e-5,"select_seconds":1e-5,"attend_seconds":2e-5})");
  CHECK(sparse.shape.top_blocks == 64);
  CHECK(sparse.attend_seconds == 2e-5);
}

TEST_CASE("a layer has the sizes of chosen blocks, or none", "[benchmark]") {
  const std::string layer =
      R"({"op":"decoder_layer","batch":4096,"hidden":1024,"inner":384,"query_heads":2,"kv_heads":1,)"
      R"("head_dim":128,"context":16384,"kv_dtype":"fp16","seconds":8e-3)";
  OperationShape shape = {.batch = 4096,
                          .hidden = 1024,
                          .inner = 384,
                          .query_heads = 2,
                          .kv_heads = 1,
                          .head_dim = 128,
                          .context = 16384};
  CHECK(Only(layer + "}").shape == shape);
  CHECK(Only(layer + "}").dtype == Dtype::kFp16);
  shape.block_tokens = 16;
  shape.top_blocks = 64;
  CHECK(Only(layer + R"(,"block_tokens":16,"top_blocks":64})").shape == shape);
  CHECK(Refusal(layer + R"(,"top_blocks":64})") ==
        "b:3: /measurements/0: expected both of block_tokens and top_blocks, or neither, found an "
        "object");
}

TEST_CASE("what is no measurement is refused at its place", "[benchmark]") {
  CHECK(Refusal(R"({"op":"softmax","seconds":1})") ==
        "b:3: /measurements/0/op: expected an operation, one of decode_attention, "
        "prefill_attention, block_topk_attention, topk_attention, sliding_attention, select, gemm, "
        "gemv, decoder_layer, all_reduce, read_bandwidth, copy_bandwidth, triad_bandwidth or "
        "peak_flops, found "
        "\"softmax\"");
  CHECK(Refusal(R"({"op":"read_bandwidth","bytes":10,"seconds":0})") ==
        "b:3: /measurements/0/seconds: expected seconds above 0, found 0");
  CHECK(Refusal(R"({"op":"read_bandwidth","bytes":10,"seconds":-1})") ==
        "b:3: /measurements/0/seconds: expected seconds above 0, found -1");
  CHECK(Refusal(R"({"op":"read_bandwidth","bytes":0,"seconds":1})") ==
        "b:3: /measurements/0/bytes: expected a whole number of bytes, at least 1, found 0");
  CHECK(Refusal(R"({"op":"read_bandwidth","seconds":1})") ==
        "b:3: /measurements/0: expected the key \"bytes\", which is missing");
  CHECK(Refusal(R"({"op":"read_bandwidth","bytes":10,"context":5,"seconds":1})") ==
        "b:3: /measurements/0: expected a measurement of read_bandwidth without the key "
        "\"context\", found an object");
  CHECK(Refusal(R"({"op":"gemm","m":1,"n":1,"k":1,"dtype":"fp7","seconds":1})") ==
        "b:3: /measurements/0/dtype: expected a number format, one of bf16, fp16, fp8, int8, "
        "fp4 or fp32, found \"fp7\"");
  CHECK(Refusal("") == "b:2: /measurements: expected at least one measurement, found a list");
}

TEST_CASE("the measured kernels of four devices are read", "[benchmark]") {
  for (const char* device : {"h100_sxm", "h200_sxm", "b200_sxm", "l40s"}) {
    const std::string path = fmt::format("kernels/{}.benchmark.json", device);
    if (const auto text = test::ReferenceFile(path)) {
      CHECK(ReadBenchmark(*text, path).measurements.size() == 14'069);
    }
  }
}

}  // namespace
}  // namespace kinetics
