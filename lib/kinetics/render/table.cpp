#include "kinetics/render/table.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "kinetics/render/format.h"

namespace kinetics {
namespace {

/// Code points: bytes that do not continue one.
size_t DisplayWidth(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::vector<size_t> Widths(const Table& table) {
  std::vector<size_t> widths;
  for (const Table::Column& column : table.columns) {
    widths.push_back(DisplayWidth(column.title));
  }
  for (const auto& row : table.rows) {
    assert(row.size() == table.columns.size());
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(row[i]));
    }
  }
  return widths;
}

size_t LineWidth(const std::vector<size_t>& widths) {
  constexpr size_t kGap = 2;
  return std::accumulate(widths.begin(), widths.end(), kGap * widths.size());
}

void DropColumn(Table& table, const std::string& title) {
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].title == title) {
      const auto at = static_cast<std::ptrdiff_t>(i);
      table.columns.erase(table.columns.begin() + at);
      for (auto& row : table.rows) {
        row.erase(row.begin() + at);
      }
      return;
    }
  }
}

std::string Padded(const std::string& cell, size_t width, bool right) {
  const std::string blanks(width - DisplayWidth(cell), ' ');
  return right ? blanks + cell : cell + blanks;
}

std::string MarkdownCell(const std::string& cell) {
  std::string escaped;
  for (const char c : cell) {
    escaped += c == '|' ? "\\|" : std::string(1, c);
  }
  return escaped;
}

}  // namespace

std::string TableText(Table table, const std::vector<std::string>& dispensable) {
  for (const std::string& title : dispensable) {
    if (LineWidth(Widths(table)) > kTableWidth) {
      DropColumn(table, title);
    }
  }
  const std::vector<size_t> widths = Widths(table);
  std::string text;
  const auto add_row = [&](const auto& cell_of) {
    std::string line;
    for (size_t i = 0; i < table.columns.size(); ++i) {
      line += "  " + Padded(cell_of(i), widths[i], table.columns[i].right);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  };
  add_row([&](size_t i) { return table.columns[i].title; });
  for (const auto& row : table.rows) {
    add_row([&](size_t i) { return row[i]; });
  }
  return text;
}

std::string TableMarkdown(const Table& table) {
  std::string head = "|";
  std::string rule = "|";
  for (const Table::Column& column : table.columns) {
    head += " " + MarkdownCell(column.title) + " |";
    rule += column.right ? " ---: |" : " --- |";
  }
  std::string text = head + "\n" + rule + "\n";
  for (const auto& row : table.rows) {
    text += "|";
    for (const std::string& cell : row) {
      text += " " + MarkdownCell(cell) + " |";
    }
    text += "\n";
  }
  return text;
}

}  // namespace kinetics
