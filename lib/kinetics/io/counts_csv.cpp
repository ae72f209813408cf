#include "kinetics/io/counts_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "kinetics/core/error.h"
#include "kinetics/core/text.h"
#include "kinetics/io/csv.h"

namespace kinetics {
namespace {

std::optional<size_t> ColumnOf(const CsvTable& table, std::string_view name) {
  const auto column = std::find(table.columns.begin(), table.columns.end(), name);
  if (column == table.columns.end()) {
    return std::nullopt;
  }
  return static_cast<size_t>(column - table.columns.begin());
}

size_t RequiredColumn(const CsvTable& table, const std::string& name) {
  const auto column = ColumnOf(table, name);
  if (!column) {
    // To a name of one letter every other is near.
    const std::string hint = name.size() > 1 ? DidYouMean(name, table.columns) : "";
    throw Error(fmt::format("{}:1: expected a column '{}', found {}{}", table.source, Excerpt(name),
                            Excerpt(Join(table.columns), 200), hint));
  }
  return *column;
}

std::optional<size_t> GroupColumn(const CsvTable& table, const std::optional<std::string>& name) {
  if (name) {
    return RequiredColumn(table, *name);
  }
  const auto group = ColumnOf(table, "group");
  return group ? group : ColumnOf(table, "model");
}

/// Reads the cells of one table.
class CountsReader {
 public:
  CountsReader(const CsvTable& table, const std::optional<std::string>& group_column)
      : table_(table),
        n_(RequiredColumn(table, "n")),
        c_(RequiredColumn(table, "c")),
        problem_(ColumnOf(table, "problem")),
        group_(GroupColumn(table, group_column)) {
    if (table.rows.empty()) {
      throw Error(table.source + ": expected at least one row below the head");
    }
  }

  std::vector<CountGroup> Read() {
    for (const CsvRow& row : table_.rows) {
      Add(row);
    }
    return std::move(groups_);
  }

 private:
  [[noreturn]] void Fail(const CsvRow& row, size_t column, const std::string& expected) const {
    throw Error(fmt::format("{}:{}: {}: expected {}, found '{}'", table_.source, row.line,
                            Excerpt(table_.columns[column]), expected, Excerpt(row.cells[column])));
  }

  std::string Name(const CsvRow& row, size_t column) const {
    if (!IsName(row.cells[column])) {
      Fail(row, column, "a name");
    }
    return row.cells[column];
  }

  int64_t Count(const CsvRow& row, size_t column, int64_t low, int64_t high) const {
    // Tables that were joined often hold counts as 10000.0.
    const auto number = ParseNumber(row.cells[column]);
    const bool is_in_range =
        number && *number >= static_cast<double>(low) && *number <= static_cast<double>(high);
    if (!is_in_range || *number != static_cast<double>(static_cast<int64_t>(*number))) {
      Fail(row, column, fmt::format("a whole number from {} to {}", low, high));
    }
    return static_cast<int64_t>(*number);
  }

  size_t FindGroup(const CsvRow& row) {
    std::optional<std::string> name;
    if (group_) {
      name = Name(row, *group_);
    }
    const auto [found, is_new] = index_.emplace(name, groups_.size());
    if (is_new) {
      groups_.push_back({.name = name, .problems = {}});
    }
    return found->second;
  }

  void Add(const CsvRow& row) {
    const size_t group = FindGroup(row);
    const int64_t n = Count(row, n_, 1, kMostSamples);
    const int64_t c = Count(row, c_, 0, n);
    std::string problem = fmt::format("line {}", row.line);
    if (problem_) {
      problem = Name(row, *problem_);
      const auto [first, is_new] = lines_.emplace(std::pair(group, problem), row.line);
      if (!is_new) {
        Fail(row, *problem_,
             fmt::format("each problem once in a group (it is on line {} too)", first->second));
      }
    }
    groups_[group].problems.push_back({.problem = std::move(problem), .n = n, .c = c});
  }

  const CsvTable& table_;
  size_t n_;
  size_t c_;
  std::optional<size_t> problem_;
  std::optional<size_t> group_;
  std::vector<CountGroup> groups_;
  std::map<std::optional<std::string>, size_t> index_;
  std::map<std::pair<size_t, std::string>, size_t> lines_;  // by group and problem
};

}  // namespace

std::vector<CountGroup> ReadCountsCsv(std::string_view text, const std::string& source,
                                      const std::optional<std::string>& group_column) {
  return CountsReader(ParseCsv(text, source), group_column).Read();
}

}  // namespace kinetics
