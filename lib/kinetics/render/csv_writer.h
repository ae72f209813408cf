#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kinetics {

/// Writes CSV (RFC 4180 with LF): numbers in their shortest exact form, an empty field for "none".
class CsvWriter {
 public:
  explicit CsvWriter(const std::vector<std::string>& columns);

  CsvWriter& Cell(std::string_view text);
  CsvWriter& Cell(const char* text) { return Cell(std::string_view(text)); }
  CsvWriter& Cell(double x);
  CsvWriter& Cell(int64_t x) { return Cell(std::to_string(x)); }
  template <typename T>
  CsvWriter& Cell(const std::optional<T>& x) {
    return x ? Cell(*x) : Cell(std::string_view());
  }
  void EndRow();

  const std::string& Text() const { return text_; }

 private:
  std::string text_;
  bool is_first_ = true;
};

}  // namespace kinetics
