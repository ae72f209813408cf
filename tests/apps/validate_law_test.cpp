// `kinetics fit law --validate` from outside: what it says of questions that the law has not seen.
#include "kinetics/io/json.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using test::ProgramResult;
using test::RunProgram;
using test::TemporaryFolder;

/// Records of two models with four trials on each of `questions`, as a file.
std::string Import(const TemporaryFolder& folder, const std::string& task,
                   const std::vector<std::string>& questions) {
  std::string csv = "model,question,tokens,correct,attention\n";
  for (const char* model : {"Qwen3-4B", "Qwen3-8B"}) {
    for (size_t q = 0; q < questions.size(); ++q) {
      for (size_t trial = 0; trial < 4; ++trial) {
        csv += std::string(model) + "," + questions[q] + "," +
               std::to_string(1000 * (q + trial + 1)) + "," + (trial > q ? "1" : "0") + ",dense\n";
      }
    }
  }
  std::string records = folder.Path(task + ".json");
  const ProgramResult import = RunProgram({"import", folder.Write(task + ".csv", csv), "--task",
                                           task, "--prompt-tokens", "100", "-o", records});
  REQUIRE(import.status == 0);
  return records;
}

ProgramResult Validate(const std::string& records, const std::string& other,
                       const std::string& format) {
  return RunProgram({"fit", "law", "--records", records, "--validate", other, "--format", format});
}

TEST_CASE("a validation says how many questions the law has not seen", "[program][law]") {
  const TemporaryFolder folder;
  const std::string records = Import(folder, "mine", {"a", "b", "c"});
  const std::string theirs = Import(folder, "theirs", {"a", "b"});
  const ProgramResult text = Validate(records, theirs, "table");
  REQUIRE(text.status == 0);
  CHECK_THAT(text.out, Catch::Contains("Warning: " + theirs));
  const JsonDocument report(Validate(records, theirs, "json").out, "json");
  const JsonValue warnings = report.Root()["warnings"];
  REQUIRE(warnings.Size() > 0);
  CHECK(warnings[warnings.Size() - 1].String() ==
        theirs +
            ": 2 of 2 questions of task theirs are not among the law's questions (task mine); each "
            "is predicted as the mean over those");
  CHECK_THAT(Validate(records, theirs, "csv").err, Catch::Contains("2 of 2 questions"));
}

TEST_CASE("a validation on the law's own questions has no such note", "[program][law]") {
  const TemporaryFolder folder;
  const std::string records = Import(folder, "mine", {"a", "b", "c"});
  const std::string out = Validate(records, records, "json").out;
  CHECK_THAT(out, !Catch::Contains("not among"));
  CHECK_THAT(out, Catch::Contains(records + ": 2 of 2 runs are among those that the law was fitted "
                                            "to"));
}

}  // namespace
}  // namespace kinetics
