// `kinetics fit law --validate` and `--cross-validate` from outside.
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <set>

#include "kinetics/io/csv.h"
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

ProgramResult FitLawWith(const std::string& records, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"fit", "law", "--records", records};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return RunProgram(arguments);
}

json FitJson(const std::string& records, std::vector<std::string> more) {
  more.insert(more.end(), {"--format", "json"});
  const ProgramResult result = FitLawWith(records, more);
  REQUIRE(result.status == 0);
  return ParseReport(result.out, "kinetics.fit-law/1");
}

/// What a summary has to say of the rows that it is of; `scale` names what errors are shares of.
void CheckErrors(const json& rows, const json& errors, const char* observed, bool relative) {
  double absolute = 0;
  double bias = 0;
  double inside = 0;
  double floor = 0;
  for (const json& row : rows) {
    const auto seen = row.at(observed).get<double>();
    const double error = (row.at("predicted").get<double>() - seen) / (relative ? seen : 1.0);
    absolute += std::abs(error);
    bias += error;
    inside +=
        row.at("interval").at(0) <= seen + 1e-9 && seen - 1e-9 <= row.at("interval").at(1) ? 1 : 0;
    // The mean |error| of a normal error.
    floor +=
        relative ? 0 : std::sqrt(2 / std::numbers::pi) * row.at("sampling_error").get<double>();
  }
  const auto n = static_cast<double>(rows.size());
  CHECK(errors.at("rows") == rows.size());
  CHECK(errors.at("mean_absolute_error").get<double>() == Approx(absolute / n));
  CHECK(errors.at("bias").get<double>() == Approx(bias / n).margin(1e-12));
  CHECK(errors.at("interval_coverage").get<double>() == Approx(inside / n));
  CHECK(errors.at("sampling_floor").get<double>() == Approx(floor / n));
}

json RowsAt(const json& rows, int64_t samples) {
  json chosen = json::array();
  for (const json& row : rows) {
    if (row.at("samples") == samples) {
      chosen.push_back(row);
    }
  }
  return chosen;
}

TEST_CASE("each fold of a cross-validation predicts every run from the others", "[program][law]") {
  const TemporaryFolder folder;
  const std::string records = WriteRecords(folder, "r.json", ToyRecords());
  struct Fold {
    const char* name;
    size_t parts;  // held out in turn
    size_t rows;   // predicted at each number of samples
  };
  for (const Fold& fold : {Fold{"run", 12, 12}, Fold{"model", 4, 12}, Fold{"budget", 3, 12},
                           Fold{"question", 6, 72}}) {
    INFO(fold.name);
    const json report = FitJson(records, {"--cross-validate", fold.name});
    CHECK(report.at("held_out") == fold.name);
    CHECK(report.at("validated_on").is_null());
    const json& rows = report.at("validation");
    CHECK(rows.size() == 4 * fold.rows);
    CHECK(report.at("validation_lengths").size() == fold.rows);
    CHECK(report.at("validation_costs").size() == fold.rows);
    std::set<std::string> parts;
    for (const json& row : rows) {
      parts.insert(row.at("held_out").get<std::string>());
      CHECK((row.at("predicted") >= 0 && row.at("predicted") <= 1));
    }
    CHECK(parts.size() == fold.parts);
    for (const int64_t samples : {1, 2, 4, 8}) {
      const json of_samples = RowsAt(rows, samples);
      const json& errors = report.at("errors").at(std::to_string(samples));
      CheckErrors(of_samples, errors, "accuracy", false);
      CHECK(of_samples.size() == fold.rows);
      CHECK(report.at("mean_absolute_error").at(std::to_string(samples)) ==
            errors.at("mean_absolute_error"));
      CHECK(errors.at("sampling_floor") > 0);
    }
    CheckErrors(report.at("validation_lengths"), report.at("errors").at("mean_tokens"),
                "mean_tokens", true);
    CheckErrors(report.at("validation_costs"), report.at("errors").at("seconds"), "seconds", true);
    // Runs that a law of the others explains: nearer than a guess of 1/2 could be.
    CHECK(report.at("errors").at("1").at("mean_absolute_error") < 0.35);
  }
}

TEST_CASE("the report of a cross-validation has its errors, bias, coverage and floor",
          "[program][law]") {
  const TemporaryFolder folder;
  const std::string records = WriteRecords(folder, "r.json", ToyRecords());
  for (const auto& [fold, title] : std::vector<std::pair<std::string, std::string>>{
           {"run", "each run"},
           {"model", "each model"},
           {"budget", "each KV budget"},
           {"question", "each tenth of the questions"}}) {
    const ProgramResult result = FitLawWith(records, {"--cross-validate", fold});
    REQUIRE(result.status == 0);
    CHECK(result.err.empty());  // no progress where it is not a terminal
    CHECK_THAT(result.out,
               Catch::Contains("Cross-validation, " + title + " predicted from all others, in %") &&
                   Catch::Contains("mean |error|") && Catch::Contains("bias") &&
                   Catch::Contains("in 90 %") && Catch::Contains("sampling floor") &&
                   Catch::Contains("accuracy, 8 samples") && Catch::Contains("mean length") &&
                   Catch::Contains("cost: one sample on b200"));
    // A line a run, unless a run is many rows.
    CHECK((result.out.find("\n  Qwen3-4B topk:64 ") != std::string::npos) == (fold != "question"));
    test::CheckTable(result.out);
  }
}

TEST_CASE("a validation's CSV has the JSON's figures", "[program][law]") {
  const TemporaryFolder folder;
  const std::string records = WriteRecords(folder, "r.json", ToyRecords());
  const CsvTable table =
      ParseCsv(FitLawWith(records, {"--cross-validate", "budget", "--format", "csv"}).out, "fit");
  CHECK(table.columns == std::vector<std::string>{"model", "variant", "attention", "held_out",
                                                  "quantity", "samples", "observed", "predicted",
                                                  "low", "high"});
  REQUIRE(table.rows.size() == size_t{12} * (4 + 2));
  const json first = FitJson(records, {"--cross-validate", "budget"}).at("validation").at(0);
  const std::vector<std::string>& cells = table.rows.front().cells;
  CHECK(cells[3] == first.at("held_out"));
  CHECK(cells[4] == "accuracy");
  CHECK(json::parse(cells[6]) == first.at("accuracy"));
  CHECK(json::parse(cells[7]) == first.at("predicted"));
  CHECK(json::parse(cells[9]) == first.at("interval").at(1));
  CHECK_THAT(FitLawWith(records, {"--cross-validate", "budget", "--format", "markdown"}).out,
             Catch::StartsWith("| of") && Catch::Contains("accuracy, 1 sample"));
}

TEST_CASE("the recorded side of a validation is the records' own", "[program][law]") {
  const TemporaryFolder folder;
  const Records all = ToyRecords();
  Records two = all;
  two.runs = {all.runs[1], all.runs[10]};
  const std::string other = WriteRecords(folder, "two.json", two);
  const json report =
      FitJson(WriteRecords(folder, "r.json", all), {"--validate", other, "--hardware", "h100"});
  CHECK(report.at("held_out").is_null());
  CHECK(report.at("validated_on") == other);
  REQUIRE(report.at("validation").size() == size_t{2} * 4);
  for (size_t r = 0; r < 2; ++r) {
    const json& row = report.at("validation").at(4 * r);
    CHECK(row.at("model") == two.runs[r].model);
    CHECK(row.at("samples") == 1);
    double solved = 0;
    double tokens = 0;
    for (const TrialList& list : two.runs[r].trials) {
      solved += static_cast<double>(list.solved);
      for (const int64_t length : list.tokens) {
        tokens += static_cast<double>(length);
      }
    }
    CHECK(row.at("accuracy").get<double>() == Approx(solved / 48));
    CHECK(report.at("validation_lengths").at(r).at("mean_tokens").get<double>() ==
          Approx(tokens / 48));
  }
}

TEST_CASE("a run that is held out is predicted as it is from records without it",
          "[program][law]") {
  const TemporaryFolder folder;
  const Records all = ToyRecords();
  Records rest = all;
  rest.runs.erase(rest.runs.begin() + 4);
  Records held = all;
  held.runs = {all.runs[4]};
  const json apart = FitJson(WriteRecords(folder, "rest.json", rest),
                             {"--validate", WriteRecords(folder, "held.json", held)})
                         .at("validation");
  const json within =
      FitJson(WriteRecords(folder, "all.json", all), {"--cross-validate", "run"}).at("validation");
  REQUIRE(apart.size() == 4);
  REQUIRE(within.size() == size_t{12} * 4);
  for (size_t i = 0; i < 4; ++i) {
    const json& row = within[16 + i];  // four of each run
    CHECK(row.at("held_out") == "Qwen3-1.7B topk:64");
    CHECK(row.at("accuracy") == apart[i].at("accuracy"));
    CHECK(row.at("predicted").get<double>() ==
          Approx(apart[i].at("predicted").get<double>()).margin(1e-4));
  }
}

TEST_CASE("other tasks and unknown models can be validated on", "[program][law]") {
  const TemporaryFolder folder;
  Records other = ToyRecords({.questions = 4});
  other.task = "another";
  other.runs.resize(3);
  other.runs[0].model = "mystery";
  other.runs[2].trials.clear();  // never run
  const json report = FitJson(WriteRecords(folder, "r.json", ToyRecords()),
                              {"--validate", WriteRecords(folder, "other.json", other)});
  CHECK(report.at("validation").size() == size_t{2} * 4);
  CHECK(report.at("validation").at(0).at("model") == "mystery");
  CHECK(report.at("validation_lengths").size() == 2);
  // What a model of unknown size costs is not known.
  REQUIRE(report.at("validation_costs").size() == 1);
  CHECK(report.at("validation_costs").at(0).at("model") == "Qwen3-0.6B");
}

TEST_CASE("records without trials are nothing to validate on", "[program][law]") {
  const TemporaryFolder folder;
  const std::string records = WriteRecords(folder, "r.json", ToyRecords());
  Records empty = ToyRecords();
  for (Run& run : empty.runs) {
    run.trials.clear();
  }
  const std::string none = WriteRecords(folder, "none.json", empty);
  test::CheckRefused(FitLawWith(records, {"--validate", none}), 1,
                     none + ": no run has trials to validate the law on");
}

}  // namespace
}  // namespace kinetics
