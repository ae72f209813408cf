// `kinetics plan --law` from outside: beyond what was recorded, by question, and with an oracle.
#include <nlohmann/json.hpp>

#include "kinetics/core/text.h"
#include "kinetics/io/csv.h"
#include "kinetics/io/file.h"
#include "tests/apps/toy_records.h"

namespace kinetics {
namespace {

using nlohmann::json;
using test::ToyLaw;

/// Why the law extrapolates to the one allocation that these arguments leave.
json Extrapolation(const ToyLaw& toy, const std::vector<std::string>& more) {
  const json plan = toy.PlanJson(more);
  REQUIRE(plan.at("allocations_evaluated") == 1);
  return plan.at("best").at("extrapolation");
}

TEST_CASE("what lies outside of the recorded sizes and budgets is flagged", "[program][law]") {
  const ToyLaw toy;
  struct Case {
    const char* model;
    const char* attention;
    const char* tokens;
    const char* samples;
    std::vector<std::string> reasons;
  };
  // Recorded: Qwen3-0.6B to 8B, KV budgets 64 to 512, 16,000 tokens, 8 trials.
  for (const Case& c : {
           Case{"Qwen3-4B", "dense", "16000", "8", {}},
           Case{"Qwen3-4B", "topk:64", "100", "1", {}},
           Case{"Qwen3-4B", "topk:300", "5000", "8", {}},
           Case{"Qwen3-4B", "topk:63", "5000", "8", {"kv_budget"}},
           Case{"Qwen3-4B", "topk:513", "5000", "8", {"kv_budget"}},
           Case{"Qwen3-4B", "dense", "16001", "8", {"generation_tokens"}},
           Case{"Qwen3-4B", "dense", "5000", "9", {"samples"}},
           Case{"Qwen3-14B", "dense", "5000", "8", {"model", "size"}},
           Case{"Qwen3-14B",
                "topk:4096",
                "20000",
                "32",
                {"model", "size", "kv_budget", "generation_tokens", "samples"}},
       }) {
    INFO(c.model << " " << c.attention << " " << c.tokens << " " << c.samples);
    CHECK(Extrapolation(toy, {"--model", c.model, "--attention", c.attention, "--generation-tokens",
                              c.tokens, "--samples", c.samples}) == json(c.reasons));
  }
}

TEST_CASE("extrapolation is a column of CSV and a mark in the table", "[program][law]") {
  const ToyLaw toy;
  const std::vector<std::string> outside = {
      "--model", "Qwen3-4B", "--attention",         "dense", "--samples", "8,16",
      "--show",  "all",      "--generation-tokens", "20000"};
  std::vector<std::string> arguments = outside;
  arguments.insert(arguments.end(), {"--format", "csv"});
  const CsvTable table = ParseCsv(toy.Plan(arguments).out, "plan");
  REQUIRE(table.rows.size() == 2);
  CHECK(table.columns[13] == "extrapolation");
  CHECK(table.rows[0].cells[12] == "law");
  CHECK(table.rows[0].cells[13] == "generation_tokens");
  CHECK(table.rows[1].cells[13] == "generation_tokens samples");
  CHECK_THAT(toy.Plan(outside).out, Catch::Contains("law*"));
  CHECK(toy.Plan({"--samples", "1-8"}).out.find("law*") == std::string::npos);
}

TEST_CASE("tables of plans by a law keep within 80 columns", "[program][law]") {
  const ToyLaw toy;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--budget", "50ms"},
                                             {"--budget", "20ms,50ms", "--bootstrap", "0"},
                                             {"--budget", "50ms", "--show", "best"},
                                             {"--budget", "50ms", "--show", "candidates"},
                                             {"--min-accuracy", "0.6", "--budget", "1s"},
                                             {"--budget", "50ms", "--hardware", "h100,b200"},
                                             {"--budget", "50ms", "--records", toy.RecordsPath()},
                                             {"--allocation", "oracle"}}) {
    const test::ProgramResult result = toy.Plan(arguments);
    INFO(result.err);
    CHECK(result.status == 0);
    test::CheckTable(result.out);
  }
}

TEST_CASE("by question a row's accuracy and cost are the means of its questions",
          "[program][law]") {
  const ToyLaw toy;
  const std::vector<std::string> arguments = {
      "--budget", "50ms", "--per-question", "--samples", "1,4", "--show", "best"};
  const json best = toy.PlanJson(arguments).at("best");
  REQUIRE(best.at("questions").size() == 6);
  for (const char* member : {"accuracy", "seconds", "flops", "bytes", "eflops"}) {
    double sum = 0;
    for (const json& question : best.at("questions")) {
      CHECK(question.at(member) > 0);
      sum += question.at(member).get<double>();
    }
    CHECK(sum / 6 == Approx(best.at(member).get<double>()));
  }
  CHECK(best.at("questions").at(5).at("question") == 5);
  // The last question is the hardest and the longest.
  CHECK(best.at("questions").at(0).at("accuracy") > best.at("questions").at(5).at("accuracy"));
  CHECK(best.at("questions").at(0).at("seconds") < best.at("questions").at(5).at("seconds"));
  std::vector<std::string> csv = arguments;
  csv.insert(csv.end(), {"--format", "csv"});
  const CsvTable table = ParseCsv(toy.Plan(csv).out, "plan");
  REQUIRE(table.rows.size() == 6);
  CHECK(table.columns[5] == "question");
  for (size_t q = 0; q < 6; ++q) {
    CHECK(json::parse(table.rows[q].cells[6]) == best.at("questions").at(q).at("accuracy"));
  }
}

TEST_CASE("an oracle spends within each budget, and no budget is worth more than a larger one",
          "[program][law]") {
  const ToyLaw toy;
  const json plan = toy.PlanJson({"--allocation", "oracle"});
  CHECK(plan.at("allocation") == "oracle");
  const json& rows = plan.at("frontier");
  REQUIRE(rows.size() > 20);
  double before = 0;
  for (const json& row : rows) {
    INFO(row);
    CHECK(row.at("seconds") <= row.at("budget").at("value"));
    CHECK(row.at("accuracy") >= before - 1e-9);
    CHECK(row.at("accuracy_interval").at(0) <= row.at("accuracy"));
    CHECK(row.at("accuracy") <= row.at("accuracy_interval").at(1));
    before = row.at("accuracy").get<double>();
  }
  // With all the money there is, the best for each question is no worse than one for all.
  CHECK(before >= toy.PlanJson({}).at("best").at("accuracy").get<double>() - 1e-6);
  const json several = toy.PlanJson({"--allocation", "oracle", "--budget", "1us,50ms"});
  CHECK(several.at("best").at(0).at("model").is_null());
  CHECK(several.at("best").at(1).at("seconds") <= 0.05);
}

TEST_CASE("several devices plan by the law side by side", "[program][law]") {
  const ToyLaw toy;
  const json plan = toy.PlanJson({"--budget", "50ms", "--hardware", "h100,b200"});
  CHECK(plan.at("hardware") == json({"h100", "b200"}));
  REQUIRE(plan.at("plans").size() == 2);
  // The faster device buys more for the same time; alone it says the same.
  CHECK(plan.at("plans").at(0).at("best").at("accuracy") <
        plan.at("plans").at(1).at("best").at("accuracy"));
  CHECK(plan.at("plans").at(1).at("best") == toy.PlanJson({"--budget", "50ms"}).at("best"));
}

TEST_CASE("a plan by a law goes to a file instead of standard output", "[program][law]") {
  const ToyLaw toy;
  const std::string file = toy.Folder().Path("plan.csv");
  const std::vector<std::string> arguments = {"--budget", "50ms", "--format", "csv"};
  const std::string report = toy.Plan(arguments).out;
  std::vector<std::string> to_file = arguments;
  to_file.insert(to_file.end(), {"-o", file});
  CHECK(toy.Plan(to_file).out.empty());
  CHECK(ReadFile(file) == report);
}

}  // namespace
}  // namespace kinetics
