#include "kinetics/render/law_validation.h"

#include <fmt/format.h>

#include <cmath>

#include "kinetics/render/csv_writer.h"

namespace kinetics {
namespace {

const char* const kInterval = "90 %";
const char* const kLengths = "tokens (law)";

/// Whole tokens; of absurd numbers three digits.
std::string TokensText(double tokens) {
  constexpr double kReadable = 1e7;
  return tokens < kReadable ? fmt::format("{:.0f}", tokens) : fmt::format("{:.2e}", tokens);
}

/// A share in per cent, likewise.
std::string ErrorText(double share) {
  constexpr double kReadable = 1e4;
  return share < kReadable ? fmt::format("{:.2f}", 100 * share)
                           : fmt::format("{:.2e}", 100 * share);
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
      table.columns.push_back({kInterval, true});
    }
  }
  table.columns.push_back({kLengths, true});
  for (const LawValidationRow& row : validation.rows) {
    std::vector<std::string> cells = {RunText(row.model, row.variant, row.attention)};
    for (const int64_t k : samples) {
      std::vector<std::string> of_k(3);
      for (const LawAccuracyComparison& comparison : row.accuracies) {
        if (comparison.samples == k) {
          const LawComparison& accuracy = comparison.accuracy;
          of_k = {Percent(accuracy.observed), Percent(accuracy.predicted),
                  fmt::format("{:.0f}-{:.0f}", 100 * accuracy.interval.low,
                              100 * accuracy.interval.high)};
        }
      }
      cells.insert(cells.end(), of_k.begin(), of_k.end());
    }
    cells.push_back(row.length ? fmt::format("{} ({})", TokensText(row.length->observed),
                                             TokensText(row.length->predicted))
                               : "");
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::string ValidationTitle(const LawReport& report) {
  if (!report.fold) {
    return fmt::format("Validation on {}, in %", *report.validated);
  }
  const std::string what = *report.fold == LawFold::kQuestion ? "tenth of the questions"
                           : *report.fold == LawFold::kBudget ? "KV budget"
                                                              : std::string(Name(*report.fold));
  return fmt::format("Cross-validation, each {} predicted from all others, in %", what);
}

}  // namespace

std::string RunText(const std::string& model, const std::optional<std::string>& variant,
                    const std::optional<Attention>& attention) {
  std::string text = model;
  if (variant) {
    text += " (" + *variant + ")";
  }
  return attention ? text + " " + FormatSpec(*attention) : text;
}

Table ValidationErrors(const LawValidation& validation) {
  Table table = {.columns = {{"of", false},
                             {"rows", true},
                             {"mean |error|", true},
                             {"bias", true},
                             {"in 90 %", true},
                             {"sampling floor", true}},
                 .rows = {}};
  const auto add = [&table](const std::string& what, const LawErrors& errors,
                            const std::string& unit, bool has_floor) {
    table.rows.push_back(
        {what, std::to_string(errors.rows), ErrorText(errors.mean_absolute) + " " + unit,
         (errors.bias < 0 ? "-" : "+") + ErrorText(std::abs(errors.bias)) + " " + unit,
         fmt::format("{:.0f} %", 100 * errors.coverage),
         has_floor ? ErrorText(errors.floor) + " " + unit : ""});
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

std::string ValidationText(const LawReport& report) {
  std::string text = Wrap(ValidationTitle(report), kTableWidth, 2) + "\n";
  if (report.fold != LawFold::kQuestion) {
    text += TableText(ValidationTable(*report.validation), {kInterval, kInterval, kLengths}) + "\n";
  }
  text += TableText(ValidationErrors(*report.validation));
  return text +
         Wrap(
             "  sampling floor: the mean |error| of a law that knew every chance; bias: law less "
             "recorded" +
                 (report.hardware ? "; cost: one sample on " + *report.hardware : std::string()),
             kTableWidth, 2) +
         "\n";
}

std::string ValidationCsv(const LawValidation& validation) {
  CsvWriter csv({"model", "variant", "attention", "held_out", "quantity", "samples", "observed",
                 "predicted", "low", "high"});
  for (const LawValidationRow& row : validation.rows) {
    const auto write = [&](std::string_view quantity, int64_t samples,
                           const LawComparison& comparison) {
      csv.Cell(row.model).Cell(row.variant).Cell(row.attention ? FormatSpec(*row.attention) : "");
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

}  // namespace kinetics
