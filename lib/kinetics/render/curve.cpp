#include "kinetics/render/curve.h"

#include <fmt/format.h>

#include "kinetics/render/csv_writer.h"

namespace kinetics {
namespace {

std::string Digits(double x) { return fmt::format("{:.6g}", x); }

/// Standard error and interval; dashes where there are none.
void AddEstimate(const Estimate& estimate, std::vector<std::string>& row) {
  row.push_back(Digits(estimate.value));
  row.push_back(estimate.standard_error ? fmt::format("{:.4g}", *estimate.standard_error) : "-");
  row.push_back(estimate.interval ? fmt::format("{:.5g}", estimate.interval->low) : "-");
  row.push_back(estimate.interval ? fmt::format("{:.5g}", estimate.interval->high) : "-");
}

std::vector<Table::Column> EstimateColumns() {
  return {{"value", true}, {"std. error", true}, {"2.5 %", true}, {"97.5 %", true}};
}

std::string CurveFitCsv(const CurveFit& fit) {
  CsvWriter csv({"kind", "name", "value", "standard_error", "low", "high"});
  const auto line = [&csv](const char* kind, std::string_view name, const Estimate& estimate) {
    csv.Cell(kind).Cell(name).Cell(estimate.value).Cell(estimate.standard_error);
    std::optional<double> low;
    std::optional<double> high;
    if (estimate.interval) {
      low = estimate.interval->low;
      high = estimate.interval->high;
    }
    csv.Cell(low).Cell(high).EndRow();
  };
  for (const CurveParameter& parameter : fit.parameters) {
    line("parameter", parameter.name, parameter.estimate);
  }
  for (const CurvePrediction& prediction : fit.predictions) {
    line("prediction", InputsText(prediction.x), prediction.y);
  }
  return csv.Text();
}

}  // namespace

std::string LossText(const CurveLoss& loss) {
  return loss.huber ? "huber:" + Shortest(*loss.huber) : "squared";
}

std::string InputsText(const Eigen::VectorXd& x) {
  std::string text = Shortest(x[0]);
  for (Eigen::Index i = 1; i < x.size(); ++i) {
    text += ":" + Shortest(x[i]);
  }
  return text;
}

Table CurveParametersTable(const CurveFit& fit) {
  Table table = {.columns = EstimateColumns(), .rows = {}};
  table.columns.insert(table.columns.begin(), {"parameter", false});
  table.columns.push_back({"", false});
  for (const CurveParameter& parameter : fit.parameters) {
    table.rows.push_back({std::string(parameter.name)});
    AddEstimate(parameter.estimate, table.rows.back());
    table.rows.back().push_back(parameter.at_bound ? "at its bound" : "");
  }
  return table;
}

Table CurvePredictionsTable(const CurveFit& fit) {
  Table table = {.columns = EstimateColumns(), .rows = {}};
  table.columns.insert(table.columns.begin(), {"prediction at", false});
  table.columns.push_back({"", false});
  for (const CurvePrediction& prediction : fit.predictions) {
    table.rows.push_back({InputsText(prediction.x)});
    AddEstimate(prediction.y, table.rows.back());
    table.rows.back().push_back(prediction.is_extrapolated ? "extrapolated" : "");
  }
  return table;
}

std::string RenderCurveFit(const CurveFit& fit, const CurveSource& source, Format format,
                           const MadeBy& made_by) {
  switch (format) {
    case Format::kTable:
      return CurveFitText(fit, source, made_by);
    case Format::kJson:
      return CurveFitJson(fit, source, made_by);
    case Format::kCsv:
      return CurveFitCsv(fit);
    case Format::kMarkdown:
      return TableMarkdown(CurveParametersTable(fit)) +
             (fit.predictions.empty() ? "" : "\n" + TableMarkdown(CurvePredictionsTable(fit)));
  }
  return "";
}

}  // namespace kinetics
