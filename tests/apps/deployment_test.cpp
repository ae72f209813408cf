// Plans and costs of models as they are served, from outside.
#include <algorithm>
#include <cmath>
#include <set>

#include "kinetics/core/text.h"
#include "kinetics/io/csv.h"
#include "kinetics/io/json.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using test::ProgramResult;
using test::RunProgram;

ProgramResult DeployedPlan(const std::vector<std::string>& options) {
  std::vector<std::string> arguments = {"plan", "--bootstrap", "0", "--hardware", "h100"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return RunProgram(arguments);
}

double Cell(const CsvTable& table, const CsvRow& row, const std::string& column) {
  const auto found = std::find(table.columns.begin(), table.columns.end(), column);
  REQUIRE(found != table.columns.end());
  return ParseNumber(row.cells[found - table.columns.begin()]).value_or(-1);
}

TEST_CASE("a plan chooses devices and batch too", "[program][deployment]") {
  const ProgramResult result =
      DeployedPlan({"--batch", "16,auto", "--gpus", "1,2", "--show", "all", "--format", "csv"});
  REQUIRE(result.status == 0);
  const CsvTable table = ParseCsv(result.out, "plan");
  std::set<double> gpus;
  size_t of_16 = 0;
  for (const CsvRow& row : table.rows) {
    gpus.insert(Cell(table, row, "gpus"));
    of_16 += Cell(table, row, "batch") == 16 ? 1 : 0;
    // A step's tokens, over all its devices, are what one sequence generates times the batch.
    const double rate = Cell(table, row, "tokens_per_second_per_gpu");
    CHECK(Cell(table, row, "memory_bytes") <= 0.9 * 80 * 1024 * 1024 * 1024);
    CHECK(Cell(table, row, "latency_seconds") > 0);
    CHECK(Cell(table, row, "questions_per_second_per_gpu") ==
          Approx(1 / Cell(table, row, "seconds")));
    CHECK(rate > 0);
    if (Cell(table, row, "samples") == 1) {
      // One sample: its longest is all there is, so latency x rate x gpus = tokens x batch.
      const double tokens = rate * Cell(table, row, "seconds");
      CHECK(Cell(table, row, "latency_seconds") ==
            Approx(Cell(table, row, "batch") * tokens / (rate * Cell(table, row, "gpus"))));
    }
  }
  CHECK(gpus == std::set<double>{1, 2});
  CHECK(of_16 > 100);
  CHECK_THAT(result.err,
             Catch::Contains("do not fit the memory of h100: Qwen3-32B dense (batch 16)"));
}

TEST_CASE("latency constrains a plan", "[program][deployment]") {
  const ProgramResult free = DeployedPlan({"--batch", "auto", "--format", "json"});
  const ProgramResult fast =
      DeployedPlan({"--batch", "auto", "--max-latency", "30s", "--format", "json"});
  const JsonDocument loose(free.out, "plan");
  const JsonDocument tight(fast.out, "plan");
  CHECK(tight.Root()["best"]["latency_seconds"].Positive("latency") <= 30);
  CHECK(loose.Root()["best"]["latency_seconds"].Positive("latency") > 30);
  CHECK(tight.Root()["best"]["accuracy"].Positive("accuracy") <
        loose.Root()["best"]["accuracy"].Positive("accuracy"));
  const ProgramResult none =
      DeployedPlan({"--batch", "auto", "--max-latency", "1ms", "--format", "json"});
  CHECK(none.status == 3);
  CHECK(JsonDocument(none.out, "plan").Root()["best"].IsNull());
  CHECK_THAT(none.err, Catch::Contains("the fastest allocation answers in"));
}

TEST_CASE("tensor parallel 1 has no communication, and the default no deployment",
          "[program][deployment]") {
  const ProgramResult plain = DeployedPlan({"--format", "json"});
  const ProgramResult one = DeployedPlan({"--format", "json", "--gpus", "1", "--batch", "inf"});
  const JsonDocument a(plain.out, "plan");
  const JsonDocument b(one.out, "plan");
  CHECK(a.Root()["frontier"].Dump() == b.Root()["frontier"].Dump());
  CHECK(a.Root()["best"]["link_bytes"].Dump() == "0");
  CHECK(a.Root()["best"]["batch"].IsNull());
  CHECK(a.Root()["best"]["latency_seconds"].IsNull());
}

TEST_CASE("a cost says what memory it takes", "[program][deployment]") {
  const std::vector<std::string> allocation = {
      "cost", "--model", "Qwen3-8B", "--hardware", "h100", "--generation-tokens", "8192"};
  const auto run = [&](std::vector<std::string> options) {
    options.insert(options.begin(), allocation.begin(), allocation.end());
    return RunProgram(options);
  };
  const ProgramResult fits = run({"--batch", "auto", "--format", "json"});
  const JsonDocument cost(fits.out, "cost");
  CHECK(cost.Root()["memory"]["fits"].Dump() == "true");
  CHECK(cost.Root()["memory"]["weights"].Positive("weights") == 2.0 * 8'190'735'360);
  CHECK_THAT(run({"--batch", "1000"}).out, Catch::Contains("DOES NOT FIT"));
  const ProgramResult none = run({"--batch", "auto", "--max-memory", "10GB"});
  CHECK(none.status == 1);
  CHECK(none.err == "kinetics: error: model Qwen3-8B: not one sequence fits the memory of h100\n");
  CHECK_THAT(
      run({"--gpus", "3"}).err,
      Catch::Contains("32 query heads and 8 KV heads cannot be spread evenly over 3 devices"));
  CHECK_THAT(run({"--prefill"}).out, Catch::Contains("prefill"));
}

TEST_CASE("a model says how much context fits a device", "[program][deployment]") {
  const ProgramResult result =
      RunProgram({"model", "Meta-Llama-3.1-8B", "--hardware", "h100,l40s", "--gpus", "1,2",
                  "--context", "8192", "--format", "json"});
  REQUIRE(result.status == 0);
  const JsonDocument document(result.out, "model");
  const JsonValue memory = document.Root()["memory"];
  REQUIRE(memory.Size() == 4);
  const double usable = memory[0]["usable_bytes"].Positive("usable");
  const double left = usable - memory[0]["weight_bytes"].Positive("weights") -
                      memory[0]["reserve_bytes"].Positive("reserve");
  CHECK(memory[0]["kv_tokens"].Positive("tokens") == std::floor(left / 131'072));
  CHECK(memory[0]["sequences"].Positive("sequences") == std::floor(left / 131'072 / 8192));
  CHECK(memory[1]["gpus"].Positive("gpus") == 2);
  CHECK(RunProgram({"model", "--hardware", "h100"}).status == 2);
  // What is printed reads back as a preset.
  const test::TemporaryFolder folder;
  const std::string saved = folder.Write("saved.json", result.out);
  CHECK(RunProgram({"model", saved}).status == 0);
}

TEST_CASE("deployments that make no sense are usage errors", "[program][deployment]") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--batch", "some"}, "found 'some'"},
      {{"--batch", "0"}, "found '0'"},
      {{"--gpus", "0"}, "found '0'"},
      {{"--gpus", "2000"}, "at most 1024 devices"},
      {{"--max-memory", "80"}, ""},
      {{"--max-memory", "-1GB"}, "found '-1GB'"},
      {{"--max-memory", "80gigs"}, "found '80gigs'"},
      {{"--memory-utilisation", "1.5"}, "at most 1"},
      {{"--max-latency", "5PeFLOPs"}, "expected a time"},
      {{"--max-latency", "5s"}, "--max-latency needs a finite --batch, or auto"},
      {{"--weight-dtype", "int3"}, "found 'int3'"},
      {{"--price", "1,2", "--batch", "auto", "--max-latency", "5s"}, "exclude each other"},
      {{"--growth", "--law", "x", "--batch", "auto"}, "exclude each other"}};
  for (const auto& [options, message] : cases) {
    INFO(options[0] << " " << options[1]);
    const ProgramResult result = DeployedPlan(options);
    CHECK(result.status == (message.empty() ? 0 : 2));
    CHECK_THAT(result.err, Catch::Contains(message));
  }
}

TEST_CASE("runs that no device count spreads are named", "[program][deployment]") {
  const ProgramResult some = DeployedPlan({"--gpus", "1,3", "--format", "csv"});
  CHECK(some.status == 0);
  CHECK_THAT(some.err, Catch::Contains("heads that cannot be spread evenly: Qwen3-0.6B over 3"));
  CHECK(DeployedPlan({"--gpus", "3"}).status == 1);
}

}  // namespace
}  // namespace kinetics
