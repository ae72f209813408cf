#include "kinetics/render/coverage.h"

#include "kinetics/render/csv_writer.h"

namespace kinetics {
namespace {

std::string CoverageCsv(const CoverageReport& report) {
  CsvWriter csv({"group", "law", "quantity", "k", "value", "standard_error", "interval_low",
                 "interval_high"});
  const auto add = [&csv](const std::optional<Estimate>& estimate) {
    if (estimate) {
      csv.Cell(estimate->value).Cell(estimate->standard_error);
    } else {
      csv.Cell("").Cell("");
    }
    if (estimate && estimate->interval) {
      csv.Cell(estimate->interval->low).Cell(estimate->interval->high).EndRow();
    } else {
      csv.Cell("").Cell("").EndRow();
    }
  };
  for (const CoverageFit& fit : report.fits) {
    for (size_t i = 0; i < fit.k.size(); ++i) {
      csv.Cell(fit.group).Cell("").Cell("pass_at_k").Cell(fit.k[i]);
      add(fit.pass_at_k[i]);
    }
    for (const FittedLaw& law : fit.laws) {
      for (const FittedParameter& parameter : law.parameters) {
        csv.Cell(fit.group).Cell(law.name).Cell(parameter.name).Cell("");
        add(parameter.estimate);
      }
      csv.Cell(fit.group).Cell(law.name).Cell(law.objective.name).Cell("");
      const std::optional<double>& objective = law.objective.value;
      add(objective ? std::optional(Estimate{.value = *objective}) : std::nullopt);
    }
  }
  return csv.Text();
}

}  // namespace

std::string RenderCoverage(const CoverageReport& report, Format format, const MadeBy& made_by) {
  switch (format) {
    case Format::kTable:
      return CoverageText(report, made_by);
    case Format::kJson:
      return CoverageJson(report, made_by);
    case Format::kCsv:
      return CoverageCsv(report);
    case Format::kMarkdown:
      return CoverageMarkdown(report);
  }
  return "";
}

}  // namespace kinetics
