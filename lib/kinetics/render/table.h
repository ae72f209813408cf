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
/// hold UTF-8: every code point counts as one column. While lines are wider than kTableWidth,
/// columns are left out by their titles, in the order of `dispensable`.
std::string TableText(Table table, const std::vector<std::string>& dispensable = {});

/// A GitHub-flavoured Markdown table.
std::string TableMarkdown(const Table& table);

}  // namespace kinetics
