// Served models from outside: runs that are billed by tokens, alone and beside self-hosted ones.
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "kinetics/core/text.h"
#include "kinetics/io/catalogue.h"
#include "kinetics/io/csv.h"
#include "tests/apps/toy_records.h"

namespace kinetics {
namespace {

using test::CheckRefused;
using test::ParseReport;
using test::ProgramResult;
using test::RunProgram;

ProgramResult Served(const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"plan", "--records", "otis-mock-aime", "--bootstrap", "0"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return RunProgram(arguments);
}

nlohmann::json ServedJson(std::vector<std::string> more) {
  more.insert(more.end(), {"--format", "json"});
  const ProgramResult result = Served(more);
  REQUIRE(result.status == 0);
  return ParseReport(result.out, "kinetics.plan/1");
}

/// USD of one sample of a run at 2 and 10 USD a million, straight from the records: the mean over
/// questions of what its attempts cost, of which errors cost nothing.
double BillOf(const Records& records, const Run& run, bool counts_errors) {
  double sum = 0;
  for (const TrialList& list : run.trials) {
    double spent = 0;
    for (const int64_t tokens : list.tokens) {
      const double prompt = static_cast<double>(records.questions[list.question].prompt_tokens);
      spent += (prompt * 2 + static_cast<double>(tokens) * 10) / 1e6;
    }
    const double attempts = static_cast<double>(list.tokens.size()) +
                            static_cast<double>(counts_errors ? list.errors : 0);
    sum += spent / attempts;
  }
  return sum / static_cast<double>(records.questions.size());
}

TEST_CASE("served models are planned with under a dollar budget", "[program]") {
  const nlohmann::json plan = ServedJson({"--price", "2,10", "--budget", "0.05usd"});
  CHECK(plan["hardware"].is_null());
  CHECK(plan["prices"].dump() ==
        R"([{"input_usd_per_million_tokens":2,"models":null,"output_usd_per_million_tokens":10}])");
  const nlohmann::json& best = plan["best"];
  CHECK(best["usd"] <= 0.05);
  for (const char* key :
       {"attention", "seconds", "flops", "bytes", "eflops", "terms", "joules", "grams_co2"}) {
    INFO(key);
    CHECK(best.at(key).is_null());
  }
  for (const nlohmann::json& row : plan["frontier"]) {
    CHECK(row["usd"] <= 0.05);
  }
}

TEST_CASE("a sample's bill is the records' mean, errors cost nothing", "[program]") {
  const Records records = LoadRecords("otis-mock-aime");
  for (const bool counts_errors : {true, false}) {
    const ProgramResult result =
        Served({"--price", "2,10", "--samples", "1", "--show", "all", "--format", "csv", "--errors",
                counts_errors ? "wrong" : "skip"});
    const CsvTable table = ParseCsv(result.out, "plan");
    REQUIRE(table.columns[0] == "model");
    REQUIRE(table.columns[12] == "usd");
    std::map<std::string, double> usd;
    for (const CsvRow& row : table.rows) {
      usd[row.cells[0] + "/" + row.cells[1]] = *ParseNumber(row.cells[12]);
      for (const size_t unknown : {2, 8, 9, 10, 11, 13, 14}) {
        CHECK(row.cells[unknown].empty());
      }
    }
    size_t with_errors = 0;
    for (const Run& run : records.runs) {
      const auto found = usd.find(run.model + "/" + run.variant.value_or(""));
      const bool all_reported =
          std::all_of(run.trials.begin(), run.trials.end(), [](const TrialList& list) {
            return std::find(list.tokens.begin(), list.tokens.end(), 0) == list.tokens.end();
          });
      if (found == usd.end() || !all_reported) {
        continue;
      }
      INFO(found->first);
      CHECK(found->second == Approx(BillOf(records, run, counts_errors)).epsilon(1e-12));
      with_errors += std::any_of(run.trials.begin(), run.trials.end(),
                                 [](const TrialList& list) { return list.errors > 0; })
                         ? 1
                         : 0;
    }
    CHECK(with_errors > 2);
  }
}

TEST_CASE("a bill grows with the samples, its prompt too", "[program]") {
  const nlohmann::json plan = ServedJson({"--price", "gpt-4-0613=2,10", "--show", "all"});
  std::map<int64_t, double> usd;
  for (const nlohmann::json& row : plan["allocations"]) {
    CHECK(row["model"] == "gpt-4-0613");
    usd[row["samples"]] = row["usd"];
  }
  REQUIRE(usd.size() == 8);
  CHECK(usd[8] == Approx(8 * usd[1]).epsilon(1e-12));
}

TEST_CASE("questions and limits have bills of their own", "[program]") {
  const nlohmann::json plan =
      ServedJson({"--price", "gpt-5.1=2,10", "--samples", "2", "--generation-tokens", "1000,4000",
                  "--per-question", "--show", "all"});
  REQUIRE(plan["allocations"].size() == 6);  // three efforts
  for (const nlohmann::json& row : plan["allocations"]) {
    double sum = 0;
    for (const nlohmann::json& question : row["questions"]) {
      CHECK(question["seconds"].is_null());
      CHECK(question["joules"].is_null());
      const double usd = question["usd"];
      sum += usd;
      // 200 prompt tokens and at most the limit.
      CHECK(usd <= 2 * (200 * 2 + row["generation_tokens"].get<double>() * 10) / 1e6 * (1 + 1e-12));
    }
    CHECK(row["usd"] == Approx(sum / 45).epsilon(1e-12));
  }
}

TEST_CASE("served and self-hosted runs compare in usd", "[program]") {
  const std::vector<std::string> options = {"plan",      "--price", "Qwen3-32B=0.01,0.02",
                                            "--samples", "1",       "--bootstrap",
                                            "0",         "--show",  "all",
                                            "--format",  "json"};
  const nlohmann::json plan = ParseReport(RunProgram(options).out, "kinetics.plan/1");
  CHECK(plan["hardware"] == "b200");
  size_t served = 0;
  for (const nlohmann::json& row : plan["allocations"]) {
    const bool is_served = row["model"] == "Qwen3-32B";
    served += is_served ? 1 : 0;
    CHECK(row["seconds"].is_null() == is_served);
    CHECK(row["usd"] > 0);
    if (!is_served) {
      CHECK(row["usd"] == Approx(row["seconds"].get<double>() * 2.9 / 3600).epsilon(1e-12));
    }
  }
  CHECK(served == 4);
  CHECK(plan["best"]["model"] == "Qwen3-32B");  // at two cents a million
  const std::string table =
      RunProgram({"plan", "--price", "Qwen3-32B=0.01,0.02", "--samples", "1,2", "--bootstrap", "0"})
          .out;
  test::CheckTable(table);
  CHECK_THAT(table, Catch::Contains("billed: Qwen3-32B 0.01 usd a million tokens in and 0.02 out; "
                                    "the prompt with"));
  CHECK_THAT(table, Catch::Contains("        -  "));
}

/// USD of at most two samples at 2 and 10 USD a million, one after the other until one is right:
/// the mean over all ordered pairs of a question's trials, of which none lacks its length.
double BillOfTwoInTurn(const Records& records, const Run& run) {
  double sum = 0;
  for (const TrialList& list : run.trials) {
    const double prompt = static_cast<double>(records.questions[list.question].prompt_tokens);
    const size_t n = list.tokens.size();
    double spent = 0;
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < n; ++j) {
        const auto bill = [&](size_t trial) {
          return (prompt * 2 + static_cast<double>(list.tokens[trial]) * 10) / 1e6;
        };
        if (i != j) {
          spent += bill(i) + (list.correct[i] != 0 ? 0 : bill(j));
        }
      }
    }
    sum += spent / static_cast<double>(n * (n - 1));
  }
  return sum / static_cast<double>(records.questions.size());
}

TEST_CASE("served samples are drawn one after another for what their trials bill",
          "[program][policy]") {
  const nlohmann::json plan = ServedJson({"--price", "2,10", "--policy", "coverage,sequential",
                                          "--samples", "1,2", "--show", "all", "--errors", "skip"});
  std::map<std::string, double> usd;
  for (const nlohmann::json& row : plan["allocations"]) {
    const std::string run = row["model"].get<std::string>() + "/" +
                            (row["variant"].is_null() ? "" : row["variant"].get<std::string>());
    usd[run + row["policy"].get<std::string>() + std::to_string(row["samples"].get<int>())] =
        row["usd"];
    CHECK(row["seconds"].is_null());
  }
  const Records records = LoadRecords("otis-mock-aime");
  size_t compared = 0;
  for (const Run& run : records.runs) {
    const std::string name = run.model + "/" + run.variant.value_or("");
    const auto found = usd.find(name + "sequential2");
    const bool all_reported =
        std::all_of(run.trials.begin(), run.trials.end(), [](const TrialList& list) {
          return std::find(list.tokens.begin(), list.tokens.end(), 0) == list.tokens.end();
        });
    if (found == usd.end() || !all_reported) {
      continue;
    }
    INFO(name);
    CHECK(found->second == Approx(BillOfTwoInTurn(records, run)).epsilon(1e-12));
    CHECK(found->second <= usd.at(name + "coverage2"));
    CHECK(usd.at(name + "sequential1") == Approx(usd.at(name + "coverage1")).epsilon(1e-12));
    ++compared;
  }
  CHECK(compared > 5);
}

TEST_CASE("a cascade of served models is no worse than its better stage", "[program][policy]") {
  for (const char* budget : {"0.01usd", "0.05usd", "0.3usd"}) {
    const nlohmann::json coverage = ServedJson({"--price", "2,10", "--budget", budget});
    const nlohmann::json cascade =
        ServedJson({"--price", "2,10", "--budget", budget, "--policy", "cascade"});
    CHECK(cascade["best"]["accuracy"] >= coverage["best"]["accuracy"]);
    CHECK(cascade["best"]["usd"] <= cascade["budget"]["value"]);
  }
  const nlohmann::json cascade =
      ServedJson({"--price", "2,10", "--budget", "0.05usd", "--policy", "cascade"});
  CHECK(cascade["best"]["second_stage"]["attention"].is_null());
  CHECK(cascade["best"]["second_stage"]["gpus"].is_null());
  for (const char* format : {"table", "csv", "markdown"}) {
    CHECK(Served({"--price", "2,10", "--budget", "0.05usd", "--policy", "cascade,adaptive",
                  "--format", format})
              .status == 0);
  }
}

TEST_CASE("a cascade from a device to a served model costs usd of both", "[program][policy]") {
  const nlohmann::json plan = ParseReport(
      RunProgram({"plan", "--price", "Qwen3-32B=1,5", "--attention", "dense", "--model",
                  "Qwen3-0.6B,Qwen3-32B", "--policy", "coverage,cascade", "--samples", "1,4",
                  "--show", "all", "--bootstrap", "0", "--per-question", "--format", "json"})
          .out,
      "kinetics.plan/1");
  const auto usd_of = [&plan](const char* model, int samples, size_t question) {
    for (const nlohmann::json& row : plan["allocations"]) {
      if (row["policy"] == "coverage" && row["model"] == model && row["samples"] == samples) {
        return std::make_pair(row["questions"][question]["usd"].get<double>(),
                              row["questions"][question]["accuracy"].get<double>());
      }
    }
    return std::make_pair(0.0, 0.0);
  };
  size_t mixed = 0;
  for (const nlohmann::json& row : plan["allocations"]) {
    if (row["second_stage"].is_null() || row["second_stage"]["model"] == row["model"]) {
      continue;
    }
    ++mixed;
    CHECK(row["seconds"].is_null());
    const std::string first = row["model"];
    const std::string second = row["second_stage"]["model"];
    for (size_t q = 0; q < 30; ++q) {
      const auto [usd, accuracy] = usd_of(first.c_str(), row["samples"], q);
      const auto [more, unused] = usd_of(second.c_str(), row["second_stage"]["samples"], q);
      CHECK(row["questions"][q]["usd"] == Approx(usd + (1 - accuracy) * more).epsilon(1e-12));
    }
  }
  CHECK(mixed > 0);
}

TEST_CASE("without a price for the device only served runs can be had for usd", "[program]") {
  CheckRefused(RunProgram({"plan", "--hardware", "b300", "--price", "Qwen3-8B=1,2"}), 1,
               "hardware b300: no price per hour is known; give --price-per-hour USD");
  CHECK(RunProgram({"plan", "--hardware", "b300", "--price", "1,2"}).status == 0);
}

TEST_CASE("where costs are counted in seconds served runs are left out", "[program]") {
  const ProgramResult some = RunProgram({"plan", "--price", "Qwen3-0.6B=1,2", "--budget", "5s",
                                         "--bootstrap", "0", "--attention", "dense"});
  CHECK(some.status == 0);
  CHECK(some.err ==
        "kinetics: note: left out, billed by tokens, which cost usd alone: Qwen3-0.6B dense\n");
  const ProgramResult all = Served({"--price", "1,2", "--budget", "400J"});
  CHECK(all.status == 1);
  CHECK(all.out.empty());
  CHECK_THAT(all.err, Catch::EndsWith("task otis-mock-aime has no run that can be planned with, as "
                                      "noted above\n"));
}

TEST_CASE("served models are chosen by --model, in a catalogue or not", "[program]") {
  const nlohmann::json plan =
      ServedJson({"--price", "1,2", "--model", "claude-opus-4-6,gpt-oss-120b", "--samples", "1",
                  "--show", "all"});
  std::set<std::string> models;
  for (const nlohmann::json& row : plan["allocations"]) {
    models.insert(row["model"]);
  }
  CHECK(models == std::set<std::string>{"claude-opus-4-6", "gpt-oss-120b"});
}

TEST_CASE("an oracle counts bills question by question", "[program]") {
  const nlohmann::json plan =
      ServedJson({"--price", "1,2", "--allocation", "oracle", "--budget", "0.02usd"});
  CHECK(plan["best"]["seconds"].is_null());
  CHECK(plan["best"]["usd"] > 0);
  CHECK(plan["best"]["usd"] <= 0.02);
  // With all the money in the world each question gets its best allocation.
  const auto accuracy = [](const std::vector<std::string>& more) {
    std::vector<std::string> options = {"--price", "1,2", "--budget", "1000usd"};
    options.insert(options.end(), more.begin(), more.end());
    return ServedJson(options)["best"]["accuracy"].get<double>();
  };
  CHECK(accuracy({"--allocation", "oracle"}) >= accuracy({}));
}

TEST_CASE("a price that is of no run, malformed or beside a law is refused", "[program]") {
  CheckRefused(Served({"--price", "gpt-5.0=1,2"}), 1,
               "--price: task otis-mock-aime has no run of model 'gpt-5.0'; did you mean gpt-5.1?");
  CheckRefused(Served({"--price", "gpt-5.1=1"}), 2,
               "--price: expected NAME=IN,OUT or IN,OUT, USD for a million tokens, IN at least 0, "
               "OUT above 0, both at most 1e9; found 'gpt-5.1=1'");
  CheckRefused(RunProgram({"plan", "--law", "law.json", "--price", "1,2"}), 2,
               "--price and --law exclude each other");
}

TEST_CASE("tables of served models fit a terminal", "[program]") {
  for (const char* bootstrap : {"0", "50"}) {
    const ProgramResult result =
        RunProgram({"plan", "--records", "otis-mock-aime", "--price", "1,10", "--price",
                    "claude*=5,25", "--bootstrap", bootstrap, "--show", "all"});
    REQUIRE(result.status == 0);
    test::CheckTable(result.out);
  }
}

}  // namespace
}  // namespace kinetics
