// The CSV of plans under several budgets, from outside.
#include <map>

#include "kinetics/core/text.h"
#include "kinetics/io/csv.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using test::RunProgram;

CsvTable PlanTable(const std::vector<std::string>& options) {
  std::vector<std::string> arguments = {"plan", "--format", "csv", "--bootstrap", "0"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return ParseCsv(RunProgram(arguments).out, "plan");
}

TEST_CASE("under several budgets a row has the smallest that it fits", "[program]") {
  const std::vector<std::string> budgets = {"--budget", "1s,2s,0.1s", "--samples", "pow2"};
  const CsvTable frontier = PlanTable(budgets);
  REQUIRE(frontier.columns.size() == 14);
  CHECK(frontier.columns[0] == "budget");
  CHECK(frontier.columns[1] == "unit");
  CHECK(frontier.columns[13] == "seconds");
  std::map<std::string, std::vector<std::string>> last;  // by budget
  for (const auto& row : frontier.rows) {
    const double seconds = *ParseNumber(row.cells[13]);
    CHECK(row.cells[0] == (seconds <= 0.1 ? "0.1" : seconds <= 1 ? "1" : "2"));
    CHECK(row.cells[1] == "s");
    last[row.cells[0]] = row.cells;
  }
  // The frontier ascends: its last row under a budget is the best that --show best lists.
  std::vector<std::string> best = budgets;
  best.insert(best.end(), {"--show", "best"});
  const CsvTable chosen = PlanTable(best);
  CHECK(chosen.columns == frontier.columns);
  REQUIRE(chosen.rows.size() == 3);
  for (const auto& row : chosen.rows) {
    CHECK(row.cells == last[row.cells[0]]);
  }
}

TEST_CASE("allocations above every budget have none", "[program]") {
  const CsvTable all = PlanTable({"--budget", "1s,2s", "--show", "all", "--samples", "32"});
  size_t without = 0;
  for (const auto& row : all.rows) {
    const bool is_above = *ParseNumber(row.cells[13]) > 2;
    CHECK(row.cells[0].empty() == is_above);
    CHECK(row.cells[1].empty() == is_above);
    without += is_above ? 1 : 0;
  }
  CHECK(without > 0);
}

TEST_CASE("an oracle's rows have no columns of one allocation", "[program]") {
  CHECK(PlanTable({"--allocation", "oracle", "--budget", "1s,2s"}).columns ==
        std::vector<std::string>{"budget", "unit", "model", "accuracy", "accuracy_low",
                                 "accuracy_high", "seconds"});
}

}  // namespace
}  // namespace kinetics
