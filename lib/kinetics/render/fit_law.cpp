#include "kinetics/render/fit_law.h"

#include <fmt/format.h>

#include "kinetics/render/csv_writer.h"
#include "kinetics/render/fit_law_json.h"
#include "kinetics/render/table.h"

namespace kinetics {
namespace {

std::string HumanAttention(const std::optional<Attention>& attention) {
  return attention ? FormatSpec(*attention) : "";
}

std::string HumanRun(const std::string& model, const std::optional<std::string>& variant,
                     const std::optional<Attention>& attention) {
  std::string text = model;
  if (variant) {
    text += " (" + *variant + ")";
  }
  return attention ? text + " " + FormatSpec(*attention) : text;
}

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

std::string Head(const LawReport& report) {
  const Law& law = report.law;
  std::string text =
      Line(fmt::format("{}: the law of {}, {} of them different models, on {}, {} trials",
                       law.data.task, Counted(law.data.runs.size(), "run"), law.data.levels.size(),
                       Counted(law.data.questions.size(), "question"), Grouped(CountTrials(law))));
  text += Line(
      "one likelihood: counts beta-binomial, log lengths normal and censored at the limit; weak "
      "normal priors");
  text += Line(fmt::format("damped Newton, {} iterations, {}; objective {}", law.summary.iterations,
                           law.summary.converged ? "converged" : "NOT converged",
                           Shortest(law.summary.objective)));
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

Table ValidationTable(const LawValidation& validation) {
  Table table = {.columns = {{"run", false}}, .rows = {}};
  const auto shown = [](int64_t samples) { return samples == 1 || samples == 8; };
  std::vector<int64_t> samples;
  for (const auto& [k, errors] : validation.accuracy) {
    if (shown(k)) {
      samples.push_back(k);
      table.columns.push_back({fmt::format("@{}", k), true});
      table.columns.push_back({"law", true});
      table.columns.push_back({"90 % interval", false});
    }
  }
  table.columns.push_back({"tokens", true});
  table.columns.push_back({"law", true});
  for (const LawValidationRow& row : validation.rows) {
    std::vector<std::string> cells = {HumanRun(row.model, row.variant, row.attention)};
    for (const int64_t k : samples) {
      std::vector<std::string> of_k(3);
      for (const LawAccuracyComparison& comparison : row.accuracies) {
        if (comparison.samples == k) {
          const LawComparison& accuracy = comparison.accuracy;
          of_k = {Percent(accuracy.observed), Percent(accuracy.predicted),
                  fmt::format("{:.0f} to {:.0f}", 100 * accuracy.interval.low,
                              100 * accuracy.interval.high)};
        }
      }
      cells.insert(cells.end(), of_k.begin(), of_k.end());
    }
    cells.push_back(row.length ? fmt::format("{:.0f}", row.length->observed) : "");
    cells.push_back(row.length ? fmt::format("{:.0f}", row.length->predicted) : "");
    table.rows.push_back(std::move(cells));
  }
  return table;
}

Table ErrorTable(const LawValidation& validation) {
  Table table = {.columns = {{"of", false},
                             {"rows", true},
                             {"mean |error|", true},
                             {"bias", true},
                             {"in 90 % interval", true},
                             {"sampling floor", true}},
                 .rows = {}};
  const auto add = [&table](const std::string& what, const LawErrors& errors,
                            const std::string& unit, bool has_floor) {
    table.rows.push_back({what, std::to_string(errors.rows),
                          fmt::format("{:.2f} {}", 100 * errors.mean_absolute, unit),
                          fmt::format("{:+.2f} {}", 100 * errors.bias, unit),
                          fmt::format("{:.0f} %", 100 * errors.coverage),
                          has_floor ? fmt::format("{:.2f} {}", 100 * errors.floor, unit) : ""});
  };
  for (const auto& [samples, errors] : validation.accuracy) {
    add("accuracy, " + Counted(static_cast<size_t>(samples), "sample"), errors, "pt", true);
  }
  if (validation.length) {
    add("mean length", *validation.length, "%", false);
  }
  if (validation.seconds) {
    add("mean cost", *validation.seconds, "%", false);
  }
  return table;
}

std::string ValidationTitle(const LawReport& report) {
  return report.fold ? fmt::format("Cross-validation, each {} predicted from all others",
                                   Name(*report.fold))
                     : fmt::format("Validation on {}", *report.validated);
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
    table.rows.push_back({HumanRun(run.model, run.variant, run.attention),
                          std::to_string(row.generation_tokens), Percent(row.observed.lower),
                          Percent(row.observed.upper), Percent(row.predicted)});
  }
  return table;
}

std::string LawText(const LawReport& report) {
  std::string text = Head(report) + "\n";
  text += report.bootstrap > 0
              ? Line(fmt::format("Shared parameters; s.e. and percentile intervals from {} "
                                 "resamples of the questions, seed {}",
                                 report.bootstrap, report.seed))
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
    text += "\n" + Line(ValidationTitle(report));
    if (report.fold != LawFold::kQuestion) {
      text += TableText(ValidationTable(*report.validation), {"90 % interval"}) + "\n";
    }
    text += TableText(ErrorTable(*report.validation));
    text += Line(
        "  sampling floor: the mean |error| of a law that knew every chance; bias: law less "
        "recorded" +
        (report.hardware ? "; cost: one sample on " + *report.hardware : std::string()));
  }
  for (const std::string& warning : report.law.warnings) {
    text += "\n" + Line("Warning: " + warning);
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

std::string ValidationCsv(const LawValidation& validation) {
  CsvWriter csv({"model", "variant", "attention", "held_out", "quantity", "samples", "observed",
                 "predicted", "low", "high"});
  for (const LawValidationRow& row : validation.rows) {
    const auto write = [&](std::string_view quantity, int64_t samples,
                           const LawComparison& comparison) {
      csv.Cell(row.model).Cell(row.variant).Cell(HumanAttention(row.attention));
      csv.Cell(row.held_out).Cell(quantity).Cell(samples).Cell(comparison.observed);
      csv.Cell(comparison.predicted).Cell(comparison.interval.low);
      csv.Cell(comparison.interval.high).EndRow();
    };
    for (const LawAccuracyComparison& comparison : row.accuracies) {
      write("accuracy", comparison.samples, comparison.accuracy);
    }
    if (row.length) {
      write("mean_tokens", 1, *row.length);
    }
    if (row.seconds) {
      write("seconds", 1, *row.seconds);
    }
  }
  return csv.Text();
}

}  // namespace

std::string RenderLawReport(const LawReport& report, Format format, const MadeBy& made_by) {
  switch (format) {
    case Format::kJson:
      return LawReportJson(report, made_by);
    case Format::kCsv:
      return report.validation ? ValidationCsv(*report.validation) : ParametersCsv(report);
    case Format::kMarkdown:
      return report.validation ? TableMarkdown(ErrorTable(*report.validation))
                               : TableMarkdown(ParameterTable(report));
    default:
      return LawText(report);
  }
}

}  // namespace kinetics
