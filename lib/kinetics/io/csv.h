#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kinetics {

/// One line of a CSV file after the head.
struct CsvRow {
  size_t line = 0;                 ///< Where it starts, from 1.
  std::vector<std::string> cells;  ///< As many as the head has.
};

/// A CSV text: a head of column names and rows.
struct CsvTable {
  std::string source;
  std::vector<std::string> columns;
  std::vector<CsvRow> rows;
};

/// Reads RFC 4180: commas, fields in double quotes with "" for a quote, LF or CRLF. A byte order
/// mark and empty lines are skipped, blanks around unquoted fields are dropped. `source` names the
/// text in errors. Throws Error on a row with more or fewer cells than the head, a repeated or
/// empty column name, a quote that does not end, or a text without a head.
CsvTable ParseCsv(std::string_view text, const std::string& source);

}  // namespace kinetics
