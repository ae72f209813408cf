// `kinetics plan --law` from outside: what it plans.
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "kinetics/core/text.h"
#include "kinetics/io/csv.h"
#include "tests/apps/toy_records.h"

namespace kinetics {
namespace {

using nlohmann::json;
using test::ToyLaw;

/// An accuracy within its interval, a cost within the budget, a price of the time spent.
void CheckRow(const json& row, double budget) {
  INFO(row);
  const auto accuracy = row.at("accuracy").get<double>();
  CHECK((accuracy >= 0 && accuracy <= 1));
  const json& interval = row.at("accuracy_interval");
  CHECK(interval.at(0) >= 0);
  CHECK(interval.at(0) <= accuracy + 1e-12);
  CHECK(interval.at(1) >= accuracy - 1e-12);
  CHECK(interval.at(1) <= 1);
  CHECK(row.at("origin") == "law");
  CHECK(row.at("seconds") > 0);
  CHECK(row.at("seconds") <= budget);
}

TEST_CASE("a plan by a law has the best, its rivals and 200 candidates that fit",
          "[program][law]") {
  const ToyLaw toy;
  const json plan = toy.PlanJson({"--budget", "100ms"});
  CHECK(plan.at("task") == "toy");
  CHECK(plan.at("law") == toy.LawPath());
  CHECK(plan.at("hardware") == "b200");
  CHECK(plan.at("allocation") == "uniform");
  CHECK(plan.at("bootstrap") == 40);
  CHECK(plan.at("budget") == json({{"value", 0.1}, {"unit", "s"}}));
  const json& candidates = plan.at("candidates");
  REQUIRE(candidates.size() == 200);
  CHECK(candidates.front() == plan.at("best"));
  double chances = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    CheckRow(candidates[i], 0.1);
    const auto chance = candidates[i].at("chance_best").get<double>();
    CHECK(chance >= 0);
    chances += chance;
    CHECK((i == 0 || candidates[i - 1].at("accuracy") >= candidates[i].at("accuracy")));
  }
  CHECK(chances == Approx(1));
  REQUIRE(plan.at("rivals").size() == 5);
  for (size_t i = 0; i < 5; ++i) {
    json rival = plan.at("rivals").at(i);
    const json& interval = rival.at("difference_interval");
    CHECK(rival.at("difference").get<double>() ==
          Approx(plan.at("best").at("accuracy").get<double>() - rival.at("accuracy").get<double>())
              .margin(1e-12));
    CHECK(interval.at(0) <= interval.at(1));
    CHECK((rival.at("wins") >= 0 && rival.at("wins") <= 1));
    for (const char* own : {"difference", "difference_interval", "wins"}) {
      rival.erase(own);
    }
    CHECK(rival == candidates[i + 1]);
  }
}

TEST_CASE("on a law's frontier more cost buys more accuracy, up to the best", "[program][law]") {
  const ToyLaw toy;
  const json plan = toy.PlanJson({"--budget", "100ms"});
  const json& frontier = plan.at("frontier");
  REQUIRE(frontier.size() > 10);
  for (size_t i = 0; i < frontier.size(); ++i) {
    CheckRow(frontier[i], 0.1);
    if (i > 0) {
      CHECK(frontier[i - 1].at("seconds") < frontier[i].at("seconds"));
      CHECK(frontier[i - 1].at("accuracy") < frontier[i].at("accuracy"));
    }
  }
  CHECK(frontier.back().at("seconds") == plan.at("best").at("seconds"));
  CHECK(frontier.back().at("accuracy") == plan.at("best").at("accuracy"));
}

TEST_CASE("several budgets have a best each, and a larger one buys no less", "[program][law]") {
  const ToyLaw toy;
  const json plan = toy.PlanJson({"--budget", "1us,20ms,50ms,1s"});
  const json& best = plan.at("best");
  REQUIRE(best.size() == 4);
  CHECK(best.at(0).at("model").is_null());  // nothing costs a microsecond
  CHECK(best.at(0).at("accuracy").is_null());
  CHECK(best.at(0).at("candidates").empty());
  for (size_t i = 1; i < 4; ++i) {
    CheckRow(best.at(i), best.at(i).at("budget").at("value").get<double>());
    CHECK(best.at(i).at("candidates").size() == 200);
    // A plan for this budget alone says the same.
    const std::string alone = std::vector<std::string>{"20ms", "50ms", "1s"}[i - 1];
    CHECK(toy.PlanJson({"--budget", alone}).at("best").at("accuracy") == best.at(i).at("accuracy"));
    CHECK((i == 1 || best.at(i - 1).at("accuracy") <= best.at(i).at("accuracy")));
  }
}

TEST_CASE("under --min-accuracy the cheapest that reaches it is best", "[program][law]") {
  const ToyLaw toy;
  const json plan = toy.PlanJson({"--min-accuracy", "0.7"});
  CHECK(plan.at("min_accuracy") == 0.7);
  const json& candidates = plan.at("candidates");
  REQUIRE(candidates.size() > 1);
  CHECK(candidates.front() == plan.at("best"));
  double chances = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    CHECK(candidates[i].at("accuracy") >= 0.7 - 1e-9);
    CHECK((i == 0 || candidates[i - 1].at("seconds") <= candidates[i].at("seconds")));
    chances += candidates[i].at("chance_best").get<double>();
  }
  CHECK((chances > 0 && chances <= 1 + 1e-9));
  // It is where the frontier first reaches that accuracy.
  for (const json& row : plan.at("frontier")) {
    if (row.at("accuracy") >= 0.7 - 1e-9) {
      CHECK(row.at("seconds") == plan.at("best").at("seconds"));
      break;
    }
  }
  CHECK_THAT(toy.Plan({"--min-accuracy", "0.7", "--show", "best"}).out,
             Catch::Contains("\nCheapest reaching 70.0 %: "));
}

TEST_CASE("the best, frontier, candidates and all of --show are rows of one grid",
          "[program][law]") {
  const ToyLaw toy;
  const auto rows = [&toy](const char* show) {
    const CsvTable table = ParseCsv(
        toy.Plan({"--budget", "50ms", "--samples", "pow2", "--show", show, "--format", "csv"}).out,
        "plan");
    // Without intervals and chances: of the frontier there are none of the latter.
    std::vector<std::string> keys;
    for (const CsvRow& row : table.rows) {
      CHECK(row.cells.size() == 15);
      keys.push_back(row.cells[0] + row.cells[2] + "/" + row.cells[3] + "/" + row.cells[4] + "/" +
                     row.cells[5]);
    }
    return keys;
  };
  const std::vector<std::string> best = rows("best");
  const std::vector<std::string> frontier = rows("frontier");
  const std::vector<std::string> candidates = rows("candidates");
  const std::vector<std::string> all = rows("all");
  const json plan = toy.PlanJson({"--budget", "50ms", "--samples", "pow2", "--show", "best"});
  CHECK_FALSE(plan.contains("frontier"));
  REQUIRE(best.size() == 1);
  CHECK(best.front() == frontier.back());
  CHECK(best.front() == candidates.front());
  CHECK(candidates.size() == 200);
  // 4 models with dense and 13 KV budgets from 64 to 512, 20 limits and none, 6 numbers of samples.
  CHECK(all.size() == size_t{4} * 14 * 21 * 6);
  CHECK(plan.at("allocations_evaluated") == all.size());
  const std::set<std::string> known(all.begin(), all.end());
  CHECK(known.size() == all.size());
  for (const auto& list : {frontier, candidates}) {
    for (const std::string& key : list) {
      CHECK(known.count(key) == 1);
    }
  }
}

TEST_CASE("models, attentions, samples and limits bound a plan by a law", "[program][law]") {
  const ToyLaw toy;
  const json plan = toy.PlanJson({"--model", "Qwen3-4B", "--attention", "topk:100", "--samples",
                                  "2,3", "--generation-tokens", "5000,9000", "--show", "all"});
  const json& rows = plan.at("allocations");
  REQUIRE(rows.size() == 4);
  CHECK(plan.at("allocations_evaluated") == 4);
  std::map<std::pair<int64_t, int64_t>, double> accuracy;
  for (const json& row : rows) {
    CHECK(row.at("model") == "Qwen3-4B");
    CHECK(row.at("attention") == json({{"kind", "topk"}, {"top_tokens", 100}}));
    accuracy[{row.at("generation_tokens").get<int64_t>(), row.at("samples").get<int64_t>()}] =
        row.at("accuracy").get<double>();
  }
  // More samples and more tokens help.
  CHECK(accuracy.at({5000, 2}) < accuracy.at({5000, 3}));
  CHECK(accuracy.at({5000, 2}) < accuracy.at({9000, 2}));
  CHECK(accuracy.at({9000, 2}) < accuracy.at({9000, 3}));
}

TEST_CASE("one seed gives the same plan at 1 and 2 threads, another seed other intervals",
          "[program][law]") {
  const ToyLaw toy;
  const auto run = [&toy](const char* seed, const char* threads) {
    return test::RunProgram({"plan", "--law", toy.LawPath(), "--budget", "50ms", "--bootstrap",
                             "30", "--samples", "1,4", "--seed", seed, "--format", "csv"},
                            {std::string("OMP_NUM_THREADS=") + threads})
        .out;
  };
  const std::string one = run("1", "1");
  CHECK(one == run("1", "2"));
  const CsvTable a = ParseCsv(one, "plan");
  const CsvTable b = ParseCsv(run("2", "1"), "plan");
  REQUIRE(a.rows.size() == b.rows.size());
  size_t same_intervals = 0;
  for (size_t i = 0; i < a.rows.size(); ++i) {
    CHECK(a.rows[i].cells[5] == b.rows[i].cells[5]);  // the accuracy
    same_intervals += a.rows[i].cells[6] == b.rows[i].cells[6] ? 1 : 0;
  }
  CHECK(same_intervals < a.rows.size() / 2);
}

}  // namespace
}  // namespace kinetics
