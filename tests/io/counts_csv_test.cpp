#include "kinetics/io/counts_csv.h"

#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("rows of counts become groups of problems in the order of the file", "[counts]") {
  const auto groups = ReadCountsCsv(
      "model,problem,n,c,note\n"
      "b,1,10,3,x\n"
      "a,1,10.0,0,\n"
      "b,2,20,20,y\n",
      "f", std::nullopt);
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].name == "b");
  REQUIRE(groups[0].problems.size() == 2);
  CHECK(groups[0].problems[1].problem == "2");
  CHECK(groups[0].problems[1].n == 20);
  CHECK(groups[0].problems[1].c == 20);
  CHECK(groups[1].problems[0].n == 10);
}

TEST_CASE("a column group comes before model, and an option before both", "[counts]") {
  const std::string text = "model,group,lab,n,c\na,x,l,5,1\na,y,l,5,2\n";
  CHECK(ReadCountsCsv(text, "f", std::nullopt).size() == 2);
  CHECK(ReadCountsCsv(text, "f", "lab").size() == 1);
  const auto one = ReadCountsCsv("n,c\n5,1\n5,1\n", "f", std::nullopt);
  REQUIRE(one.size() == 1);
  CHECK_FALSE(one[0].name);
  CHECK(one[0].problems[1].problem == "line 3");
}

TEST_CASE("counts that do not hold together are refused, with line and column", "[counts]") {
  struct Row {
    const char* text;
    const char* message;
  };
  for (const Row& row :
       {Row{"", "f: expected a line of column names, found an empty file"},
        Row{"n,c\n", "f: expected at least one row below the head"},
        Row{"problem,n\n1,5\n", "f:1: expected a column 'c', found problem, n"},
        Row{"n,c\n5,6\n", "f:2: c: expected a whole number from 0 to 5, found '6'"},
        Row{"n,c\n5,-1\n", "f:2: c: expected a whole number from 0 to 5, found '-1'"},
        Row{"n,c\n5,1.5\n", "f:2: c: expected a whole number from 0 to 5, found '1.5'"},
        Row{"n,c\n5,nan\n", "f:2: c: expected a whole number from 0 to 5, found 'nan'"},
        Row{"n,c\n5,\n", "f:2: c: expected a whole number from 0 to 5, found ''"},
        Row{"n,c\n0,0\n", "f:2: n: expected a whole number from 1 to 1000000, found '0'"},
        Row{"n,c\nfew,0\n", "f:2: n: expected a whole number from 1 to 1000000, found 'few'"},
        Row{"n,c\n1e300,0\n", "f:2: n: expected a whole number from 1 to 1000000, found '1e300'"},
        Row{"model,n,c\n,5,1\n", "f:2: model: expected a name, found ''"},
        Row{"model,problem,n,c\nm,7,5,1\nk,7,5,1\nm,7,5,2\n",
            "f:4: problem: expected each problem once in a group (it is on line 2 too), found "
            "'7'"}}) {
    CHECK(test::ErrorOf([&] { ReadCountsCsv(row.text, "f", std::nullopt); }) == row.message);
  }
  CHECK(test::ErrorOf([&] { ReadCountsCsv("model,n,c\nm,5,1\n", "f", "modle"); }) ==
        "f:1: expected a column 'modle', found model, n, c; did you mean model?");
}

}  // namespace
}  // namespace kinetics
