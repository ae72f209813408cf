#pragma once

#include <string>
#include <vector>

namespace kinetics {

/// Cells of text in columns; as text for a terminal or as Markdown.
struct Table {
  struct Column {
    std::string title;
    bool right = false;  ///< Numbers stand to the right.
  };
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  ///< As many cells as columns.
};

/// Aligned columns, two blanks apart, each row indented by two; no line ends in a blank. Cells may
/// hold UTF-8: every code point counts as one column.
std::string TableText(const Table& table);

/// A GitHub-flavoured Markdown table.
std::string TableMarkdown(const Table& table);

/// A line of `#` from 0 to `share` of `width` columns, for a column that shows a number's size.
std::string Bar(double share, size_t width);

}  // namespace kinetics
