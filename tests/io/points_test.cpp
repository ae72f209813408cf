#include "kinetics/io/points.h"

#include "tests/test.h"

namespace kinetics {
namespace {

const std::string kText =
    "model,n,d,loss\n"
    "a,1e9,20,3.5\n"
    "b,2e9,,2.5\n"
    "a,4e9,40,2\n";

PointsTable Read(const std::string& text, const std::vector<std::string>& where = {},
                 CurveResidual residual = CurveResidual::kLinear) {
  PointsOptions options;
  options.x = {"n"};
  options.y = "loss";
  options.cluster = "model";
  options.residual = residual;
  for (const std::string& condition : where) {
    options.filters.push_back(ParseRowFilter(condition));
  }
  return ReadPoints(text, "points.csv", options);
}

TEST_CASE("points come in the file's order, clusters in that of their first row", "[points]") {
  const PointsTable table = Read(kText);
  REQUIRE(table.points.y.size() == 3);
  CHECK(table.points.x(2, 0) == 4e9);
  CHECK(table.points.y[1] == 2.5);
  CHECK(table.points.clusters == std::vector<size_t>{0, 1, 0});
  CHECK(table.points.inputs == std::vector<std::string>{"n"});
  CHECK(table.source.rows == 3);
}

TEST_CASE("rows are left out by numbers or text, each counted at the first condition it misses",
          "[points]") {
  const auto kept = [](const std::string& condition) {
    return Read(kText, {condition}).points.y.size();
  };
  CHECK(kept("loss<2.5") == 1);
  CHECK(kept("loss<=2.5") == 2);
  CHECK(kept("loss>2.5") == 1);
  CHECK(kept("loss>=2.5") == 2);
  CHECK(kept("loss=2.50") == 1);
  CHECK(kept("loss!=2.50") == 2);
  CHECK(kept("model=a") == 2);
  CHECK(kept("model!=a") == 1);
  const PointsTable table = Read(kText, {"loss<3", "model=a"});
  CHECK(table.source.filters[0].left_out == 1);
  CHECK(table.source.filters[1].left_out == 1);
}

TEST_CASE("cells of rows that are left out are not read", "[points]") {
  PointsOptions options;
  options.x = {"n", "d"};
  options.y = "loss";
  CHECK(test::ErrorOf([&] { ReadPoints(kText, "points.csv", options); }) ==
        "points.csv:3: d: expected a number above 0, found ''");
  options.filters = {ParseRowFilter("model=a")};
  CHECK(ReadPoints(kText, "points.csv", options).points.x(1, 1) == 40);
}

TEST_CASE("what cannot be points is refused with its line", "[points]") {
  const auto error = [](const std::string& text, const std::vector<std::string>& where = {},
                        CurveResidual residual = CurveResidual::kLinear) {
    return test::ErrorOf([&] { Read(text, where, residual); });
  };
  const std::string head = "model,n,loss\n";
  CHECK(error("") == "points.csv: expected a line of column names, found an empty file");
  CHECK(error(head) == "points.csv: expected points, found no row below the head");
  CHECK(error(head + "a,1,2\n", {"n>1"}) ==
        "points.csv: expected points, found no row that meets --where");
  CHECK(error("model,n,los\na,1,2\n") ==
        "points.csv:1: expected a column 'loss', found model, n, los; did you mean los?");
  CHECK(error(head + "a,1,2\n", {"zzz=3"}) ==
        "points.csv:1: expected a column 'zzz', found model, n, loss");
  CHECK(error(head + "a,1,2\na,0,2\n") == "points.csv:3: n: expected a number above 0, found '0'");
  CHECK(error(head + "a,-1,2\n") == "points.csv:2: n: expected a number above 0, found '-1'");
  CHECK(error(head + "a,1,nan\n") == "points.csv:2: loss: expected a number, found 'nan'");
  CHECK(error(head + "a,1,x\n") == "points.csv:2: loss: expected a number, found 'x'");
  CHECK(error(head + "a,1,1e101\n") ==
        "points.csv:2: loss: expected a number of a size from 1e-100 to 1e+100, found '1e101'");
  CHECK(error(head + "a,1,0\n", {}, CurveResidual::kLog) ==
        "points.csv:2: loss: expected a number above 0, found '0'");
  CHECK(error(head + "a,1,-1\n", {}, CurveResidual::kLog1p) ==
        "points.csv:2: loss: expected a number above -1, found '-1'");
  CHECK(error(head + "a,1,2\n", {"model<3"}) ==
        "points.csv:2: model: expected a number, found 'a'");
}

TEST_CASE("a condition is a column, a comparison and a value", "[points]") {
  const RowFilter filter = ParseRowFilter("loss<=3.5");
  CHECK(filter.column == "loss");
  CHECK(filter.comparison == RowFilter::Comparison::kAtMost);
  CHECK(filter.value == "3.5");
  CHECK(ParseRowFilter("model=").value.empty());
  CHECK(test::ErrorOf([] { ParseRowFilter("loss<big"); }) ==
        "expected a number after <, found 'big'");
  for (const char* text : {"loss", "<3", "", "!x"}) {
    CHECK_THAT(test::ErrorOf([&] { ParseRowFilter(text); }),
               Catch::StartsWith("expected a column, one of < <= > >= = !="));
  }
}

TEST_CASE("resamples are as many row numbers a line as there are points", "[points]") {
  const auto rows = ReadResamples("0 1 1\r\n\n2\t2 0\n", "file", 3);
  REQUIRE(rows.size() == 2);
  CHECK(rows[1] == std::vector<Eigen::Index>{2, 2, 0});
  const auto error = [](const std::string& text) {
    return test::ErrorOf([&] { ReadResamples(text, "file", 3); });
  };
  CHECK(error("0 1 2\n0 1 3\n") == "file:2: expected row numbers from 0 to 2, found '3'");
  CHECK(error("0 1 -1") == "file:1: expected row numbers from 0 to 2, found '-1'");
  CHECK(error("0 1 2x") == "file:1: expected row numbers from 0 to 2, found '2x'");
  CHECK(error("0 1") == "file:1: expected 3 row numbers, one for each point; found 2");
  CHECK(error("\n\n") == "file: expected resamples, found an empty file");
  CHECK(error("\x1f\x8b\x08") == "file: expected text, found a gzip archive; unpack it first");
}

}  // namespace
}  // namespace kinetics
