#include "kinetics/render/calibration_json.h"

namespace kinetics {
namespace {

void WriteOperation(JsonWriter& json, const CalibratedOperation& operation) {
  json.BeginObject();
  json.Key("op").Value(Name(operation.operation));
  json.Key("dtype");
  operation.dtype ? json.Value(Name(*operation.dtype)) : json.Null();
  json.Key("head_dim").Value(operation.head_dim);
  json.Key("rows").Value(operation.rows);
  json.Key("error").BeginObject();
  json.Key("mean_absolute").Value(operation.error.mean_absolute);
  json.Key("median_absolute").Value(operation.error.median_absolute);
  json.Key("bias").Value(operation.error.bias);
  json.EndObject();
  json.Key("constants");
  WriteConstants(json, operation.constants);
  json.Key("ranges").BeginObject();
  for (const CalibratedRange& range : operation.ranges) {
    json.Key(range.key).BeginList();
    json.Value(range.low);
    json.Value(range.high);
    json.EndList();
  }
  json.EndObject();
  json.EndObject();
}

}  // namespace

void WriteConstants(JsonWriter& json, const std::vector<CalibratedConstant>& constants) {
  json.BeginObject();
  for (const CalibratedConstant& constant : constants) {
    json.Key(constant.name).BeginObject();
    json.Key("value").Value(constant.value);
    json.Key("standard_error").Value(constant.standard_error);
    json.EndObject();
  }
  json.EndObject();
}

void WriteCalibration(JsonWriter& json, const Calibration& calibration) {
  json.Key("calibration").BeginObject();
  json.Key("device").Value(calibration.device);
  json.Key("software").Value(calibration.software);
  json.Key("source").Value(calibration.source);
  json.Key("operations").BeginList();
  for (const CalibratedOperation& operation : calibration.operations) {
    WriteOperation(json, operation);
  }
  json.EndList();
  json.EndObject();
}

}  // namespace kinetics
