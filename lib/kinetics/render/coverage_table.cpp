#include "kinetics/render/coverage.h"

#include <fmt/format.h>

#include <algorithm>

#include "kinetics/render/coverage_rows.h"
#include "kinetics/render/table.h"

namespace kinetics {
namespace {

/// What a law is called and states, for readers.
struct LawTitle {
  std::string_view name;
  std::string_view text;
};

constexpr LawTitle kTitles[] = {
    {"log_log",
     "Log-log law: coverage = exp(-exp(log_prefactor) k^-exponent), least squares of log(-log "
     "coverage) on log k"},
    {"exponential_power",
     "Exponential-power law: coverage = exp(a k^b), least squares on coverage"},
    {"beta_binomial",
     "Beta-binomial law: a problem's chance is Beta(alpha, beta), maximum likelihood (NLL: "
     "negative log-likelihood)"},
    {"scaled_beta_binomial",
     "Scaled beta-binomial law: a problem's chance is scale * Beta(alpha, beta), maximum "
     "likelihood with the scale (m + 1) / m * max c/n of m problems; implied_exponent: of the "
     "log-log law through the coverage that it implies"},
};

bool AllEqual(const std::vector<CoverageFit>& fits, const auto& quantity) {
  return std::all_of(fits.begin(), fits.end(), [&](const CoverageFit& fit) {
    return quantity(fit) == quantity(fits.front());
  });
}

/// Takes columns `begin` to `end` out.
void EraseColumns(Table& table, int begin, int end) {
  table.columns.erase(table.columns.begin() + begin, table.columns.begin() + end);
  for (std::vector<std::string>& row : table.rows) {
    row.erase(row.begin() + begin, row.begin() + end);
  }
}

/// Names each quantity once, groups only where there are several, and spreads where there are any.
std::string SparseTableText(Table table, const CoverageReport& report) {
  std::string above;
  for (std::vector<std::string>& row : table.rows) {
    const std::string what = row.front();
    if (what == above) {
      row.front().clear();
    }
    above = what;
  }
  if (report.resamples == 0) {
    EraseColumns(table, 3, 5);
  }
  if (report.fits.size() == 1) {
    EraseColumns(table, 1, 2);
  }
  return TableText(table, {"s.e."});
}

std::string SamplesText(const CoverageFit& fit) {
  const std::string least =
      fit.fewest_samples == fit.most_samples ? "" : Grouped(fit.fewest_samples) + " to ";
  return fmt::format("{}, {}{} samples each", Counted(fit.problems, "problem"), least,
                     Grouped(fit.most_samples));
}

std::string CoverageHead(const CoverageReport& report, const MadeBy& made_by) {
  const CoverageFit& first = report.fits.front();
  const bool alike = AllEqual(report.fits, SamplesText);
  std::string of;
  if (report.fits.size() > 1) {
    of = fmt::format(" of {} groups", report.fits.size());
  } else if (first.group) {
    of = " of " + *first.group;
  }
  std::string head = Wrap(fmt::format("Coverage{}{} ({})", of,
                                      alike ? ": " + SamplesText(first) : "", report.source),
                          kTableWidth, 2) +
                     "\n";
  for (const CoverageFit& fit : report.fits) {
    if (!alike) {
      head += Wrap(fmt::format("  {}: {}", NameOf(fit), SamplesText(fit)), kTableWidth, 4) + "\n";
    }
  }
  return head + (report.resamples == 0
                     ? "No resamples, no intervals\n"
                     : fmt::format("95 % percentile intervals, {} resamples of problems, seed {}\n",
                                   Grouped(report.resamples), made_by.seed));
}

std::string KText(const CoverageFit& fit) {
  std::string text = fmt::format("  k ({}):", fit.k.size());
  for (const int64_t k : fit.k) {
    text += fmt::format(" {}", k);
  }
  return Wrap(text, kTableWidth, 4) + "\n";
}

/// The values of k, once where all groups have the same.
std::string KTexts(const std::vector<CoverageFit>& fits) {
  if (AllEqual(fits, [](const CoverageFit& fit) { return fit.k; })) {
    return KText(fits.front());
  }
  std::string text;
  for (const CoverageFit& fit : fits) {
    text += Wrap("  " + NameOf(fit), kTableWidth, 4) + "\n" + KText(fit);
  }
  return text;
}

}  // namespace

std::string CoverageText(const CoverageReport& report, const MadeBy& made_by) {
  std::string text = CoverageHead(report, made_by);
  text += "\nUnbiased pass@k, mean over problems\n" + SparseTableText(PassAtKTable(report), report);
  for (size_t law = 0; law < report.fits.front().laws.size(); ++law) {
    text += "\n" + Wrap(kTitles[law].text, kTableWidth, 2) + "\n" +
            SparseTableText(LawTable(report, law), report);
  }
  text += "\nThe k of all fits over k; how they are spaced weighs them\n" + KTexts(report.fits);
  std::string warnings;
  for (const CoverageFit& fit : report.fits) {
    for (const std::string& warning : fit.warnings) {
      warnings += Wrap(fmt::format("  {}: {}", NameOf(fit), warning), kTableWidth, 4) + "\n";
    }
  }
  return text + (warnings.empty() ? "" : "\nWarnings\n" + warnings);
}

std::string CoverageMarkdown(const CoverageReport& report) {
  Table table = PassAtKTable(report);
  table.columns.front().title = "quantity";
  for (size_t law = 0; law < report.fits.front().laws.size(); ++law) {
    for (std::vector<std::string>& row : LawTable(report, law).rows) {
      row.front() = fmt::format("{}.{}", kTitles[law].name, row.front());
      table.rows.push_back(row);
    }
  }
  std::string text = TableMarkdown(table);
  for (const CoverageFit& fit : report.fits) {
    for (const std::string& warning : fit.warnings) {
      text += fmt::format("\n- {}: {}", NameOf(fit), warning);
    }
  }
  return text + (text.ends_with("\n") ? "" : "\n");
}

}  // namespace kinetics
