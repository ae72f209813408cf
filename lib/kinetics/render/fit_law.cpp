#include "kinetics/render/fit_law.h"

#include <fmt/format.h>

#include <set>

#include "kinetics/render/csv_writer.h"
#include "kinetics/render/fit_law_json.h"
#include "kinetics/render/law_validation.h"
#include "kinetics/render/table.h"

namespace kinetics {
namespace {

std::string Line(const std::string& text) { return Wrap(text, kTableWidth, 2) + "\n"; }

int64_t CountTrials(const Law& law) {
  int64_t trials = 0;
  for (const std::vector<LawCell>& cells : law.data.cells) {
    for (const LawCell& cell : cells) {
      trials += cell.attempts;
    }
  }
  return trials;
}

size_t CountModels(const Law& law) {
  std::set<std::string> models;
  for (const LawLevel& level : law.data.levels) {
    models.insert(level.model);
  }
  return models.size();
}

std::string LawHead(const LawReport& report) {
  const Law& law = report.law;
  std::string text =
      Line(fmt::format("{}: the law of {} of {} on {}, {} trials", law.data.task,
                       Counted(law.data.runs.size(), "run"), Counted(CountModels(law), "model"),
                       Counted(law.data.questions.size(), "question"), Grouped(CountTrials(law))));
  text += Line(
      "one likelihood: counts beta-binomial, log lengths normal and censored at the limit; weak "
      "normal priors; effects of questions integrated out by Laplace's method");
  text += Line(fmt::format(
      "Newton, then quasi-Newton, {} iterations, {}; objective {:.10g}", law.summary.iterations,
      law.summary.converged ? "converged" : "NOT converged", law.summary.objective));
  if (law.correlation.standard_error) {
    text += Line(fmt::format(
        "wrong trials against right ones of a question and run: correlation of being right with a "
        "short length {:.3f}, s.e. {:.3f}, from {} trials",
        law.correlation.value, *law.correlation.standard_error, Grouped(law.correlation.trials)));
  } else {
    text += Line(fmt::format(
        "assumed: on one question and run wrong trials are as long as right ones (correlation "
        "{:g}); the records do not say which trials are right",
        law.correlation.value));
  }
  return text;
}

Table ParameterTable(const LawReport& report) {
  Table table = {.columns = {{"parameter", false},
                             {"value", true},
                             {"s.e.", true},
                             {"95 % interval", false},
                             {"prior", false}},
                 .rows = {}};
  for (size_t p = 0; p < report.parameters.size(); ++p) {
    const LawPrior& prior = LawPriors()[p];
    const Estimate& estimate = report.parameters[p];
    table.rows.push_back(
        {std::string(prior.name), fmt::format("{:.4g}", estimate.value),
         estimate.standard_error ? fmt::format("{:.2g}", *estimate.standard_error) : "",
         estimate.interval
             ? fmt::format("{:.3g} to {:.3g}", estimate.interval->low, estimate.interval->high)
             : "",
         fmt::format("{:g} +- {:g}", prior.mean, prior.deviation)});
  }
  return table;
}

Table BudgetTable(const LawReport& report) {
  Table table = {.columns = {{"run", false},
                             {"tokens", true},
                             {"right within", true},
                             {"at most", true},
                             {"law", true}},
                 .rows = {}};
  for (const TokenBudgetRow& row : report.token_budgets) {
    const LawRun& run = report.law.data.runs[row.run];
    table.rows.push_back({RunText(run.model, run.variant, run.attention),
                          std::to_string(row.generation_tokens), Percent(row.observed.lower),
                          Percent(row.observed.upper), Percent(row.predicted)});
  }
  return table;
}

std::string LawText(const LawReport& report) {
  std::string text = LawHead(report) + "\n";
  text += report.bootstrap > 0
              ? Line(fmt::format("Shared parameters; s.e. and percentile intervals from {} "
                                 "of the questions, seed {}",
                                 Counted(static_cast<size_t>(report.bootstrap), "resample"),
                                 report.seed))
              : Line("Shared parameters; s.e. and intervals from the posterior (Laplace)");
  text += TableText(ParameterTable(report), {"prior"});
  if (report.not_converged > 0) {
    text += Line(fmt::format("  {} resamples did not converge", report.not_converged));
  }
  if (!report.token_budgets.empty()) {
    text += "\nAccuracy of one sample that is cut at a number of tokens, in %\n";
    text += TableText(BudgetTable(report));
  }
  if (report.validation) {
    text += "\n" + ValidationText(report);
  }
  const std::vector<std::string> warnings = Warnings(report);
  text += warnings.empty() ? "" : "\n";
  for (const std::string& warning : warnings) {
    text += Line("Warning: " + warning);
  }
  return text;
}

std::string ParametersCsv(const LawReport& report) {
  CsvWriter csv(
      {"parameter", "value", "standard_error", "low", "high", "prior_mean", "prior_deviation"});
  for (size_t p = 0; p < report.parameters.size(); ++p) {
    const Estimate& estimate = report.parameters[p];
    const auto interval = estimate.interval;
    csv.Cell(LawPriors()[p].name).Cell(estimate.value).Cell(estimate.standard_error);
    csv.Cell(interval ? std::optional(interval->low) : std::nullopt);
    csv.Cell(interval ? std::optional(interval->high) : std::nullopt);
    csv.Cell(LawPriors()[p].mean).Cell(LawPriors()[p].deviation).EndRow();
  }
  return csv.Text();
}

}  // namespace

std::vector<std::string> Warnings(const LawReport& report) {
  std::vector<std::string> warnings = report.law.warnings;
  warnings.insert(warnings.end(), report.warnings.begin(), report.warnings.end());
  return warnings;
}

std::string RenderLawReport(const LawReport& report, Format format, const MadeBy& made_by) {
  switch (format) {
    case Format::kJson:
      return LawReportJson(report, made_by);
    case Format::kCsv:
      return report.validation ? ValidationCsv(*report.validation) : ParametersCsv(report);
    case Format::kMarkdown:
      return report.validation ? TableMarkdown(ValidationErrors(*report.validation))
                               : TableMarkdown(ParameterTable(report));
    default:
      return LawText(report);
  }
}

}  // namespace kinetics
