#include "kinetics/io/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "kinetics/core/error.h"
#include "kinetics/core/text.h"

namespace kinetics {
namespace {

/// Reads one record after the other.
class CsvScanner {
 public:
  CsvScanner(std::string_view text, const std::string& source) : text_(text), source_(source) {
    if (text_.starts_with("\xEF\xBB\xBF")) {
      at_ = 3;
    }
  }

  /// Reads the next line that is not empty; false at the end.
  bool Next(CsvRow& row) {
    while (at_ < text_.size()) {
      row.line = line_;
      row.cells.clear();
      const bool quoted = text_[at_] == '"';
      do {
        row.cells.push_back(Field());
      } while (TakeComma());
      TakeLineBreak();
      if (quoted || row.cells.size() > 1 || !row.cells.front().empty()) {
        return true;
      }
    }
    return false;
  }

 private:
  std::string Field() {
    SkipBlanks();
    if (at_ < text_.size() && text_[at_] == '"') {
      return QuotedField();
    }
    const size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    std::string_view field = text_.substr(at_, end - at_);
    at_ = end;
    field = field.substr(0, field.find_last_not_of(" \t") + 1);
    return std::string(field);
  }

  std::string QuotedField() {
    const size_t first_line = line_;
    std::string field;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') {
          ++at_;
          SkipBlanks();
          if (at_ < text_.size() && text_.find_first_of(",\r\n", at_) != at_) {
            throw Error(
                fmt::format("{}:{}: expected a comma after a quoted field", source_, line_));
          }
          return field;
        }
        ++at_;
      }
      line_ += text_[at_] == '\n' ? 1 : 0;
      field += text_[at_];
    }
    throw Error(fmt::format("{}:{}: expected a closing quote before the end", source_, first_line));
  }

  void SkipBlanks() { at_ = std::min(text_.find_first_not_of(" \t", at_), text_.size()); }

  bool TakeComma() {
    const bool comma = at_ < text_.size() && text_[at_] == ',';
    at_ += comma ? 1 : 0;
    return comma;
  }

  void TakeLineBreak() {
    at_ += at_ < text_.size() && text_[at_] == '\r' ? 1 : 0;
    if (at_ < text_.size() && text_[at_] == '\n') {
      ++at_;
    }
    ++line_;
  }

  std::string_view text_;
  const std::string& source_;
  size_t at_ = 0;
  size_t line_ = 1;
};

}  // namespace

CsvTable ParseCsv(std::string_view text, const std::string& source) {
  if (const auto at = FindInvalidUtf8(text)) {
    const auto line =
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(*at), '\n');
    throw Error(fmt::format("{}:{}: expected UTF-8, found the byte 0x{:02x}", source, line + 1,
                            static_cast<unsigned char>(text[*at])));
  }
  CsvTable table = {.source = source};
  CsvScanner scanner(text, source);
  CsvRow row;
  if (!scanner.Next(row)) {
    throw Error(source + ": expected a line of column names, found an empty file");
  }
  table.columns = row.cells;
  std::set<std::string> seen;
  for (const std::string& column : table.columns) {
    if (column.empty() || !seen.insert(column).second) {
      throw Error(fmt::format("{}:{}: expected column names that differ, found '{}' {}", source,
                              row.line, Excerpt(column), column.empty() ? "(empty)" : "twice"));
    }
  }
  while (scanner.Next(row)) {
    if (row.cells.size() != table.columns.size()) {
      throw Error(fmt::format("{}:{}: expected {} cells as in the head, found {}", source, row.line,
                              table.columns.size(), row.cells.size()));
    }
    table.rows.push_back(row);
  }
  return table;
}

}  // namespace kinetics
