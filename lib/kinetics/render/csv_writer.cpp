#include "kinetics/render/csv_writer.h"

#include "kinetics/render/format.h"

namespace kinetics {
namespace {

/// Quoted where it holds a comma, a quote or a line break.
std::string Field(std::string_view cell) {
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string(cell);
  }
  std::string quoted = "\"";
  for (const char c : cell) {
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  }
  return quoted + "\"";
}

}  // namespace

CsvWriter::CsvWriter(const std::vector<std::string>& columns) {
  for (const std::string& column : columns) {
    Cell(column);
  }
  EndRow();
}

CsvWriter& CsvWriter::Cell(std::string_view text) {
  if (!is_first_) {
    text_ += ',';
  }
  text_ += Field(text);
  is_first_ = false;
  return *this;
}

CsvWriter& CsvWriter::Cell(double x) { return Cell(Shortest(x)); }

void CsvWriter::EndRow() {
  text_ += '\n';
  is_first_ = true;
}

}  // namespace kinetics
