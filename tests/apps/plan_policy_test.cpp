// Plans by other policies than coverage, from outside.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "kinetics/io/csv.h"
#include "tests/apps/toy_records.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using test::CheckRefused;
using test::CheckTable;
using test::ProgramResult;
using test::RunProgram;

ProgramResult PlanBy(const std::string& policies, std::vector<std::string> more) {
  more.insert(more.begin(), {"plan", "--policy", policies});
  return RunProgram(more);
}

nlohmann::json JsonBy(const std::string& policies, std::vector<std::string> more) {
  more.insert(more.end(), {"--format", "json"});
  return test::ParseReport(PlanBy(policies, more).out, "kinetics.plan/1");
}

TEST_CASE("the default policy is coverage, and naming it changes no figure", "[program][policy]") {
  const std::vector<std::string> budget = {"plan", "--budget", "2s"};
  const ProgramResult without = RunProgram(budget);
  const ProgramResult with = PlanBy("coverage", {"--budget", "2s"});
  const auto figures = [](const std::string& text) { return text.substr(text.find("on b200")); };
  CHECK(figures(with.out) == figures(without.out));
  const nlohmann::json report = JsonBy("coverage", {"--budget", "2s"});
  CHECK(report["best"]["policy"] == "coverage");
  CHECK(report["best"]["mean_samples"] == report["best"]["samples"]);
}

TEST_CASE("every row names its policy, in CSV where one was asked for", "[program][policy]") {
  const nlohmann::json report =
      JsonBy("coverage,sequential", {"--budget", "1s", "--show", "all", "--bootstrap", "0"});
  CHECK(report["best"]["policy"] == "sequential");
  CHECK(report["best"]["mean_samples"] < report["best"]["samples"]);
  CHECK(report["best"]["upper_bound"] == false);
  size_t sequential = 0;
  for (const nlohmann::json& row : report["allocations"]) {
    sequential += row["policy"] == "sequential" ? 1 : 0;
  }
  CHECK(sequential * 2 == report["allocations"].size());
  const CsvTable table =
      ParseCsv(PlanBy("sequential", {"--budget", "1s", "--format", "csv"}).out, "plan");
  CHECK(table.columns[5] == "policy");
  CHECK(table.rows.front().cells[5] == "sequential");
  const ProgramResult text = PlanBy("coverage,sequential", {"--budget", "1s"});
  CheckTable(text.out);
  CHECK_THAT(text.out, Catch::Contains("one after another until one is right"));
}

TEST_CASE("within a limit an adaptive plan needs the trials that are correct",
          "[program][policy]") {
  CheckRefused(PlanBy("adaptive", {"--model", "Qwen3-8B", "--attention", "dense",
                                   "--generation-tokens", "4096"}),
               1,
               "no allocation of task aime24 can be evaluated; not adaptive, with "
               "--generation-tokens but without the trials that are correct: Qwen3-8B dense");
}

TEST_CASE("policies are served, and latency counts samples or stages in turn",
          "[program][policy]") {
  const std::vector<std::string> served = {
      "--budget", "2s", "--batch", "16", "--samples", "1,4", "--show", "all", "--bootstrap", "0"};
  const nlohmann::json report = JsonBy("coverage,sequential,cascade,adaptive", served);
  for (const nlohmann::json& row : report["allocations"]) {
    CHECK(row["latency_seconds"] > 0);
    CHECK(row["batch"] == 16);
    if (row["policy"] == "sequential") {
      // One step of a sequence of its own after another.
      CHECK(row["latency_seconds"].get<double>() ==
            Approx(16 * row["seconds"].get<double>()).epsilon(1e-12));
    }
  }
  CheckRefused(PlanBy("cascade", {"--batch", "16", "--max-latency", "30s"}), 2,
               "--max-latency and --policy cascade exclude each other");
  const ProgramResult within =
      PlanBy("sequential", {"--batch", "16", "--max-latency", "60s", "--format", "csv"});
  CHECK(within.status == 0);
  CheckTable(PlanBy("cascade",
                    {"--batch", "16,64", "--gpus", "1,2", "--budget", "9s", "--hardware", "h100"})
                 .out);
}

TEST_CASE("a plan by a policy depends on no number of threads", "[program][policy]") {
  const auto with_threads = [](const std::string& threads) {
    return RunProgram({"plan", "--policy", "sequential", "--format", "csv"},
                      {"OMP_NUM_THREADS=" + threads})
        .out;
  };
  CHECK(with_threads("1") == with_threads("2"));
}

TEST_CASE("a cascade's row has both stages", "[program][policy]") {
  const std::vector<std::string> budget = {"--budget", "2s", "--bootstrap", "50"};
  const nlohmann::json report = JsonBy("cascade", budget);
  const nlohmann::json& best = report["best"];
  CHECK(best["policy"] == "cascade");
  CHECK(best["second_stage"]["model"] == "Qwen3-32B");
  CHECK(best["seconds"] <= 2);
  CHECK(report["rivals"].size() == 5);
  // No worse than coverage, which is a cascade without a second stage.
  CHECK(best["accuracy"] >= JsonBy("coverage", budget)["best"]["accuracy"]);
  CHECK(report["frontier"][0]["second_stage"].is_null());
  CHECK(report["frontier"][0]["policy"] == "cascade");
  const ProgramResult text = PlanBy("coverage,cascade", {"--budget", "2s", "--show", "all"});
  CheckTable(text.out);
  CHECK_THAT(text.out, Catch::Contains("for what is left"));
  CheckTable(PlanBy("cascade", {"--budget", "2s", "--hardware", "h100,b200"}).out);
  const CsvTable table =
      ParseCsv(PlanBy("cascade", {"--budget", "1s", "--format", "csv"}).out, "plan");
  CHECK(table.columns[8] == "second_model");
  CHECK(table.columns[12] == "second_samples");
  CHECK_FALSE(table.rows.back().cells[8].empty());
}

TEST_CASE("an adaptive row says that it is an upper bound", "[program][policy]") {
  const nlohmann::json report = JsonBy("coverage,adaptive", {"--budget", "1s"});
  CHECK(report["best"]["policy"] == "adaptive");
  CHECK(report["best"]["upper_bound"] == true);
  CHECK(report["best"]["seconds"].get<double>() == Approx(1).epsilon(1e-9));
  const std::string text = PlanBy("coverage,adaptive", {"--budget", "1s"}).out;
  CheckTable(text);
  CHECK_THAT(text, Catch::Contains("adaptive (bound)") && Catch::Contains("hindsight"));
}

TEST_CASE("a budget of money is one of time at the device's price", "[program][policy]") {
  for (const char* policy : {"coverage", "sequential", "cascade", "adaptive"}) {
    INFO(policy);
    const auto best = [&](const std::string& budget) {
      return JsonBy(policy, {"--budget", budget, "--price-per-hour", "3.6"})["best"];
    };
    const nlohmann::json by_money = best("0.0007usd");
    CHECK(by_money["usd"].get<double>() <= 0.0007 * (1 + 1e-12));
    CHECK(by_money["usd"].get<double>() == Approx(0.001 * by_money["seconds"].get<double>()));
    const nlohmann::json by_time = best("0.7s");
    for (const char* key : {"model", "attention", "policy", "samples", "second_stage"}) {
      CHECK(by_money[key] == by_time[key]);
    }
    CHECK(by_money["accuracy"].get<double>() == Approx(by_time["accuracy"].get<double>()));
  }
}

TEST_CASE("the bundled records have no answers to vote on", "[program][policy]") {
  const ProgramResult result = PlanBy("majority", {"--model", "Qwen3-8B", "--attention", "dense"});
  CheckRefused(result, 1,
               "no allocation of task aime24 can be evaluated; no majority vote, without recorded "
               "answers: Qwen3-8B dense");
}

TEST_CASE("with a law adaptive plans are by its difficulties, and no bound",
          "[program][policy][law]") {
  const test::ToyLaw toy;
  for (const char* budget : {"5ms", "50ms", "300ms"}) {
    const nlohmann::json plan = toy.PlanJson({"--budget", budget, "--policy", "coverage,adaptive"});
    const nlohmann::json coverage = toy.PlanJson({"--budget", budget});
    CHECK(plan["best"]["policy"] == "adaptive");
    CHECK(plan["best"]["upper_bound"] == false);
    CHECK(plan["best"]["origin"] == "law");
    CHECK(plan["best"]["seconds"].get<double>() <= plan["budget"]["value"].get<double>());
    CHECK(plan["best"]["mean_samples"] <= plan["best"]["samples"]);
    CHECK(plan["best"]["accuracy"] > coverage["best"]["accuracy"]);
    const nlohmann::json& interval = plan["best"]["accuracy_interval"];
    CHECK(interval.at(0) < plan["best"]["accuracy"]);
    CHECK(plan["best"]["accuracy"] < interval.at(1));
  }
  const std::string text = toy.Plan({"--budget", "50ms", "--policy", "adaptive"}).out;
  CheckTable(text);
  CHECK_THAT(text, !Catch::Contains("hindsight") && Catch::Contains("how hard"));
}

TEST_CASE("recorded and predicted adaptive plans stand side by side", "[program][policy][law]") {
  const test::ToyLaw toy;
  const nlohmann::json plan = toy.PlanJson({"--records", toy.RecordsPath(), "--budget", "50ms",
                                            "--policy", "adaptive", "--show", "all"});
  size_t bounds = 0;
  for (const nlohmann::json& row : plan["allocations"]) {
    CHECK(row["policy"] == "adaptive");
    CHECK(row["upper_bound"] == (row["origin"] == "recorded"));
    bounds += row["upper_bound"] == true ? 1 : 0;
  }
  CHECK(bounds > 0);
  CHECK(bounds < plan["allocations"].size());
}

TEST_CASE("what excludes a policy is said in one line", "[program][policy]") {
  CheckRefused(PlanBy("sequential", {"--allocation", "oracle"}), 2,
               "--allocation oracle and --policy exclude each other");
  CheckRefused(PlanBy("sequential", {"--law", "law.json", "--growth"}), 2,
               "--growth and --policy exclude each other");
  CheckRefused(PlanBy("sequential", {"--law", "law.json"}), 2,
               "--law plans by coverage and adaptive; --policy sequential needs recorded trials");
  CheckRefused(PlanBy("sequental", {}), 2,
               "--policy: expected coverage, sequential, cascade, majority or adaptive, found "
               "'sequental'; did you mean sequential?");
}

}  // namespace
}  // namespace kinetics
