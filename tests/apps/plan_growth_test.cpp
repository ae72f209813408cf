// `kinetics plan --law --growth` from outside.
#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "kinetics/core/text.h"
#include "kinetics/io/csv.h"
#include "tests/apps/toy_records.h"

namespace kinetics {
namespace {

using nlohmann::json;
using test::ParseReport;
using test::ProgramResult;
using test::RunProgram;
using test::ToyLaw;

const std::vector<std::string> kQuantities = {"kv_budget", "kv_budget_balanced", "tokens",
                                              "samples", "parameters"};

/// `plan --law law.json --growth` with a few draws, each of which looks at the whole grid again.
ProgramResult Growth(const ToyLaw& toy, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"plan", "--law", toy.LawPath(), "--growth"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  for (const auto& [option, value] :
       {std::pair("--samples", "pow2"), std::pair("--bootstrap", "20")}) {
    if (std::find(more.begin(), more.end(), option) == more.end()) {
      arguments.insert(arguments.end(), {option, value});
    }
  }
  return RunProgram(arguments);
}

json GrowthJson(const ToyLaw& toy, std::vector<std::string> more) {
  more.insert(more.end(), {"--format", "json"});
  const ProgramResult result = Growth(toy, more);
  REQUIRE(result.status == 0);
  return ParseReport(result.out, "kinetics.growth/1");
}

TEST_CASE("growth has five elasticities a budget, with intervals from draws", "[program][law]") {
  const ToyLaw toy;
  const json report = GrowthJson(toy, {"--budget", "50ms,100ms"});
  CHECK(report.at("task") == "toy");
  CHECK(report.at("law") == toy.LawPath());
  CHECK(report.at("draws") == 20);
  CHECK(report.at("allocations") == 4 * 14 * 21 * 6);
  const json& rows = report.at("growth");
  REQUIRE(rows.size() == 2 * kQuantities.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    INFO(rows[i]);
    CHECK(rows[i].at("quantity") == kQuantities[i % kQuantities.size()]);
    CHECK(rows[i].at("budget").at("value") == (i < kQuantities.size() ? 0.05 : 0.1));
    CHECK(rows[i].at("value") > 0);
    const json& elasticity = rows[i].at("elasticity");
    CHECK(rows[i].at("per_doubling").get<double>() ==
          Approx(std::exp2(elasticity.at("value").get<double>())));
    CHECK(elasticity.at("standard_error") >= 0);
    CHECK(elasticity.at("interval").at(0) <= elasticity.at("interval").at(1));
  }
  CHECK(rows[0].at("accuracy") < rows[5].at("accuracy"));
  CHECK(rows[0].at("value") < rows[1].at("value"));  // the balanced budget adds to the budget
}

TEST_CASE("what grows is what a plan under that budget has", "[program][law]") {
  const ToyLaw toy;
  const json rows = GrowthJson(toy, {"--budget", "100ms", "--bootstrap", "0"}).at("growth");
  const json best =
      toy.PlanJson({"--budget", "100ms", "--samples", "pow2", "--show", "best"}).at("best");
  REQUIRE(rows.size() == kQuantities.size());
  CHECK(rows[0].at("accuracy").get<double>() == Approx(best.at("accuracy").get<double>()));
  CHECK(rows[3].at("value") == best.at("samples"));
  // Generated tokens of all samples: linear FLOPs are 2 P a token.
  CHECK(rows[2].at("value").get<double>() * 2 * rows[4].at("value").get<double>() ==
        Approx(best.at("terms").at("flops").at("linear").get<double>()).epsilon(0.05));
  CHECK(rows[0].at("elasticity").at("interval").is_null());  // no draws
}

TEST_CASE("growth of a dense model without a choice is that of samples and tokens",
          "[program][law]") {
  const ToyLaw toy;
  const json rows =
      GrowthJson(toy, {"--model", "Qwen3-1.7B", "--attention", "dense", "--generation-tokens",
                       "16000", "--samples", "1-32", "--budget", "10s", "--bootstrap", "0"})
          .at("growth");
  std::map<std::string, double> elasticity;
  for (const json& row : rows) {
    elasticity[row.at("quantity").get<std::string>()] =
        row.at("elasticity").at("value").get<double>();
  }
  REQUIRE(elasticity.size() == kQuantities.size());
  // One model, one length: only the number of samples can grow, and tokens with it.
  CHECK(elasticity.at("parameters") == Approx(0).margin(1e-12));
  CHECK(elasticity.at("kv_budget") == Approx(0).margin(1e-12));
  CHECK(elasticity.at("tokens") == Approx(elasticity.at("samples")));
  CHECK(elasticity.at("samples") > 0.3);
  CHECK(elasticity.at("samples") < 1.1);
}

TEST_CASE("growth without budgets takes some in steps of a doubling", "[program][law]") {
  const ToyLaw toy;
  const CsvTable table =
      ParseCsv(Growth(toy, {"--format", "csv", "--bootstrap", "0"}).out, "growth");
  CHECK(table.columns == std::vector<std::string>{"budget", "unit", "quantity", "value",
                                                  "elasticity", "elasticity_low", "elasticity_high",
                                                  "per_doubling"});
  REQUIRE(table.rows.size() >= 2 * kQuantities.size());
  REQUIRE(table.rows.size() % kQuantities.size() == 0);
  for (size_t i = kQuantities.size(); i < table.rows.size(); ++i) {
    const auto now = ParseNumber(table.rows[i].cells[0]);
    const auto before = ParseNumber(table.rows[i - kQuantities.size()].cells[0]);
    REQUIRE((now && before));
    CHECK(*now == Approx(2 * *before));
  }
}

TEST_CASE("growth is the same for the same seed, and draws at most 200 times", "[program][law]") {
  const ToyLaw toy;
  const std::vector<std::string> small = {"--model",       "Qwen3-1.7B", "--attention",
                                          "dense,topk:64", "--samples",  "1,2",
                                          "--budget",      "50ms",       "--format"};
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = small;
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Growth(toy, arguments).out;
  };
  const std::string one = run({"csv", "--seed", "1"});
  CHECK(one == run({"csv", "--seed", "1"}));
  CHECK(one != run({"csv", "--seed", "2"}));
  CHECK(ParseReport(run({"json", "--bootstrap", "300"}), "kinetics.growth/1").at("draws") == 200);
}

TEST_CASE("the tables of growth keep within 80 columns", "[program][law]") {
  const ToyLaw toy;
  const ProgramResult result = Growth(toy, {"--budget", "50ms,100ms"});
  REQUIRE(result.status == 0);
  CHECK(result.err.empty());  // no progress where it is not a terminal
  test::CheckTable(result.out);
  CHECK_THAT(result.out, Catch::Contains("intervals from 20 draws of the law's parameters") &&
                             Catch::Contains("\nSamples\n") &&
                             Catch::Contains("\nActive parameters\n"));
}

TEST_CASE("growth where a smaller budget buys nothing is left out, all of it with 3",
          "[program][law]") {
  const ToyLaw toy;
  const ProgramResult some = Growth(toy, {"--budget", "1us,50ms", "--format", "csv"});
  CHECK(some.status == 0);
  CHECK_THAT(some.err, Catch::StartsWith("kinetics: note: growth around 1e-06 s left out: "));
  CHECK(std::count(some.err.begin(), some.err.end(), '\n') == 1);
  CHECK(ParseCsv(some.out, "growth").rows.size() == kQuantities.size());
  const ProgramResult none = Growth(toy, {"--budget", "1us", "--format", "json"});
  CHECK(none.status == 3);
  CHECK(ParseReport(none.out, "kinetics.growth/1").at("growth").empty());
}

}  // namespace
}  // namespace kinetics
