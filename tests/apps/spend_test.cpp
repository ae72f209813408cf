// Money, energy and carbon from outside: what time on a device is charged with.
#include "kinetics/core/text.h"
#include "kinetics/io/csv.h"
#include "kinetics/io/json.h"
#include "kinetics/plan/budget.h"
#include "tests/apps/toy_records.h"

namespace kinetics {
namespace {

using test::CheckRefused;
using test::ProgramResult;
using test::RunProgram;

/// A plan of the bundled records without intervals.
std::vector<std::string> QuickPlan(const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"plan", "--bootstrap", "0", "--samples", "pow2"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// What identifies the best allocation of a plan's JSON, without its arguments.
std::string BestOf(const std::vector<std::string>& more) {
  std::vector<std::string> arguments = QuickPlan(more);
  arguments.insert(arguments.end(), {"--format", "json", "--show", "best"});
  const ProgramResult result = RunProgram(arguments);
  REQUIRE(result.status == 0);
  const JsonDocument document(result.out, "plan");
  return document.Root()["best"].Dump();
}

// At 3.6 USD an hour, 500 W and 720 g a kWh a second is 0.001 USD, 500 J and 0.1 g.
const std::vector<std::string> kRound = {"--price-per-hour", "3.6", "--power", "500",
                                         "--grid",           "720"};

std::vector<std::string> Under(const std::string& budget) {
  std::vector<std::string> options = {"--budget", budget};
  options.insert(options.end(), kRound.begin(), kRound.end());
  return options;
}

TEST_CASE("a budget buys the same in seconds and in what they are charged with", "[program]") {
  const std::string two_seconds = BestOf(Under("2s"));
  // A hair above, so that rounding of the products decides nothing.
  CHECK(BestOf(Under("0.0020000001usd")) == two_seconds);
  CHECK(BestOf(Under("1.0000001kJ")) == two_seconds);
  CHECK(BestOf(Under("0.20000001gCO2")) == two_seconds);
  CHECK(BestOf(Under("1s")) != two_seconds);
}

TEST_CASE("rows of plans and costs say usd, joules and grams of CO2", "[program]") {
  const auto check = [](const JsonValue& row) {
    const double seconds = row["seconds"].Positive("seconds");
    CHECK(row["usd"].Positive("usd") == Approx(seconds * 3.6 / 3600).epsilon(1e-12));
    CHECK(row["joules"].Positive("J") == Approx(seconds * 500).epsilon(1e-12));
    CHECK(row["grams_co2"].Positive("g") == Approx(seconds * 500 / 3.6e6 * 720).epsilon(1e-12));
  };
  std::vector<std::string> plan = QuickPlan(Under("0.002usd"));
  plan.insert(plan.end(), {"--format", "json", "--per-question"});
  const JsonDocument planned(RunProgram(plan).out, "plan");
  const JsonValue& root = planned.Root();
  CHECK(root["budget"].Dump() == R"({"unit":"usd","value":0.002})");
  CHECK(root["rates"]["price_usd_per_hour"]["source"].String() == "--price-per-hour");
  CHECK(root["rates"]["grid_grams_co2_per_kwh"]["value"].Positive("g") == 720);
  check(root["best"]);
  check(root["best"]["questions"][0]);
  check(root["rivals"][0]);
  check(root["frontier"][3]);
  std::vector<std::string> cost = {"cost", "--model",  "Qwen3-8B", "--generation-tokens",
                                   "8192", "--format", "json"};
  cost.insert(cost.end(), kRound.begin(), kRound.end());
  const JsonDocument costed(RunProgram(cost).out, "cost");
  check(costed.Root());
}

TEST_CASE("what a device has no figure for is null, or an error where it is needed", "[program]") {
  const JsonDocument paper(
      RunProgram(QuickPlan({"--hardware", "b200-paper", "--budget", "2s", "--format", "json"})).out,
      "plan");
  CHECK(paper.Root()["best"]["usd"].IsNull());
  CHECK(paper.Root()["best"]["joules"].IsNull());
  CHECK(paper.Root()["best"]["grams_co2"].IsNull());
  CheckRefused(RunProgram(QuickPlan({"--hardware", "b200-paper", "--budget", "1usd"})), 1,
               "hardware b200-paper: no price per hour is known; give --price-per-hour USD");
  CheckRefused(RunProgram(QuickPlan({"--hardware", "b200-paper", "--budget", "1gCO2"})), 1,
               "hardware b200-paper: no power is known; give --power WATTS");
  CheckRefused(RunProgram({"isocost", "--hardware", "b200-paper", "--cost-of", "1J"}), 1,
               "hardware b200-paper: no power is known; give --power WATTS");
  CheckRefused(RunProgram(QuickPlan({"--power", "much"})), 2,
               "--power: expected watts, board or facility; found 'much'");
  CheckRefused(RunProgram(QuickPlan({"--grid", "0"})), 2,
               "--grid: expected a number from 1e-12 to 1e12, found '0'");
  CheckRefused(RunProgram(QuickPlan({"--price-per-hour", "-2"})), 2,
               "--price-per-hour: expected a number from 1e-12 to 1e12, found '-2'");
}

TEST_CASE("CSV has money, energy and carbon where they are asked for", "[program]") {
  const auto columns = [](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = QuickPlan(more);
    arguments.insert(arguments.end(), {"--format", "csv"});
    return ParseCsv(RunProgram(arguments).out, "plan").columns;
  };
  const std::vector<std::string> plain = columns({"--budget", "2s"});
  std::vector<std::string> charged = plain;
  charged.insert(charged.end(), {"usd", "joules", "grams_co2"});
  CHECK(plain.back() == "seconds");
  CHECK(columns({"--budget", "400J"}) == charged);
  CHECK(columns({"--budget", "2s", "--grid", "100"}) == charged);
  const CsvTable oracle =
      ParseCsv(RunProgram({"plan", "--allocation", "oracle", "--samples", "1", "--budget",
                           "0.001usd", "--format", "csv", "--bootstrap", "0"})
                   .out,
               "plan");
  REQUIRE(oracle.columns.size() == 10);
  CHECK(oracle.columns[7] == "usd");
  const double spent = *ParseNumber(oracle.rows[0].cells[7]);
  CHECK(spent > 0);
  CHECK(spent <= 0.001);
  CHECK(spent == Approx(*ParseNumber(oracle.rows[0].cells[6]) * 2.9 / 3600).epsilon(1e-12));
}

TEST_CASE("tables give costs in the budget's unit and say what is charged", "[program]") {
  const std::string text = RunProgram(QuickPlan({"--budget", "400J"})).out;
  test::CheckTable(text);
  CHECK_THAT(text, Catch::Contains("charged: b200 1000 W ("));
  CHECK_THAT(text, Catch::Contains("Best under 400 J a question"));
  CHECK_THAT(text, Catch::Contains("  seconds     J  accuracy"));
  // Without a budget the unit is that of the rate that is given.
  CHECK_THAT(RunProgram(QuickPlan({"--price-per-hour", "5"})).out,
             Catch::Contains("  seconds       usd  accuracy"));
}

TEST_CASE("an allocation that costs an amount of money is found", "[program]") {
  const auto tokens = [](const std::string& target) {
    std::vector<std::string> arguments = {"isocost", "--cost-of", target,     "--rule", "additive",
                                          "--model", "Qwen3-8B",  "--format", "csv"};
    arguments.insert(arguments.end(), kRound.begin(), kRound.end());
    return *ParseNumber(ParseCsv(RunProgram(arguments).out, "isocost").rows[0].cells[5]);
  };
  const double two_seconds = tokens("2s");
  CHECK(tokens("0.002usd") == Approx(two_seconds).epsilon(1e-12));
  CHECK(tokens("1kJ") == Approx(two_seconds).epsilon(1e-12));
  CHECK(tokens("0.2gCO2") == Approx(two_seconds).epsilon(1e-12));
}

TEST_CASE("growth counts budgets in J", "[program]") {
  const test::ToyLaw law;
  const auto values = [&](const std::string& budget) {
    const ProgramResult result = law.Plan(
        {"--growth", "--budget", budget, "--power", "500", "--bootstrap", "0", "--format", "csv"});
    REQUIRE(result.status == 0);
    std::vector<std::string> found;
    for (const CsvRow& row : ParseCsv(result.out, "growth").rows) {
      found.push_back(row.cells[2] + " " + row.cells[3]);
    }
    return found;
  };
  CHECK(values("400J") == values("0.8s"));
}

}  // namespace
}  // namespace kinetics
