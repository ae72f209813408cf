#include "kinetics/io/csv.h"

#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("CSV has quotes, CRLF, a byte order mark and empty lines", "[csv]") {
  const CsvTable table = ParseCsv(
      "\xEF\xBB\xBF"
      "a, b\r\n\r\n\"x,\"\"y\"\"\nz\" ,2\n,\n",
      "f");
  CHECK(table.columns == std::vector<std::string>{"a", "b"});
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0].line == 3);
  CHECK(table.rows[0].cells == std::vector<std::string>{"x,\"y\"\nz", "2"});
  CHECK(table.rows[1].line == 5);
  CHECK(table.rows[1].cells == std::vector<std::string>{"", ""});
}

TEST_CASE("CSV that does not hold together is refused, with the line", "[csv]") {
  const auto error = [](const char* text) { return test::ErrorOf([&] { ParseCsv(text, "f"); }); };
  CHECK(error("") == "f: expected a line of column names, found an empty file");
  CHECK(error("a,b\n1,2\n3\n") == "f:3: expected 2 cells as in the head, found 1");
  CHECK(error("a,a\n") == "f:1: expected column names that differ, found 'a' twice");
  CHECK(error("a,\n") == "f:1: expected column names that differ, found '' (empty)");
  CHECK(error("a\nb\xE9\n") == "f:2: expected UTF-8, found the byte 0xe9");
  CHECK(error("a\n\"x\n") == "f:2: expected a closing quote before the end");
  CHECK(error("a\n\"x\"y\n") == "f:2: expected a comma after a quoted field");
}

}  // namespace
}  // namespace kinetics
