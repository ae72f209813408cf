#include "kinetics/render/format.h"

#include <limits>

#include "kinetics/core/random.h"
#include "kinetics/core/text.h"
#include "kinetics/render/csv_writer.h"
#include "kinetics/render/table.h"
#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("the shortest form of a number reads back to it", "[format]") {
  CHECK(Shortest(0.1) == "0.1");
  CHECK(Shortest(2) == "2");
  CHECK(CountText(100'000) == "100000");
  CHECK(CountText(0.5) == "0.5");
  CHECK(Shortest(6.917e15) == "6.917e+15");
  CHECK(Shortest(1.0 / 3) == "0.3333333333333333");
  SplitMix64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const double x = static_cast<double>(random.Next()) * std::pow(10.0, random.Below(40) - 30.0);
    CHECK(ParseNumber(Shortest(x)) == x);
  }
}

TEST_CASE("two decimals that are zero have no sign", "[format]") {
  CHECK(TwoDecimals(-0.004) == "0.00");
  CHECK(TwoDecimals(-0.0) == "0.00");
  CHECK(TwoDecimals(-0.006) == "-0.01");
  CHECK(TwoDecimals(1.006) == "1.01");
}

TEST_CASE("people read prefixes, three digits and thousands", "[format]") {
  CHECK(Si(6.917e15, "FLOP") == "6.92 PFLOP");
  CHECK(Si(999.6, "B") == "1.00 kB");
  CHECK(Si(0, "B") == "0 B");
  CHECK(Si(99.96, "B") == "100 B");
  CHECK(Si(5, "") == "5.00");
  CHECK(HumanSeconds(99.96) == "100 s");
  CHECK(HumanSeconds(1.537) == "1.54 s");
  CHECK(HumanSeconds(0.0231) == "23.1 ms");
  CHECK(HumanSeconds(600) == "10.0 min");
  CHECK(HumanSeconds(1e-5) == "10.0 us");
  CHECK(Grouped(7'568'405'504) == "7,568,405,504");
  CHECK(Grouped(999) == "999");
  CHECK(Percent(0.8995) == "90.0");
  CHECK(Counted(1, "run") == "1 run");
  CHECK(Counted(0, "run") == "0 runs");
}

TEST_CASE("text wraps between words and keeps its indent", "[format]") {
  CHECK(Wrap("  aa bb cc", 7, 4) == "  aa bb\n    cc");
  CHECK(Wrap("toolongtobreak x", 5, 1) == "toolongtobreak\n x");
  CHECK(Wrap("", 5, 1).empty());
}

TEST_CASE("a table lines up, counts code points and ends no line in a blank", "[format]") {
  const Table table = {.columns = {{"a", false}, {"b", true}},
                       .rows = {{"\xC3\xA9x", "1"}, {"y", "22"}}};
  CHECK(TableText(table) == "  a    b\n  \xC3\xA9x   1\n  y   22\n");
  CHECK(TableMarkdown(table) == "| a | b |\n| --- | ---: |\n| \xC3\xA9x | 1 |\n| y | 22 |\n");
}

TEST_CASE("a table that is too wide does without some columns", "[format]") {
  const Table table = {.columns = {{"a", false}, {"b", false}, {"c", false}},
                       .rows = {{std::string(50, 'x'), std::string(40, 'y'), "z"}}};
  CHECK(TableText(table, {"none", "b"}) ==
        "  a" + std::string(51, ' ') + "c\n  " + std::string(50, 'x') + "  z\n");
  CHECK_THAT(TableText(table), Catch::Contains("yyy"));
}

TEST_CASE("CSV fields are quoted where they must be", "[format]") {
  CsvWriter csv({"a", "b"});
  csv.Cell("x,y").Cell("q\"").EndRow();
  csv.Cell(std::optional<double>()).Cell(0.5).EndRow();
  CHECK(csv.Text() == "a,b\n\"x,y\",\"q\"\"\"\n,0.5\n");
}

}  // namespace
}  // namespace kinetics
