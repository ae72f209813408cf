#include "kinetics/io/calibration.h"

#include <fmt/format.h>

#include <algorithm>

#include "kinetics/cost/operation_model.h"

namespace kinetics {
namespace {

constexpr double kLargestConstant = 1e40;

Operation ReadOperationName(const JsonValue& value) {
  const auto operation = FindOperation(value.String());
  if (!operation || !HasModel(*operation)) {
    value.Fail("the name of an operation that there is a model of");
  }
  return *operation;
}

std::optional<Dtype> ReadOperationDtype(const JsonValue& value, Operation operation) {
  const bool has_dtype = !DtypeKey(operation).empty();
  if (value.IsNull() != has_dtype) {
    const auto dtype = has_dtype ? FindDtype(value.String()) : std::nullopt;
    if (has_dtype && !dtype) {
      value.Fail("a number format");
    }
    return dtype;
  }
  value.Fail(has_dtype ? "a number format" : "null");
}

std::vector<CalibratedConstant> ReadConstants(const JsonValue& value, Operation operation,
                                              std::optional<Dtype> dtype) {
  const OperationModel model = ModelOf(operation, dtype, {});

  std::vector<CalibratedConstant> constants;
  for (const ConstantSpec& spec : model.constants) {
    const JsonValue item = value[spec.name];
    item.ExpectKeys({"value", "standard_error"});
    CalibratedConstant constant = {
        .name = std::string(spec.name),
        .value = item["value"].Number("a constant", 0, kLargestConstant)};
    if (constant.value == 0 && !spec.may_vanish) {
      item["value"].Fail("a constant above 0");
    }
    if (const JsonValue error = item["standard_error"]; !error.IsNull()) {
      constant.standard_error = error.Number("a standard error", 0, kLargestConstant);
    }
    constants.push_back(std::move(constant));
  }
  for (const std::string& key : value.Keys()) {
    const bool known = std::any_of(constants.begin(), constants.end(),
                                   [&](const auto& c) { return c.name == key; });
    if (!known) {
      value[key].Fail(fmt::format("a constant of the model of {}", Name(operation)));
    }
  }
  return constants;
}

std::vector<CalibratedRange> ReadRanges(const JsonValue& value, Operation operation) {
  std::vector<CalibratedRange> ranges;
  for (const ShapeField& field : ShapeFields(operation)) {
    const JsonValue range = value[field.key];
    if (range.Size() != 2) {
      range.Fail("the least and the most");
    }
    const int64_t low = range[0].Integer(field.what, 0, kMostExactInteger);
    ranges.push_back({.key = std::string(field.key),
                      .low = low,
                      .high = range[1].Integer(field.what, low, kMostExactInteger)});
  }
  if (value.Keys().size() != ranges.size()) {
    value.Fail(fmt::format("the sizes of {} alone", Name(operation)));
  }
  return ranges;
}

PredictionError ReadError(const JsonValue& value) {
  value.ExpectKeys({"mean_absolute", "median_absolute", "bias"});
  return {.mean_absolute = value["mean_absolute"].Number("an error", 0, kLargestConstant),
          .median_absolute = value["median_absolute"].Number("an error", 0, kLargestConstant),
          .bias = value["bias"].Number("an error", -kLargestConstant, kLargestConstant)};
}

CalibratedOperation ReadCalibratedOperation(const JsonValue& value) {
  value.ExpectKeys({"op", "dtype", "head_dim", "rows", "error", "constants", "ranges"});
  CalibratedOperation operation;
  operation.operation = ReadOperationName(value["op"]);
  operation.dtype = ReadOperationDtype(value["dtype"], operation.operation);
  if (const JsonValue head_dim = value["head_dim"]; !head_dim.IsNull()) {
    operation.head_dim = head_dim.Integer("elements in a head", 1, kMostExactInteger);
  }
  operation.rows = value["rows"].Integer("measurements", 1, kMostExactInteger);
  operation.error = ReadError(value["error"]);
  operation.constants = ReadConstants(value["constants"], operation.operation, operation.dtype);
  operation.ranges = ReadRanges(value["ranges"], operation.operation);
  return operation;
}

}  // namespace

Calibration ReadCalibration(const JsonValue& value) {
  value.ExpectKeys({"device", "software", "source", "operations"});
  Calibration calibration = {.device = value["device"].Name("the measured device's name"),
                             .software = value["software"].String(),
                             .source = value["source"].String()};
  const JsonValue operations = value["operations"];
  const size_t size = operations.Size();
  for (size_t i = 0; i < size; ++i) {
    calibration.operations.push_back(ReadCalibratedOperation(operations[i]));
  }
  return calibration;
}

}  // namespace kinetics
