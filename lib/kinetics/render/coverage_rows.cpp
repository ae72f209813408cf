#include "kinetics/render/coverage_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "kinetics/core/text.h"

namespace kinetics {
namespace {

/// A name for a column: what tells models apart is often at the end.
std::string ShortName(const CoverageFit& fit) {
  constexpr size_t kWidth = 24;
  constexpr size_t kHead = 8;
  std::string name = NameOf(fit);
  if (name.size() <= kWidth) {
    return name;
  }
  const std::string ascii = Excerpt(name, name.size());
  return ascii.substr(0, kHead) + "..." + ascii.substr(ascii.size() - (kWidth - kHead - 3));
}

/// Rows of one kind: what it is, whose it is, and its estimate.
Table EstimateTable(const std::string& what) {
  return {.columns = {{what, false},
                      {"group", false},
                      {"value", true},
                      {"s.e.", true},
                      {"95 % interval", false}},
          .rows = {}};
}

/// `digits` significant ones, trailing zeros too, so that columns can be compared.
std::string Significant(double x, int digits) {
  if (x == 0) {
    return "0";
  }
  std::string text = fmt::format("{:#.{}g}", x, digits);
  if (text.ends_with('.')) {
    text.pop_back();
  }
  return text;
}

void AddRow(Table& table, const std::string& what, const CoverageFit& fit,
            const std::optional<Estimate>& estimate) {
  std::vector<std::string> row = {what, ShortName(fit), "-", "-", "-"};
  if (estimate) {
    row[2] = Significant(estimate->value, 5);
    if (estimate->standard_error) {
      row[3] = Significant(*estimate->standard_error, 3);
    }
    if (estimate->interval) {
      row[4] = Significant(estimate->interval->low, 4) + " to " +
               Significant(estimate->interval->high, 4);
    }
  }
  table.rows.push_back(std::move(row));
}

/// The k that a table shows: all where they are few, else the powers of ten and the last.
std::vector<int64_t> ShownK(const std::vector<int64_t>& k) {
  constexpr size_t kFew = 6;
  if (k.size() <= kFew) {
    return k;
  }
  std::vector<int64_t> shown;
  for (int64_t power = 1; power < k.back(); power *= 10) {
    if (std::binary_search(k.begin(), k.end(), power)) {
      shown.push_back(power);
    }
  }
  if (shown.size() < 2) {
    shown = {k.front(), k[k.size() / 3], k[2 * k.size() / 3]};
  }
  shown.push_back(k.back());
  return shown;
}

}  // namespace

std::string NameOf(const CoverageFit& fit) { return fit.group.value_or("all"); }

Table PassAtKTable(const CoverageReport& report) {
  Table table = EstimateTable("pass@k");
  std::vector<int64_t> shown;
  for (const CoverageFit& fit : report.fits) {
    const std::vector<int64_t> of_fit = ShownK(fit.k);
    shown.insert(shown.end(), of_fit.begin(), of_fit.end());
  }
  std::sort(shown.begin(), shown.end());
  shown.erase(std::unique(shown.begin(), shown.end()), shown.end());
  for (const int64_t k : shown) {
    for (const CoverageFit& fit : report.fits) {
      const auto at = std::lower_bound(fit.k.begin(), fit.k.end(), k);
      if (at != fit.k.end() && *at == k) {
        AddRow(table, fmt::format("pass@{}", k), fit,
               fit.pass_at_k[static_cast<size_t>(at - fit.k.begin())]);
      }
    }
  }
  return table;
}

Table LawTable(const CoverageReport& report, size_t law) {
  Table table = EstimateTable("parameter");
  const FittedLaw& first = report.fits.front().laws[law];
  for (size_t i = 0; i < first.parameters.size(); ++i) {
    for (const CoverageFit& fit : report.fits) {
      AddRow(table, std::string(first.parameters[i].name), fit,
             fit.laws[law].parameters[i].estimate);
    }
  }
  for (const CoverageFit& fit : report.fits) {
    const std::optional<double>& objective = fit.laws[law].objective.value;
    AddRow(table, law < 2 ? "sum of squares" : "mean NLL", fit,
           objective ? std::optional(Estimate{.value = *objective}) : std::nullopt);
  }
  return table;
}

}  // namespace kinetics
