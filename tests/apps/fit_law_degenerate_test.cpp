// `kinetics fit law` and `kinetics plan --law` from outside, on records that hardly tell anything:
// what is not known is warned of or refused, and never printed as a number that is none.
#include <nlohmann/json.hpp>

#include "kinetics/core/text.h"
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

/// Applies `change` to every list of trials.
template <typename Change>
Records ChangedBy(Records records, const Change& change) {
  for (Run& run : records.runs) {
    for (TrialList& list : run.trials) {
      change(list);
    }
  }
  return records;
}

const char* const kFewSizes = "1 known model size: the curve of parameters follows its prior";
const char* const kNoSparse = "no run has sparse attention: its curves follow their priors";
const char* const kNoLengths = "no trial has a length below its limit: lengths follow their priors";
const char* const kNoneRight = "no trial is right: abilities are only bounded by their priors";
const char* const kAllRight = "every trial is right: abilities are only bounded by their priors";
const char* const kFewQuestions = "1 question: priors decide what questions differ by";

/// Few runs, of enough models and attentions not to be warned of themselves.
Records FewRuns(size_t questions = 4) {
  return ToyRecords({.models = {"Qwen3-0.6B", "Qwen3-1.7B", "Qwen3-4B"},
                     .attentions = {"dense", "topk:64"},
                     .questions = questions});
}

struct Degenerate {
  const char* name;
  Records records;
  std::vector<std::string> warnings;
};

std::vector<Degenerate> DegenerateRecords() {
  const auto solve_all = [](TrialList& list) {
    list.solved = static_cast<int64_t>(list.tokens.size());
  };
  const auto solve_none = [](TrialList& list) { list.solved = 0; };
  const auto to_limit = [](TrialList& list) { list.tokens.assign(8, test::kToyLimit); };
  return {
      {"one question", FewRuns(1), {kFewQuestions}},
      {"all solved", ChangedBy(FewRuns(), solve_all), {kAllRight}},
      {"none solved", ChangedBy(FewRuns(), solve_none), {kNoneRight}},
      {"one run",
       ToyRecords({.models = {"Qwen3-4B"}, .attentions = {"dense"}}),
       {kFewSizes, kNoSparse}},
      {"one trial each", ToyRecords({.trials = 1}), {}},
      {"all at the limit", ChangedBy(FewRuns(), to_limit), {kNoLengths}},
      {"lengths not reported",
       ChangedBy(FewRuns(), [](TrialList& list) { list.tokens.assign(8, 0); }),
       {kNoLengths}},
      {"only errors",
       ChangedBy(FewRuns(),
                 [](TrialList& list) { list = {.question = list.question, .errors = 3}; }),
       {kNoneRight, kNoLengths}},
      {"everything at once",
       ChangedBy(ToyRecords({.models = {"Qwen3-4B"}, .attentions = {"dense"}, .questions = 1}),
                 [](TrialList& list) { list = {.question = 0, .tokens = {0}, .solved = 1}; }),
       {kFewQuestions, kFewSizes, kNoSparse, kAllRight, kNoLengths}},
  };
}

/// Every accuracy of a plan is one, every cost is above 0.
void CheckPlan(const ProgramResult& result) {
  REQUIRE(result.status == 0);
  const json plan = ParseReport(result.out, "kinetics.plan/1");
  CHECK_FALSE(plan.at("frontier").empty());
  for (const json& row : plan.at("frontier")) {
    INFO(row);
    CHECK((row.at("accuracy") >= 0 && row.at("accuracy") <= 1));
    CHECK((row.at("accuracy_interval").at(0) >= 0 && row.at("accuracy_interval").at(1) <= 1));
    CHECK(row.at("accuracy_interval").at(0) <= row.at("accuracy_interval").at(1));
    CHECK(row.at("seconds") > 0);
  }
}

TEST_CASE("a law of records that tell little warns of it and plans all the same",
          "[program][law]") {
  const TemporaryFolder folder;
  const std::string law = folder.Path("law.json");
  for (const Degenerate& degenerate : DegenerateRecords()) {
    INFO(degenerate.name);
    const std::string records = WriteRecords(folder, "r.json", degenerate.records);
    const ProgramResult text = RunProgram({"fit", "law", "--records", records, "-o", law});
    REQUIRE(text.status == 0);
    test::CheckTable(text.out);
    const json report =
        ParseReport(RunProgram({"fit", "law", "--records", records, "--format", "json"}).out,
                    "kinetics.fit-law/1");
    CHECK(report.at("warnings") == json(degenerate.warnings));
    std::string notes;
    for (const std::string& warning : degenerate.warnings) {
      CHECK_THAT(text.out, Catch::Contains("\nWarning: " + warning + "\n"));
      notes += "kinetics: note: " + warning + "\n";
    }
    CHECK(RunProgram({"fit", "law", "--records", records, "--format", "csv"}).err == notes);
    const ProgramResult plan = RunProgram(
        {"plan", "--law", law, "--bootstrap", "20", "--samples", "1,8", "--format", "json"});
    CHECK(plan.err == notes);
    CheckPlan(plan);
  }
}

TEST_CASE("records that tell little are cross-validated or refused in one line", "[program][law]") {
  const TemporaryFolder folder;
  size_t refused = 0;
  for (const Degenerate& degenerate : DegenerateRecords()) {
    const std::string records = WriteRecords(folder, "r.json", degenerate.records);
    for (const std::string fold : {"run", "question"}) {
      INFO(degenerate.name << ", " << fold);
      const ProgramResult result = RunProgram(
          {"fit", "law", "--records", records, "--cross-validate", fold, "--format", "json"});
      const bool has_one = fold == "run" ? degenerate.records.runs.size() == 1
                                         : degenerate.records.questions.size() == 1;
      if (has_one) {
        test::CheckRefused(result, 1,
                           "--cross-validate " + fold + ": task toy has only one to hold out");
        ++refused;
        continue;
      }
      REQUIRE(result.status == 0);
      const json report = ParseReport(result.out, "kinetics.fit-law/1");
      CHECK_FALSE(report.at("validation").empty());
      for (const json& row : report.at("validation")) {
        CHECK((row.at("predicted") >= 0 && row.at("predicted") <= 1));
        const json& interval = row.at("interval");
        CHECK((interval.at(0) >= 0 && interval.at(0) <= interval.at(1) && interval.at(1) <= 1));
      }
    }
  }
  CHECK(refused == 4);  // one question, one run, and both at once
}

TEST_CASE("a cross-validation of lengths that nobody reported is of accuracies alone",
          "[program][law]") {
  const TemporaryFolder folder;
  const std::string records = WriteRecords(
      folder, "r.json", ChangedBy(ToyRecords(), [](TrialList& list) { list.tokens.assign(8, 0); }));
  const json report = ParseReport(RunProgram({"fit", "law", "--records", records,
                                              "--cross-validate", "run", "--format", "json"})
                                      .out,
                                  "kinetics.fit-law/1");
  CHECK(report.at("validation").size() == size_t{12} * 4);
  CHECK(report.at("validation_lengths").empty());
  CHECK(report.at("validation_costs").empty());
  CHECK_FALSE(report.at("errors").contains("mean_tokens"));
  CHECK_FALSE(report.at("errors").contains("seconds"));
}

TEST_CASE("a law of no trials is refused", "[program][law]") {
  const TemporaryFolder folder;
  Records empty = ToyRecords();
  for (Run& run : empty.runs) {
    run.trials.clear();
  }
  const std::string none = WriteRecords(folder, "none.json", empty);
  test::CheckRefused(RunProgram({"fit", "law", "--records", none}), 1,
                     "task toy has no trials to fit a law to");
  const std::string errors =
      WriteRecords(folder, "errors.json", ChangedBy(ToyRecords(), [](TrialList& list) {
                     list = {.question = list.question, .errors = 3};
                   }));
  test::CheckRefused(RunProgram({"fit", "law", "--records", errors, "--errors", "skip"}), 1,
                     "task toy has no trials to fit a law to");
}

TEST_CASE("a run without trials is no part of a cross-validation", "[program][law]") {
  const TemporaryFolder folder;
  Records records = ToyRecords();
  records.runs[3].trials.clear();
  const ProgramResult result =
      RunProgram({"fit", "law", "--records", WriteRecords(folder, "r.json", records),
                  "--cross-validate", "run", "--format", "json"});
  REQUIRE(result.status == 0);
  const json report = ParseReport(result.out, "kinetics.fit-law/1");
  CHECK(report.at("runs") == 12);
  CHECK(report.at("validation").size() == size_t{11} * 4);
}

TEST_CASE("resampling one question, or once, tells no errors", "[program][law]") {
  const TemporaryFolder folder;
  for (const auto& [questions, resamples] : {std::pair{1, "20"}, std::pair{4, "1"}}) {
    const std::string records =
        WriteRecords(folder, "r.json", FewRuns(static_cast<size_t>(questions)));
    const ProgramResult run = RunProgram(
        {"fit", "law", "--records", records, "--bootstrap", resamples, "--format", "json"});
    REQUIRE(run.status == 0);
    const json report = ParseReport(run.out, "kinetics.fit-law/1");
    for (const json& parameter : report["parameters"]) {
      CHECK(parameter["standard_error"].is_null());
      CHECK(parameter["interval"].is_null());
    }
  }
}

TEST_CASE("trials that are far longer than their limit are warned of", "[program][law]") {
  const TemporaryFolder folder;
  Records records = FewRuns();
  records.max_tokens = 100;
  const ProgramResult run = RunProgram(
      {"fit", "law", "--records", WriteRecords(folder, "r.json", records), "--format", "json"});
  REQUIRE(run.status == 0);
  CHECK(ParseReport(run.out, "kinetics.fit-law/1")["warnings"][0] ==
        "Qwen3-0.6B dense: trials are longer than their limit, max_tokens; they count as cut off "
        "there");
}

}  // namespace
}  // namespace kinetics
