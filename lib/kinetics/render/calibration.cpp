#include "kinetics/render/calibration.h"

#include <fmt/format.h>

#include "kinetics/render/calibration_json.h"
#include "kinetics/render/csv_writer.h"
#include "kinetics/render/table.h"

namespace kinetics {
namespace {

std::string_view DtypeText(const std::optional<Dtype>& dtype) { return dtype ? Name(*dtype) : ""; }

std::string PercentCell(const std::optional<PredictionError>& error,
                        double PredictionError::*part) {
  return error ? TwoDecimals(100 * ((*error).*part)) : "-";
}

Table ErrorsTable(const CalibrationReport& report) {
  Table table = {.columns = {{"operation", false},
                             {"dtype", false},
                             {"head", true},
                             {"rows", true},
                             {"outside", true},
                             {"error %", true},
                             {"median", true},
                             {"bias", true},
                             {"data sheet", true}},
                 .rows = {}};
  for (const OperationErrors& row : report.errors) {
    table.rows.push_back({std::string(Name(row.operation)), std::string(DtypeText(row.dtype)),
                          row.head_dim ? std::to_string(*row.head_dim) : "",
                          std::to_string(row.test), std::to_string(row.extrapolated),
                          PercentCell(row.error, &PredictionError::mean_absolute),
                          PercentCell(row.error, &PredictionError::median_absolute),
                          PercentCell(row.error, &PredictionError::bias),
                          PercentCell(row.datasheet, &PredictionError::mean_absolute)});
  }
  return table;
}

std::string ConstantsText(const Calibration& calibration) {
  std::string text;
  for (const CalibratedOperation& operation : calibration.operations) {
    text += fmt::format("\n  {}", Name(operation.operation));
    text += operation.dtype ? fmt::format(" {}", Name(*operation.dtype)) : "";
    text += operation.head_dim ? fmt::format(", head size {}\n", *operation.head_dim) : "\n";
    for (const CalibratedConstant& constant : operation.constants) {
      const std::string error =
          constant.standard_error ? fmt::format(" +- {:.2g}", *constant.standard_error) : "";
      text += constant.value > 0
                  ? fmt::format("    {:<38}{:>12.4g}{}\n", constant.name, constant.value, error)
                  : fmt::format("    {:<38}{:>12}\n", constant.name, "-");
    }
  }
  return text;
}

std::string CalibrationText(const CalibrationReport& report) {
  std::string text =
      Wrap(fmt::format("{}, measured on {}: {}", report.hardware, report.device, report.how),
           kTableWidth, 2) +
      "\n\n" + TableText(ErrorsTable(report), {"outside", "median"});
  text +=
      "\n  Mean and median absolute error and bias (mean error) of predicted seconds,\n"
      "  in per cent of the measured ones; data sheet: the error of its roofline.\n";
  int64_t outside = 0;
  for (const OperationErrors& row : report.errors) {
    outside += row.extrapolated;
  }
  if (outside > 0) {
    text += fmt::format("  Extrapolated: {} lie outside the shapes that were fitted.\n",
                        Counted(static_cast<size_t>(outside), "row"));
  }
  if (report.calibration) {
    text += ConstantsText(*report.calibration);
  }
  return text;
}

using ErrorPart = double PredictionError::*;

std::optional<double> Part(const std::optional<PredictionError>& error, ErrorPart part) {
  return error ? std::optional((*error).*part) : std::nullopt;
}

std::string CalibrationCsv(const CalibrationReport& report) {
  CsvWriter csv({"op", "dtype", "head_dim", "n_train", "n_test", "n_extrapolated", "mape_test",
                 "median_ape_test", "bias_test", "datasheet_mape_test"});
  for (const OperationErrors& row : report.errors) {
    csv.Cell(Name(row.operation)).Cell(DtypeText(row.dtype));
    csv.Cell(row.head_dim).Cell(row.train).Cell(row.test).Cell(row.extrapolated);
    csv.Cell(Part(row.error, &PredictionError::mean_absolute));
    csv.Cell(Part(row.error, &PredictionError::median_absolute));
    csv.Cell(Part(row.error, &PredictionError::bias));
    csv.Cell(Part(row.datasheet, &PredictionError::mean_absolute));
    csv.EndRow();
  }
  return csv.Text();
}

void WriteCalibratedOperation(JsonWriter& json, const OperationErrors& row,
                              const Calibration* calibration) {
  json.BeginObject();
  json.Key("op").Value(Name(row.operation));
  json.Key("dtype");
  row.dtype ? json.Value(Name(*row.dtype)) : json.Null();
  json.Key("head_dim").Value(row.head_dim);
  json.Key("n_train").Value(row.train);
  json.Key("n_test").Value(row.test);
  json.Key("n_extrapolated").Value(row.extrapolated);
  json.Key("mape_test").Value(Part(row.error, &PredictionError::mean_absolute));
  json.Key("median_ape_test").Value(Part(row.error, &PredictionError::median_absolute));
  json.Key("bias_test").Value(Part(row.error, &PredictionError::bias));
  json.Key("datasheet_mape_test").Value(Part(row.datasheet, &PredictionError::mean_absolute));
  json.Key("parameters");
  const CalibratedOperation* fitted = nullptr;
  for (size_t i = 0; calibration != nullptr && i < calibration->operations.size(); ++i) {
    const CalibratedOperation& operation = calibration->operations[i];
    if (operation.operation == row.operation && operation.dtype == row.dtype &&
        operation.head_dim == row.head_dim) {
      fitted = &operation;
    }
  }
  fitted != nullptr ? WriteConstants(json, fitted->constants) : json.Null();
  json.EndObject();
}

}  // namespace

std::string RenderCalibration(const CalibrationReport& report, Format format,
                              const MadeBy& made_by) {
  switch (format) {
    case Format::kTable:
      return CalibrationText(report);
    case Format::kMarkdown:
      return TableMarkdown(ErrorsTable(report));
    case Format::kCsv:
      return CalibrationCsv(report);
    case Format::kJson:
      break;
  }
  JsonWriter json("kinetics.calibration/1", made_by);
  json.Key("hardware").Value(report.hardware);
  json.Key("device").Value(report.device);
  json.Key("operations").BeginList();
  for (const OperationErrors& row : report.errors) {
    WriteCalibratedOperation(json, row, report.calibration ? &*report.calibration : nullptr);
  }
  json.EndList();
  return json.Finish();
}

}  // namespace kinetics
