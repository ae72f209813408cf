#include "kinetics/render/benchmark.h"
#include "kinetics/render/json_writer.h"

namespace kinetics {
namespace {

template <typename T>
void WriteKnown(JsonWriter& json, std::string_view key, const std::optional<T>& value) {
  if (value) {
    json.Key(key).Value(*value);
  }
}

void WriteMeasurement(JsonWriter& json, const Measurement& row) {
  json.BeginObject();
  json.Key("op").Value(Name(row.operation));
  for (const ShapeField& field : ShapeFields(row.operation)) {
    const int64_t size = row.shape.*field.member;
    if (size > 0 || !field.optional) {
      json.Key(field.key).Value(size);
    }
  }
  if (row.dtype) {
    json.Key(DtypeKey(row.operation)).Value(Name(*row.dtype));
  }
  json.Key("seconds").Value(row.seconds);
  WriteKnown(json, "p10", row.p10);
  WriteKnown(json, "p90", row.p90);
  WriteKnown(json, "samples", row.samples);
  WriteKnown(json, "cold", row.is_cold);
  WriteKnown(json, "converged", row.has_converged);
  WriteKnown(json, "score_seconds", row.score_seconds);
  WriteKnown(json, "select_seconds", row.select_seconds);
  WriteKnown(json, "attend_seconds", row.attend_seconds);
  json.EndObject();
}

}  // namespace

std::string RenderBenchmarkFile(const Benchmark& benchmark, const MadeBy& made_by) {
  JsonWriter json("kinetics.benchmark/1", made_by);
  json.Key("device").Value(benchmark.device);
  if (!benchmark.software.empty()) {
    json.Key("software").Value(benchmark.software);
  }
  json.Key("source").Value(benchmark.source);
  json.Key("measurements").BeginList();
  for (const Measurement& row : benchmark.measurements) {
    WriteMeasurement(json, row);
  }
  json.EndList();
  return json.Finish();
}

}  // namespace kinetics
