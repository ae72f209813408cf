// `kinetics fit law` from outside: what it reports and what it writes.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "kinetics/core/text.h"
#include "kinetics/io/csv.h"
#include "kinetics/io/file.h"
#include "tests/apps/toy_records.h"

namespace kinetics {
namespace {

using nlohmann::json;
using test::ParseReport;
using test::ProgramResult;
using test::RunProgram;
using test::TemporaryFolder;
using test::ToyRecords;
using test::WriteRecords;

/// Runs `fit law` on records.json in a folder of its own.
class FitLawRun {
 public:
  explicit FitLawRun(const Records& records = ToyRecords())
      : records_(WriteRecords(folder_, "records.json", records)) {}

  ProgramResult operator()(const std::vector<std::string>& more,
                           const std::vector<std::string>& environment = {}) const {
    std::vector<std::string> arguments = {"fit", "law", "--records", records_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunProgram(arguments, environment);
  }
  const TemporaryFolder& Folder() const { return folder_; }

 private:
  TemporaryFolder folder_;
  std::string records_;
};

double Number(const std::string& cell) {
  const auto number = ParseNumber(cell);
  REQUIRE(number);
  return *number;
}

TEST_CASE("the law of the bundled records is told in a table of 80 columns", "[program][law]") {
  const ProgramResult result = RunProgram({"fit", "law"});
  REQUIRE(result.status == 0);
  CHECK(result.err.empty());
  CHECK_THAT(result.out,
             Catch::StartsWith(
                 "aime24: the law of 35 runs of 6 models on 30 questions, 30,240 trials\n") &&
                 Catch::Contains(", converged; objective ") &&
                 Catch::Contains("the records do not say which trials are right") &&
                 Catch::Contains("s.e. and intervals from the posterior (Laplace)"));
  CHECK(result.out.find("Warning") == std::string::npos);
  test::CheckTable(result.out);
}

TEST_CASE("a law's JSON has the documented members", "[program][law]") {
  const ProgramResult result = RunProgram({"fit", "law", "--format", "json", "--seed", "7"});
  REQUIRE(result.status == 0);
  const json law = ParseReport(result.out, "kinetics.fit-law/1");
  CHECK(law.at("made_by").at("seed") == 7);
  CHECK(law.at("task") == "aime24");
  CHECK(law.at("runs") == 35);
  CHECK(law.at("questions") == 30);
  CHECK(law.at("converged") == true);
  CHECK(law.at("warnings").empty());
  CHECK(law.at("length_correlation").at("assumed") == true);
  CHECK(law.at("length_correlation").at("standard_error").is_null());
  CHECK(law.at("procedure").at("intervals") == "laplace");
  CHECK(law.at("procedure").at("bootstrap") == 0);
  CHECK_FALSE(law.contains("validation"));
  CHECK_FALSE(law.contains("token_budgets"));
  const json& parameters = law.at("parameters");
  CHECK(parameters.size() == law.at("procedure").at("priors").size());
  for (const auto& [name, estimate] : parameters.items()) {
    INFO(name);
    const double error = estimate.at("standard_error").get<double>();
    CHECK(error > 0);
    CHECK(error <=
          1.001 * law.at("procedure").at("priors").at(name).at("standard_deviation").get<double>());
    CHECK(estimate.at("interval").at(0) < estimate.at("value"));
    CHECK(estimate.at("value") < estimate.at("interval").at(1));
  }
}

TEST_CASE("the law of the bundled records says what they show", "[program][law]") {
  const json law =
      ParseReport(RunProgram({"fit", "law", "--format", "json"}).out, "kinetics.fit-law/1");
  const auto value = [&law](const char* name) {
    return law.at("parameters").at(name).at("value").get<double>();
  };
  // Larger models solve more (a slope of 1.2, standard error .17), a smaller KV budget costs
  // accuracy, Qwen3 answers are around e^9.36 = 11,600 tokens long (.15).
  CHECK(value("ability_log_slope") == Approx(1.2).margin(0.2));
  CHECK(value("penalty_log_scale") > 0);
  CHECK(value("log_length") == Approx(9.36).margin(0.2));
  // No run has sliding attention: there the law is its prior.
  const json& sliding = law.at("parameters").at("onset_sliding");
  const json& prior = law.at("procedure").at("priors").at("onset_sliding");
  CHECK(sliding.at("value").get<double>() == Approx(prior.at("mean").get<double>()).margin(1e-6));
  CHECK(sliding.at("standard_error").get<double>() ==
        Approx(prior.at("standard_deviation").get<double>()).epsilon(1e-3));
}

TEST_CASE("a law's CSV and Markdown have a line a parameter, the JSON's figures",
          "[program][law]") {
  const FitLawRun fit;
  const json parameters =
      ParseReport(fit({"--format", "json"}).out, "kinetics.fit-law/1").at("parameters");
  const CsvTable table = ParseCsv(fit({"--format", "csv"}).out, "fit");
  CHECK(table.columns == std::vector<std::string>{"parameter", "value", "standard_error", "low",
                                                  "high", "prior_mean", "prior_deviation"});
  REQUIRE(table.rows.size() == parameters.size());
  for (const CsvRow& row : table.rows) {
    INFO(row.cells[0]);
    const json& estimate = parameters.at(row.cells[0]);
    CHECK(estimate.at("value") == Number(row.cells[1]));
    CHECK(estimate.at("standard_error") == Number(row.cells[2]));
    CHECK(estimate.at("interval") == json({Number(row.cells[3]), Number(row.cells[4])}));
  }
  const std::vector<std::string> lines = Split(fit({"--format", "markdown"}).out, '\n');
  CHECK_THAT(lines[0], Catch::StartsWith("| parameter"));
  CHECK(lines.size() == 2 + parameters.size() + 1);  // the head, a rule, and the last line's end
}

TEST_CASE("the artefact is the law, and the report still goes to standard output",
          "[program][law]") {
  const FitLawRun fit;
  const std::string file = fit.Folder().Path("law.json");
  const ProgramResult with = fit({"-o", file});
  REQUIRE(with.status == 0);
  CHECK(with.out == fit({}).out);
  CHECK_THAT(with.out, Catch::StartsWith("toy: the law of 12 runs of 4 models on 6 questions, "
                                         "576 trials\n"));
  const json law = ParseReport(ReadFile(file), "kinetics.law/1");
  CHECK(law.at("made_by").at("arguments").back() == file);
  CHECK(law.at("task") == "toy");
  CHECK(law.at("converged") == true);
  CHECK(law.at("levels").size() == 4);
  CHECK(law.at("runs").size() == 12);
  REQUIRE(law.at("questions").size() == 6);
  for (const json& question : law.at("questions")) {
    CHECK(question.at("cells").size() == 12);
  }
  const json report = ParseReport(fit({"--format", "json"}).out, "kinetics.fit-law/1");
  REQUIRE(law.at("parameters").size() == report.at("parameters").size());
  for (const auto& [name, value] : law.at("parameters").items()) {
    CHECK(value == report.at("parameters").at(name).at("value"));
  }
}

TEST_CASE("a law that cannot be written leaves nothing behind", "[program][law]") {
  const FitLawRun fit;
  const std::string missing = fit.Folder().Path("missing/law.json");
  test::CheckRefused(fit({"-o", missing}), 1,
                     missing + ": cannot be written: No such file or directory");
  const std::string folder = fit.Folder().Path("");
  test::CheckRefused(fit({"-o", folder}), 1, folder + ": cannot be written: Is a directory");
  test::CheckRefused(fit({"-o", "/dev/full"}), 1,
                     "/dev/full: cannot be written: No space left on device");
  // A failure after the fit leaves the law that was there.
  const std::string before = fit.Folder().Write("law.json", "before");
  CHECK(fit({"--validate", fit.Folder().Path("nothing.json"), "-o", before}).status == 1);
  CHECK(ReadFile(before) == "before");
  const auto entries = std::filesystem::directory_iterator(folder);
  CHECK(std::distance(begin(entries), end(entries)) == 2);  // the records and that law
}

TEST_CASE("resamples of the questions give intervals, the same for the same seed",
          "[program][law]") {
  const FitLawRun fit;
  const auto run = [&fit](const char* seed, const char* threads) {
    return fit({"--bootstrap", "12", "--format", "csv", "--seed", seed},
               {std::string("OMP_NUM_THREADS=") + threads})
        .out;
  };
  const std::string one = run("1", "1");
  CHECK(one == run("1", "2"));
  const std::string other = run("2", "1");
  CHECK(one != other);
  const std::string posterior = fit({"--format", "csv"}).out;
  const CsvTable a = ParseCsv(one, "fit");
  const CsvTable b = ParseCsv(other, "fit");
  const CsvTable without = ParseCsv(posterior, "fit");
  REQUIRE(a.rows.size() == without.rows.size());
  for (size_t i = 0; i < a.rows.size(); ++i) {
    // Only the errors come from the resamples.
    CHECK(a.rows[i].cells[1] == b.rows[i].cells[1]);
    CHECK(a.rows[i].cells[1] == without.rows[i].cells[1]);
    CHECK(Number(a.rows[i].cells[3]) <= Number(a.rows[i].cells[4]));
  }
}

TEST_CASE("a bootstrap says so in the table and in JSON", "[program][law]") {
  const FitLawRun fit;
  const std::string text = fit({"--bootstrap", "8", "--seed", "3"}).out;
  CHECK_THAT(text, Catch::Contains("\nShared parameters; s.e. and percentile intervals from 8 "
                                   "resamples of the\n  questions, seed 3\n"));
  test::CheckTable(text);
  const json procedure =
      ParseReport(fit({"--bootstrap", "8", "--format", "json"}).out, "kinetics.fit-law/1")
          .at("procedure");
  CHECK(procedure.at("intervals") == "bootstrap of questions");
  CHECK(procedure.at("bootstrap") == 8);
  CHECK(procedure.at("not_converged") == 0);
}

}  // namespace
}  // namespace kinetics
