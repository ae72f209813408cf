#include "kinetics/io/points.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "kinetics/core/error.h"
#include "kinetics/core/text.h"
#include "kinetics/io/csv.h"

namespace kinetics {
namespace {

using Comparison = RowFilter::Comparison;

// Squares of such numbers, and curves some way beyond them, are still finite.
constexpr double kLargestSize = 1e100;

size_t ColumnNamed(const CsvTable& table, const std::string& name) {
  const auto column = std::find(table.columns.begin(), table.columns.end(), name);
  if (column == table.columns.end()) {
    throw Error(fmt::format("{}:1: expected a column '{}', found {}{}", table.source, Excerpt(name),
                            Excerpt(Join(table.columns), 100), DidYouMean(name, table.columns)));
  }
  return static_cast<size_t>(column - table.columns.begin());
}

/// A cell that must be a number above `low`.
double NumberIn(const CsvTable& table, const CsvRow& row, size_t column,
                const std::optional<double>& low) {
  const auto number = ParseNumber(row.cells[column]);
  if (!number || (low && !(*number > *low))) {
    throw Error(fmt::format("{}:{}: {}: expected a number{}, found '{}'", table.source, row.line,
                            Excerpt(table.columns[column]),
                            low ? fmt::format(" above {}", *low) : "", Excerpt(row.cells[column])));
  }
  const double size = std::abs(*number);
  if (size > kLargestSize || (size > 0 && size < 1 / kLargestSize)) {
    throw Error(fmt::format("{}:{}: {}: expected a number of a size from {} to {}, found '{}'",
                            table.source, row.line, Excerpt(table.columns[column]),
                            1 / kLargestSize, kLargestSize, Excerpt(row.cells[column])));
  }
  return *number;
}

template <typename T>
bool Holds(const T& a, Comparison comparison, const T& b) {
  switch (comparison) {
    case Comparison::kLess:
      return a < b;
    case Comparison::kAtMost:
      return a <= b;
    case Comparison::kMore:
      return a > b;
    case Comparison::kAtLeast:
      return a >= b;
    case Comparison::kEqual:
      return a == b;
    case Comparison::kDifferent:
      return a != b;
  }
  return false;
}

bool IsOrder(Comparison comparison) {
  return comparison != Comparison::kEqual && comparison != Comparison::kDifferent;
}

bool Meets(const CsvTable& table, const CsvRow& row, size_t column, const RowFilter& filter) {
  const auto value = ParseNumber(filter.value);
  if (IsOrder(filter.comparison)) {
    return Holds(NumberIn(table, row, column, std::nullopt), filter.comparison, *value);
  }
  const auto number = ParseNumber(row.cells[column]);
  return number && value ? Holds(*number, filter.comparison, *value)
                         : Holds(row.cells[column], filter.comparison, filter.value);
}

/// The rows that meet all filters; counts the others.
std::vector<const CsvRow*> Filtered(const CsvTable& table, const std::vector<RowFilter>& filters,
                                    CurveSource& source) {
  std::vector<size_t> columns;
  columns.reserve(filters.size());
  for (const RowFilter& filter : filters) {
    columns.push_back(ColumnNamed(table, filter.column));
    source.filters.push_back({.text = filter.text});
  }
  std::vector<const CsvRow*> rows;
  rows.reserve(table.rows.size());
  for (const CsvRow& row : table.rows) {
    size_t met = 0;
    while (met < filters.size() && Meets(table, row, columns[met], filters[met])) {
      ++met;
    }
    if (met == filters.size()) {
      rows.push_back(&row);
    } else {
      ++source.filters[met].left_out;
    }
  }
  if (rows.empty()) {
    throw Error(fmt::format("{}: expected points, found no row{}", table.source,
                            table.rows.empty() ? " below the head" : " that meets --where"));
  }
  return rows;
}

/// Below or at what y has no residual.
std::optional<double> LowestY(CurveResidual residual) {
  switch (residual) {
    case CurveResidual::kLinear:
      return std::nullopt;
    case CurveResidual::kLog:
      return 0;
    case CurveResidual::kLog1p:
      return -1;
  }
  return std::nullopt;
}

}  // namespace

RowFilter ParseRowFilter(const std::string& text) {
  struct Sign {
    std::string_view text;
    Comparison comparison;
  };
  // Those of two characters first.
  constexpr Sign kSigns[] = {{"<=", Comparison::kAtMost},    {">=", Comparison::kAtLeast},
                             {"!=", Comparison::kDifferent}, {"<", Comparison::kLess},
                             {">", Comparison::kMore},       {"=", Comparison::kEqual}};
  const size_t at = text.find_first_of("<>=!");
  for (const Sign& sign : kSigns) {
    if (at == std::string::npos || at == 0 || !text.substr(at).starts_with(sign.text)) {
      continue;
    }
    RowFilter filter = {.text = text,
                        .column = text.substr(0, at),
                        .comparison = sign.comparison,
                        .value = text.substr(at + sign.text.size())};
    if (IsOrder(filter.comparison) && !ParseNumber(filter.value)) {
      throw Error(
          fmt::format("expected a number after {}, found '{}'", sign.text, Excerpt(filter.value)));
    }
    return filter;
  }
  throw Error(fmt::format(
      "expected a column, one of < <= > >= = != and a value, as in loss<3.5; found '{}'",
      Excerpt(text)));
}

PointsTable ReadPoints(std::string_view text, const std::string& source,
                       const PointsOptions& options) {
  const CsvTable table = ParseCsv(text, source);
  PointsTable read;
  read.source = {.file = source, .rows = table.rows.size()};
  read.source.y = options.y;
  read.source.cluster = options.cluster;
  std::vector<size_t> x_columns;
  x_columns.reserve(options.x.size());
  for (const std::string& name : options.x) {
    x_columns.push_back(ColumnNamed(table, name));
  }
  const size_t y_column = ColumnNamed(table, options.y);
  const std::vector<const CsvRow*> rows = Filtered(table, options.filters, read.source);
  CurvePoints& points = read.points;
  points.inputs = options.x;
  points.x.resize(static_cast<Eigen::Index>(rows.size()),
                  static_cast<Eigen::Index>(x_columns.size()));
  points.y.resize(points.x.rows());
  std::map<std::string, size_t> clusters;
  const std::optional<double> lowest_y = LowestY(options.residual);
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    for (size_t input = 0; input < x_columns.size(); ++input) {
      points.x(row, static_cast<Eigen::Index>(input)) =
          NumberIn(table, *rows[i], x_columns[input], 0.0);
    }
    points.y[row] = NumberIn(table, *rows[i], y_column, lowest_y);
    if (options.cluster) {
      const std::string& name = rows[i]->cells[ColumnNamed(table, *options.cluster)];
      points.clusters.push_back(clusters.emplace(name, clusters.size()).first->second);
    }
  }
  return read;
}

std::vector<std::vector<Eigen::Index>> ReadResamples(std::string_view text,
                                                     const std::string& source,
                                                     Eigen::Index points) {
  if (text.starts_with("\x1f\x8b")) {
    throw Error(source + ": expected text, found a gzip archive; unpack it first");
  }
  std::vector<std::vector<Eigen::Index>> resamples;
  size_t line_number = 0;
  while (!text.empty()) {
    ++line_number;
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::vector<Eigen::Index> rows;
    rows.reserve(static_cast<size_t>(points));
    constexpr std::string_view kBlanks = " \t\r";
    while (true) {
      line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
      if (line.empty()) {
        break;
      }
      const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
      Eigen::Index row = 0;
      const auto [rest, status] = std::from_chars(word.data(), word.data() + word.size(), row);
      if (status != std::errc() || rest != word.data() + word.size() || row < 0 || row >= points) {
        throw Error(fmt::format("{}:{}: expected row numbers from 0 to {}, found '{}'", source,
                                line_number, points - 1, Excerpt(word)));
      }
      rows.push_back(row);
      line.remove_prefix(word.size());
    }
    if (!rows.empty() && static_cast<Eigen::Index>(rows.size()) != points) {
      throw Error(fmt::format("{}:{}: expected {} row numbers, one for each point; found {}",
                              source, line_number, points, rows.size()));
    }
    if (!rows.empty()) {
      resamples.push_back(std::move(rows));
    }
  }
  if (resamples.empty()) {
    throw Error(source + ": expected resamples, found an empty file");
  }
  return resamples;
}

}  // namespace kinetics
