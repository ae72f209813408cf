// `kinetics fit coverage` from outside.
#include "kinetics/core/text.h"
#include "kinetics/io/csv.h"
#include "kinetics/io/file.h"
#include "kinetics/io/json.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using test::ProgramResult;
using test::RunProgram;
using test::TemporaryFolder;

const std::string kPythia = KINETICS_SOURCE_DIR "/tests/data/pythia-math-counts.csv";

std::vector<std::string> Arguments(const std::vector<std::string>& further) {
  std::vector<std::string> arguments = {"fit", "coverage"};
  arguments.insert(arguments.end(), further.begin(), further.end());
  return arguments;
}

TEST_CASE("a coverage fit's JSON has the documented members", "[program][coverage]") {
  const ProgramResult result = RunProgram(
      Arguments({"--data", kPythia, "--bootstrap", "20", "--seed", "5", "--format", "json"}));
  REQUIRE(result.status == 0);
  CHECK(result.err.empty());
  const JsonDocument document(result.out, "fit");
  const JsonValue& root = document.Root();
  CHECK(root["schema"].String() == "kinetics.coverage/1");
  CHECK(root["made_by"]["seed"].Dump() == "5");
  REQUIRE(root["groups"].Size() == 4);
  const JsonValue group = root["groups"][0];
  CHECK(group["group"].String() == "Pythia 70M");
  CHECK(group["problems"].Dump() == "128");
  CHECK(group["samples"].Dump() == "10000");
  CHECK(group["k"].Size() == 101);
  CHECK(group["warnings"].Size() == 0);
  CHECK(group["pass_at_k"].Size() == 101);
  CHECK(group["pass_at_k"][100].Keys() ==
        std::vector<std::string>{"interval", "k", "standard_error", "value"});
  for (const char* law :
       {"log_log", "exponential_power", "beta_binomial", "scaled_beta_binomial"}) {
    CHECK(group.Has(law));
  }
  const JsonValue exponent = group["log_log"]["exponent"];
  CHECK(exponent["value"].Positive("value") == Approx(.194255).margin(5.1e-7));
  CHECK(exponent["standard_error"].Positive("standard_error") < 0.1);
  CHECK(exponent["interval"].Size() == 2);
  CHECK(group["beta_binomial"]["negative_log_likelihood"].Positive("nll") ==
        Approx(1.513340).margin(5.1e-7));
  CHECK(group["scaled_beta_binomial"].Keys() ==
        std::vector<std::string>{"alpha", "beta", "implied_exponent", "negative_log_likelihood",
                                 "points", "scale"});
}

TEST_CASE("the artefact is the JSON document, and the report stays", "[program][coverage]") {
  const TemporaryFolder folder;
  const std::string output = folder.Path("fit.json");
  const ProgramResult result =
      RunProgram(Arguments({"--data", kPythia, "--bootstrap", "0", "-o", output}));
  CHECK(result.status == 0);
  CHECK_THAT(result.out, Catch::StartsWith("Coverage of 4 groups: 128 problems, 10,000 samples"));
  const JsonDocument document(ReadFile(output), output);
  CHECK(document.Root()["groups"][3]["exponential_power"]["a"]["interval"].IsNull());
}

TEST_CASE("a coverage fit of one group prints a short report", "[program][coverage]") {
  const TemporaryFolder folder;
  const std::string data = folder.Write("counts.csv",
                                        "problem,n,c\n"
                                        "a,4,0\n"
                                        "b,4,1\n"
                                        "c,4,4\n"
                                        "d,4,2\n");
  const ProgramResult result =
      RunProgram(Arguments({"--data", data, "--k", "1-3", "--bootstrap", "0"}));
  CHECK(result.status == 0);
  // pass@1 is the mean of 0, 1/4, 1 and 1/2, pass@2 that of 0, 1/2, 1 and 5/6, pass@3 that of 0,
  // 3/4, 1 and 1; the law is a line through three points.
  CHECK_THAT(result.out, Catch::Contains("No resamples, no intervals\n\n"
                                         "Unbiased pass@k, mean over problems\n"
                                         "  pass@k    value\n"
                                         "  pass@1  0.43750\n"
                                         "  pass@2  0.58333\n"
                                         "  pass@3  0.68750\n"
                                         "\n"
                                         "Log-log law: coverage = exp(-exp(log_prefactor) "
                                         "k^-exponent), least squares of\n"
                                         "  log(-log coverage) on log k\n"
                                         "  parameter           value\n"
                                         "  exponent          0.70916\n"
                                         "  log_prefactor    -0.17313\n"
                                         "  sum of squares  0.0033369\n"));
  CHECK_THAT(result.out,
             Catch::Contains("The k of all fits over k; how they are spaced weighs them\n"
                             "  k (3): 1 2 3\n"
                             "\n"
                             "Warnings\n"
                             "  all: the log-log law has 3 points for 2 parameters: n - p = 1\n"));
}

TEST_CASE("tables of coverage fits are 80 columns wide at most", "[program][coverage]") {
  const TemporaryFolder folder;
  const std::string long_names = folder.Write("long.csv",
                                              "model,n,c\n"
                                              "a-model-with-a-rather-long-name-7B,40,3\n"
                                              "a-model-with-a-rather-long-name-7B,40,0\n"
                                              "a-model-with-a-rather-long-name-14B,40,30\n"
                                              "a-model-with-a-rather-long-name-14B,30,2\n");
  for (const std::string& data : {kPythia, long_names}) {
    const ProgramResult result = RunProgram(Arguments({"--data", data, "--bootstrap", "20"}));
    for (const std::string& line : Split(result.out, '\n')) {
      if (line.find(data) == std::string::npos) {
        CHECK(line.size() <= 80);
      }
    }
  }
}

TEST_CASE("the CSV of coverage fits has a line for each group and quantity",
          "[program][coverage]") {
  const ProgramResult result = RunProgram(
      Arguments({"--data", kPythia, "--bootstrap", "20", "--k", "1,10,100", "--format", "csv"}));
  const CsvTable table = ParseCsv(result.out, "fit");
  CHECK(table.columns == std::vector<std::string>{"group", "law", "quantity", "k", "value",
                                                  "standard_error", "interval_low",
                                                  "interval_high"});
  // Three k, ten parameters and four objectives.
  CHECK(table.rows.size() == 4 * (3 + 10 + 4));
}

TEST_CASE("one seed gives the same fit at 1 and 2 threads, another seed another",
          "[program][coverage]") {
  const auto run = [](const char* threads, const char* seed) {
    return RunProgram(Arguments({"--data", kPythia, "--bootstrap", "30", "--seed", seed, "--format",
                                 "csv"}),
                      {std::string("OMP_NUM_THREADS=") + threads})
        .out;
  };
  const std::string one = run("1", "5");
  CHECK(one == run("2", "5"));
  CHECK(one != run("1", "6"));
}

TEST_CASE("counts without a law give nulls and notes, never numbers that are none",
          "[program][coverage]") {
  const TemporaryFolder folder;
  const std::string data = folder.Write("none.csv", "n,c\n9,0\n9,0\n");
  const ProgramResult result = RunProgram(Arguments({"--data", data, "--format", "json"}));
  CHECK(result.status == 0);
  const JsonDocument document(result.out, "fit");
  const JsonValue group = document.Root()["groups"][0];
  CHECK(group["group"].IsNull());
  CHECK(group["log_log"]["exponent"]["value"].IsNull());
  CHECK(group["beta_binomial"]["negative_log_likelihood"].IsNull());
  CHECK(group["warnings"].Size() > 0);
  const ProgramResult csv = RunProgram(Arguments({"--data", data, "--format", "csv"}));
  CHECK_THAT(csv.err, Catch::Contains("kinetics: note: " + data + ": no sample is right"));
}

TEST_CASE("what cannot be fitted ends with its status and one clear line", "[program][coverage]") {
  const TemporaryFolder folder;
  const std::string data = folder.Write("c.csv", "model,problem,n,c\nm,7,10,1\nm,8,10,4\n");
  struct Refusal {
    std::vector<std::string> arguments;
    int status;
    std::string message;
  };
  for (const Refusal& refusal : std::vector<Refusal>{
           {{"fit"}, 2, "expected a fit command: curve, coverage or law; see kinetics fit --help"},
           {{"fit", "coverag"},
            2,
            "unknown fit command 'coverag'; expected curve, coverage or law; did you mean "
            "coverage?"},
           {{"fit", "--data", data}, 2, "unknown option --data before a fit command"},
           {{"fit", "coverage"}, 2, "--data is required: a CSV file with the columns n and c"},
           {{"fit", "coverage", "--dta", data}, 2, "unknown option --dta; did you mean --data?"},
           {{"fit", "coverage", data}, 2, "unexpected argument '" + data.substr(0, 37) + "...'"},
           {{"fit", "coverage", "--data", data, "--k", "0"},
            2,
            "--k: expected whole numbers like 1,2,4, a range like 1-32, or pow2; found '0'"},
           {{"fit", "coverage", "--data", data, "--k", "1-20000"},
            2,
            "--k: expected at most 10000 values, found 20000"},
           {{"fit", "coverage", "--data", data, "--k", "1-20000", "--k", "1"},
            2,
            "--k: expected one value"},
           {{"fit", "coverage", "--data", data, "--bootstrap", "1000000", "--k", "1-101"},
            1,
            data +
                ": --k: group 'm', problem '7': expected k of at most its 10 samples, found 101"},
           {{"fit", "coverage", "--data", data, "--k", "1,20"},
            1,
            data + ": --k: group 'm', problem '7': expected k of at most its 10 samples, found 20"},
           {{"fit", "coverage", "--data", data, "--group", "moddel"},
            1,
            data +
                ":1: expected a column 'moddel', found model, problem, n, c; did you mean model?"},
           {{"fit", "coverage", "--data", folder.Path("no.csv")},
            1,
            folder.Path("no.csv") + ": cannot be read: No such file or directory"}}) {
    const ProgramResult result = RunProgram(refusal.arguments);
    if (refusal.message.ends_with("...'") && data.size() <= 40) {
      continue;  // the folder's name decides whether it is cut
    }
    CHECK(result.err == "kinetics: error: " + refusal.message + "\n");
    CHECK(result.status == refusal.status);
    CHECK(result.out.empty());
  }
  CHECK(RunProgram({"fit", "--help"}).status == 0);
  CHECK_THAT(RunProgram({"fit", "coverage", "--help"}).out,
             Catch::Contains("Example: kinetics fit coverage"));
}

}  // namespace
}  // namespace kinetics
