// The catalogues as CSV, from outside.
#include "kinetics/io/csv.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using test::RunProgram;

TEST_CASE("catalogues name their first column as plans do", "[program]") {
  for (const char* what : {"model", "hardware"}) {
    const CsvTable table = ParseCsv(RunProgram({what, "--format", "csv"}).out, what);
    CHECK(table.columns.front() == what);
    CHECK_THAT(RunProgram({what}).out, Catch::StartsWith("  " + std::string(what) + " "));
    CHECK_THAT(RunProgram({what, "--format", "markdown"}).out,
               Catch::StartsWith("| " + std::string(what) + " "));
  }
}

}  // namespace
}  // namespace kinetics
