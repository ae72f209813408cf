// `kinetics plan --law` from outside: beside records, and where nothing fits.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "tests/apps/toy_records.h"

namespace kinetics {
namespace {

using nlohmann::json;
using test::ParseReport;
using test::ProgramResult;
using test::ToyLaw;

TEST_CASE("beside records a plan takes from them what they have, and the rest from the law",
          "[program][law]") {
  const ToyLaw toy;
  const std::vector<std::string> grid = {"--samples", "1,4,16",      "--show",
                                         "all",       "--attention", "dense,topk:64,topk:100"};
  std::vector<std::string> with_records = grid;
  with_records.insert(with_records.end(), {"--records", toy.RecordsPath()});
  const json joined = toy.PlanJson(with_records);
  const json by_law = toy.PlanJson(grid);
  // The recorded ones stand in for predictions: none is added, none is lost.
  CHECK(joined.at("allocations").size() == by_law.at("allocations").size());
  size_t recorded = 0;
  for (const json& row : joined.at("allocations")) {
    INFO(row);
    const bool has_trials = row.at("generation_tokens").is_null() && row.at("samples") <= 8 &&
                            row.at("attention") != json({{"kind", "topk"}, {"top_tokens", 100}});
    CHECK(row.at("origin") == (has_trials ? "recorded" : "law"));
    CHECK((!has_trials || row.at("extrapolation").empty()));
    recorded += has_trials ? 1 : 0;
  }
  CHECK(recorded == size_t{4} * 2 * 2);  // models, attentions, numbers of samples
}

TEST_CASE("recorded rows of a plan by a law are those of a plan without it", "[program][law]") {
  const ToyLaw toy;
  const auto key = [](const json& row) {
    return std::make_tuple(row.at("model").get<std::string>(), row.at("attention").dump(),
                           row.at("samples").get<int64_t>());
  };
  const std::vector<std::string> more = {"--records", toy.RecordsPath(), "--samples",
                                         "1,2,8",     "--show",          "all"};
  std::vector<std::string> arguments = {"plan", "--format", "json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const json plain = ParseReport(test::RunProgram(arguments).out, "kinetics.plan/1");
  std::map<decltype(key(plain)), json> rows;
  for (const json& row : plain.at("allocations")) {
    rows.emplace(key(row), row);
  }
  REQUIRE(rows.size() == size_t{12} * 3);
  size_t compared = 0;
  const json joined = toy.PlanJson(more);
  for (const json& row : joined.at("allocations")) {
    if (row.at("origin") != "recorded") {
      continue;
    }
    const json& alone = rows.at(key(row));
    for (const char* member : {"accuracy", "seconds", "flops", "bytes", "eflops", "terms"}) {
      CHECK(row.at(member) == alone.at(member));
    }
    ++compared;
  }
  CHECK(compared == rows.size());
}

TEST_CASE("the law of the bundled records agrees with them where they were recorded",
          "[program][law]") {
  const test::TemporaryFolder folder;
  const std::string law = folder.Path("law.json");
  REQUIRE(test::RunProgram({"fit", "law", "-o", law}).status == 0);
  const std::vector<std::string> grid = {
      "--samples", "1,8",      "--show",      "all",
      "--model",   "Qwen3-8B", "--attention", "dense,topk:64,topk:512",
      "--format",  "json"};
  const auto rows = [&grid](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), grid.begin(), grid.end());
    return ParseReport(test::RunProgram(arguments).out, "kinetics.plan/1").at("allocations");
  };
  const json predicted =
      rows({"plan", "--law", law, "--generation-tokens", "30767", "--bootstrap", "0"});
  size_t compared = 0;
  for (const json& recorded : rows({"plan", "--bootstrap", "0"})) {
    for (const json& row : predicted) {
      if (row.at("attention") == recorded.at("attention") &&
          row.at("samples") == recorded.at("samples")) {
        INFO(recorded.at("attention") << " " << recorded.at("samples"));
        // It is off by 2.0 points and 5 % in the mean where it has not seen a run.
        CHECK(row.at("accuracy").get<double>() ==
              Approx(recorded.at("accuracy").get<double>()).margin(0.06));
        CHECK(row.at("seconds").get<double>() ==
              Approx(recorded.at("seconds").get<double>()).epsilon(0.15));
        CHECK(row.at("extrapolation").empty());
        ++compared;
      }
    }
  }
  CHECK(compared == size_t{3} * 2);
}

TEST_CASE("the report of a plan beside records says which rows are whose", "[program][law]") {
  const ToyLaw toy;
  const ProgramResult result =
      toy.Plan({"--records", toy.RecordsPath(), "--budget", "1s", "--show", "all", "--samples", "1",
                "--attention", "dense,topk:100", "--generation-tokens", "16000"});
  REQUIRE(result.status == 0);
  CHECK_THAT(result.out,
             Catch::StartsWith("toy: 6 questions, 4 recorded and 8 predicted runs of 4 models, ") &&
                 Catch::Contains("where not recorded"));
  CHECK_THAT(result.out, Catch::Contains("  data\n") && Catch::Contains("  law\n"));
}

TEST_CASE("a model that has only been recorded needs no catalogue to be left out in one line",
          "[program][law]") {
  Records records = test::ToyRecords();
  for (size_t r = 0; r < 3; ++r) {
    records.runs[r].model = "mystery";
  }
  const ToyLaw toy(records);
  const ProgramResult result = toy.Plan({"--format", "json"});
  REQUIRE(result.status == 0);
  CHECK(result.err == "kinetics: note: left out, models that no catalogue has: mystery\n");
  std::set<std::string> models;
  const json plan = ParseReport(result.out, "kinetics.plan/1");
  for (const json& row : plan.at("frontier")) {
    models.insert(row.at("model").get<std::string>());
  }
  CHECK(models.count("mystery") == 0);
  // Named with its sizes it takes part.
  const ProgramResult named =
      toy.Plan({"--format", "json", "--model",
                "mystery=" KINETICS_SOURCE_DIR "/configs/models/Qwen3-0.6B.json"});
  REQUIRE(named.status == 0);
  CHECK(ParseReport(named.out, "kinetics.plan/1").at("best").at("model") == "mystery");
}

TEST_CASE("a plan by a law that nothing fits ends with 3, and JSON is still printed",
          "[program][law]") {
  const ToyLaw toy;
  for (const std::vector<std::string>& question : std::vector<std::vector<std::string>>{
           {"--budget", "1us"},
           {"--budget", "1us", "--records", toy.RecordsPath()},
           {"--min-accuracy", "0.9", "--generation-tokens", "1000", "--samples", "1"},
           {"--min-accuracy", "0.9", "--budget", "2ms"}}) {
    std::vector<std::string> arguments = question;
    arguments.insert(arguments.end(), {"--format", "json"});
    const ProgramResult result = toy.Plan(arguments);
    CHECK(result.status == 3);
    CHECK_THAT(result.err,
               Catch::StartsWith("kinetics: note: no allocation fits; the cheapest costs ") &&
                   Catch::EndsWith(" %\n"));
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    const json plan = ParseReport(result.out, "kinetics.plan/1");
    CHECK(plan.at("best").is_null());
    CHECK(plan.at("rivals").empty());
    CHECK(plan.at("candidates").empty());
    const ProgramResult text = toy.Plan(question);
    CHECK(text.status == 3);
    CHECK_THAT(text.out, Catch::Contains("\nNo allocation "));
    test::CheckTable(text.out);
  }
}

TEST_CASE("budgets that buy nothing end with 3 only where none buys anything", "[program][law]") {
  const ToyLaw toy;
  const ProgramResult none = toy.Plan({"--budget", "1us,2us", "--format", "json"});
  CHECK(none.status == 3);
  const json best = ParseReport(none.out, "kinetics.plan/1").at("best");
  REQUIRE(best.size() == 2);
  CHECK(best.at(1).at("model").is_null());
  CHECK(toy.Plan({"--budget", "1us,50ms"}).status == 0);
  const ProgramResult oracle =
      toy.Plan({"--allocation", "oracle", "--budget", "1us", "--format", "json"});
  CHECK(oracle.status == 3);
  CHECK(oracle.err == "kinetics: note: no allocation fits\n");
  CHECK(ParseReport(oracle.out, "kinetics.plan/1").at("best").is_null());
}

}  // namespace
}  // namespace kinetics
