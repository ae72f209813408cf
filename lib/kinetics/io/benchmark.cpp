#include "kinetics/io/benchmark.h"

#include <fmt/format.h>

#include <algorithm>

#include "kinetics/core/limits.h"
#include "kinetics/core/text.h"
#include "kinetics/io/json.h"

namespace kinetics {
namespace {

constexpr std::string_view kSpread[] = {"p10", "p90"};
constexpr std::string_view kParts[] = {"score_seconds", "select_seconds", "attend_seconds"};

std::vector<std::string> OperationNames() {
  std::vector<std::string> names;
  names.reserve(kOperations.size());
  for (const Operation operation : kOperations) {
    names.emplace_back(Name(operation));
  }
  return names;
}

Operation ReadOperation(const JsonValue& value) {
  const auto operation = FindOperation(value.String());
  if (!operation) {
    value.Fail("an operation, one of " + JoinAlternatives(OperationNames()));
  }
  return *operation;
}

Dtype ReadDtype(const JsonValue& value) {
  const auto dtype = FindDtype(value.String());
  if (!dtype) {
    value.Fail("a number format, one of bf16, fp16, fp8, int8, fp4 or fp32");
  }
  return *dtype;
}

/// Refuses keys that the operation does not have.
void CheckKeys(const JsonValue& value, Operation operation) {
  std::vector<std::string> known = {"op", "seconds", "p10", "p90", "samples", "cold", "converged"};
  for (const ShapeField& field : ShapeFields(operation)) {
    known.emplace_back(field.key);
  }
  if (!DtypeKey(operation).empty()) {
    known.emplace_back(DtypeKey(operation));
  }
  if (operation == Operation::kBlockTopkAttention) {
    known.insert(known.end(), std::begin(kParts), std::end(kParts));
  }
  for (const std::string& key : value.Keys()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      value.Fail(fmt::format("a measurement of {} without the key \"{}\"{}", Name(operation),
                             Excerpt(key), DidYouMean(key, known)));
    }
  }
}

std::optional<double> ReadSeconds(const JsonValue& value, std::string_view key) {
  return value.Has(key) ? std::optional(value[key].Positive("seconds")) : std::nullopt;
}

OperationShape ReadShape(const JsonValue& value, Operation operation) {
  OperationShape shape;
  for (const ShapeField& field : ShapeFields(operation)) {
    if (value.Has(field.key) || !field.optional) {
      shape.*field.member = value[field.key].Integer(field.what, 1, kMostExactInteger);
    }
  }
  if (shape.kv_heads > 0 && shape.query_heads % shape.kv_heads != 0) {
    value["query_heads"].Fail(fmt::format("a multiple of {} KV heads", shape.kv_heads));
  }
  if (operation == Operation::kAllReduce && shape.ranks < 2) {
    value["ranks"].Fail("at least 2 ranks");
  }
  if (operation == Operation::kDecoderLayer &&
      value.Has("block_tokens") != value.Has("top_blocks")) {
    value.Fail("both of block_tokens and top_blocks, or neither");
  }
  return shape;
}

Measurement ReadMeasurement(const JsonValue& value) {
  Measurement row;
  row.operation = ReadOperation(value["op"]);
  CheckKeys(value, row.operation);
  row.shape = ReadShape(value, row.operation);
  if (const std::string_view key = DtypeKey(row.operation); !key.empty()) {
    row.dtype = ReadDtype(value[key]);
  }
  row.seconds = value["seconds"].Positive("seconds");
  row.p10 = ReadSeconds(value, kSpread[0]);
  row.p90 = ReadSeconds(value, kSpread[1]);
  if (value.Has("samples")) {
    row.samples = value["samples"].Integer("samples", 1, kMostExactInteger);
  }
  if (value.Has("cold")) {
    row.is_cold = value["cold"].Bool();
  }
  if (value.Has("converged")) {
    row.has_converged = value["converged"].Bool();
  }
  row.score_seconds = ReadSeconds(value, kParts[0]);
  row.select_seconds = ReadSeconds(value, kParts[1]);
  row.attend_seconds = ReadSeconds(value, kParts[2]);
  return row;
}

}  // namespace

Benchmark ReadBenchmark(std::string text, const std::string& source) {
  const JsonDocument document(std::move(text), source);
  const JsonValue& root = document.Root();
  if (!root.Has("schema") || root["schema"].String() != "kinetics.benchmark/1") {
    root.Fail("a benchmark of schema kinetics.benchmark/1");
  }
  root.ExpectKeys({"schema", "made_by", "device", "software", "source", "measurements"});
  Benchmark benchmark;
  benchmark.device = root["device"].Name("the maker's name of the device");
  benchmark.software = root.Has("software") ? root["software"].Name("what was measured") : "";
  if (root.Has("source")) {
    const JsonValue from = root["source"];  // free-form
    benchmark.source = from.IsString() ? from.String() : from.Dump();
  }
  const JsonValue rows = root["measurements"];
  const size_t size = rows.Size();
  benchmark.measurements.reserve(size);
  for (size_t i = 0; i < size; ++i) {
    benchmark.measurements.push_back(ReadMeasurement(rows[i]));
  }
  if (size == 0) {
    rows.Fail("at least one measurement");
  }
  return benchmark;
}

}  // namespace kinetics
