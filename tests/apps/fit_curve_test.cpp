// `kinetics fit curve` from outside.
#include <filesystem>

#include "kinetics/core/text.h"
#include "kinetics/io/csv.h"
#include "kinetics/io/file.h"
#include "kinetics/io/json.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using test::ProgramResult;
using test::RunProgram;

// y = 8 / x^0.5 with a little noise, in three groups.
const std::string kPoints =
    "x,y,group\n"
    "1,8.1,a\n2,5.6,a\n4,4.02,b\n8,2.85,b\n16,1.99,b\n32,1.41,c\n64,1.01,c\n128,0.7,c\n";

/// Runs `fit curve` on points.csv in a folder of its own.
class FitRun {
 public:
  explicit FitRun(const std::string& text = kPoints) : data_(folder_.Write("points.csv", text)) {}

  ProgramResult operator()(const std::vector<std::string>& more,
                           const std::vector<std::string>& environment = {}) const {
    std::vector<std::string> arguments = {"fit", "curve", "--data", data_, "--x", "x", "--y", "y"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunProgram(arguments, environment);
  }
  const test::TemporaryFolder& Folder() const { return folder_; }
  const std::string& Data() const { return data_; }

 private:
  test::TemporaryFolder folder_;
  std::string data_;
};

/// A report without its line breaks.
std::string Unwrapped(const std::string& text) {
  std::string words;
  for (const char c : text) {
    const bool is_blank = c == '\n' || c == ' ';
    if (!is_blank || (!words.empty() && words.back() != ' ')) {
      words += is_blank ? ' ' : c;
    }
  }
  return words;
}

TEST_CASE("a fit's JSON has the documented members", "[fit]") {
  const FitRun fit;
  const ProgramResult result = fit({"--form", "power", "--predict", "10,1000", "--where", "x<100",
                                    "--holdout-top", "0.2", "--format", "json", "--seed", "3"});
  REQUIRE(result.status == 0);
  CHECK(result.err.empty());
  const JsonDocument document(result.out, "fit");
  const JsonValue& root = document.Root();
  CHECK(root["schema"].String() == "kinetics.fit/1");
  CHECK(root["made_by"]["seed"].Integer("seed", 3, 3) == 3);
  CHECK(root["form"].String() == "power");
  CHECK(root["parameters"]["a"]["value"].Positive("a") == Approx(8).epsilon(0.02));
  CHECK(root["parameters"]["a"].Keys() ==
        std::vector<std::string>{"at_bound", "interval", "standard_error", "value"});
  CHECK(root["parameters"]["b"]["interval"].Size() == 2);
  CHECK(root["objective"].Positive("objective") < 0.1);
  CHECK(root["points"].Integer("points", 6, 6) == 6);
  CHECK(root["degrees_of_freedom"].Integer("n - p", 4, 4) == 4);
  CHECK(root["converged"].Dump() == "true");
  CHECK(root["holdout"]["points"].Integer("points", 1, 1) == 1);
  CHECK(root["holdout"].Has("root_mean_square_log"));
  CHECK(root["predictions"].Size() == 2);
  CHECK(root["predictions"][0]["extrapolated"].Dump() == "false");
  CHECK(root["predictions"][1]["extrapolated"].Dump() == "true");
  CHECK(root["procedure"].Keys() == std::vector<std::string>{"bootstrap", "condition", "data",
                                                             "loss", "objective", "residual",
                                                             "solver", "starts"});
  CHECK(root["procedure"]["data"]["where"].Dump() == R"([{"condition":"x<100","left_out":1}])");
  CHECK(root["procedure"]["bootstrap"]["resamples"].Integer("R", 1000, 1000) == 1000);
  CHECK(root["warnings"].Dump() == R"(["1 resample left out: too few different points to fit",)"
                                   R"("1 prediction outside the range of the fitted points"])");
}

TEST_CASE("the artefact of a fit is JSON, and the report still goes to standard output", "[fit]") {
  const FitRun fit;
  const std::string file = fit.Folder().Path("fit.json");
  const ProgramResult result = fit({"--form", "power", "--bootstrap", "20", "-o", file});
  REQUIRE(result.status == 0);
  CHECK_THAT(result.out, Catch::StartsWith("y = a x^b, fitted to 8 points of"));
  const std::string text = ReadFile(file);
  CHECK(JsonDocument(text, "fit").Root()["schema"].String() == "kinetics.fit/1");
}

TEST_CASE("a fit's CSV has a line a parameter and a line a prediction", "[fit]") {
  const FitRun fit;
  const ProgramResult result =
      fit({"--form", "power", "--bootstrap", "0", "--predict", "10", "--format", "csv"});
  const CsvTable table = ParseCsv(result.out, "fit");
  CHECK(table.columns ==
        std::vector<std::string>{"kind", "name", "value", "standard_error", "low", "high"});
  REQUIRE(table.rows.size() == 3);
  CHECK(table.rows[1].cells[1] == "b");
  CHECK(table.rows[1].cells[3].empty());
  CHECK(table.rows[2].cells[0] == "prediction");
  CHECK(table.rows[2].cells[1] == "10");
}

TEST_CASE("the report of a fit", "[fit]") {
  const FitRun fit;
  ProgramResult result = fit({"--form", "power", "--residual", "log", "--bootstrap", "0",
                              "--predict", "256", "--holdout-top", "0.25"});
  REQUIRE(result.status == 0);
  // The name of the temporary folder and the line break that it brings.
  const size_t title_end = result.out.find("\n\n");
  CHECK(result.out.substr(title_end + 2) == R"(  inputs      x = x
  data        8 rows, 2 held out (largest x)
  objective   0.00015752242, the sum of r^2 / 2 over residuals ln y_hat - ln y
  n - p       4
  starts      48 cells by variable projection (b +-0.0289 to 5.77); best 4
              solved, 4 agree to 1e-6
  solver      Levenberg-Marquardt, tolerance 1e-15, converged
  intervals   none: no resamples

  parameter      value  std. error  2.5 %  97.5 %
  a            8.04313           -      -       -
  b          -0.502438           -      -       -

  At the centre of the points (x = 5.657) the term of a is 3.36746.

  prediction at     value  std. error  2.5 %  97.5 %
  256            0.495945           -      -       -  extrapolated

  errors    points        RMS    mean |.|  mean relative  RMS of ln
  fitted         6  0.0406285   0.0291147     0.00581352  0.0072462
  held out       2  0.0105872  0.00865515     0.00913024  0.0107193

        8.1 |o.
            | ...
            |   ...
       6.25 |      ...
            |        .o..
            |           ....
        4.4 |              .....
            |                  .o...
            |                       .....
       2.55 |                            o......
            |                                  ...o.....
            |                                           ...o.........#
        0.7 |                                                        .........#
            +------------------------------------------------------------------
             1             3.36             11.3            38.1            128
  o fitted, # held out, . curve

  Warning: 1 prediction outside the range of the fitted points.
)");
}

TEST_CASE("one seed gives the same curve at 1 and 2 threads, another seed another", "[fit]") {
  const FitRun fit;
  const auto run = [&](const char* threads, const char* seed) {
    return fit({"--form", "saturating-power", "--format", "csv", "--seed", seed},
               {std::string("OMP_NUM_THREADS=") + threads})
        .out;
  };
  const std::string one = run("1", "5");
  CHECK(one == run("2", "5"));
  CHECK(one != run("1", "6"));
}

TEST_CASE("clusters and given resamples are resampled", "[fit]") {
  const FitRun fit;
  const ProgramResult clusters = fit({"--form", "power", "--cluster", "group"});
  CHECK_THAT(clusters.out, Catch::Contains("of 1000 resamples of 3 clusters of group (seed"));
  const std::string file = fit.Folder().Write("rows", "0 1 2 3 4 5 6 7\n0 0 1 2 3 7 7 7\n");
  const ProgramResult given = fit({"--form", "power", "--resamples", file, "--format", "json"});
  REQUIRE(given.status == 0);
  const JsonDocument document(given.out, "fit");
  CHECK(document.Root()["procedure"]["bootstrap"]["resamples"].Integer("R", 2, 2) == 2);
}

TEST_CASE("tables of fits keep within 80 columns", "[fit]") {
  const FitRun fit;
  for (const char* form : {"power", "saturating-power", "log-linear", "exponential-power"}) {
    for (const std::string& line :
         Split(fit({"--form", form, "--predict", "1,10,1e9", "--holdout-top", "0.2"}).out, '\n')) {
      INFO(line);
      CHECK((line.size() <= 80 || line.find(fit.Data()) != std::string::npos));
    }
  }
}

TEST_CASE("what no curve can be fitted to ends with its status and one clear line", "[fit]") {
  const FitRun fit;
  struct Case {
    std::vector<std::string> arguments;
    int status;
    std::string text;
  };
  for (const Case& c : std::vector<Case>{
           {{}, 2, "--form is required"},
           {{"--form", "powr"},
            2,
            "--form: expected power, saturating-power, exponential-power, two-term-power, "
            "logistic, log-normal-cdf, broken-power or log-linear, found 'powr'; did you mean "
            "power?"},
           {{"--form", "two-term-power"}, 2, "--x: two-term-power takes 2 columns, found 1"},
           {{"--form", "power", "--los", "squared"},
            2,
            "unknown option --los; did you mean --loss?"},
           {{"--form", "power", "--loss", "huber:0"},
            2,
            "--loss: expected squared, or huber:D with a threshold D from 1e-50 to 1e50; found "
            "'huber:0'"},
           {{"--form", "power", "--residual", "lin"},
            2,
            "--residual: expected linear, log or log1p, found 'lin'"},
           {{"--form", "power", "--holdout-top", "1"},
            2,
            "--holdout-top: expected a share above 0, below 1, found '1'"},
           {{"--form", "power", "--predict", "1,-2"},
            2,
            "--predict: expected numbers above 0, as in 1e9,2e9, or 1e9:2e10 for two inputs; found "
            "'-2'"},
           {{"--form", "power", "--predict", "1:2"},
            2,
            "--predict: power takes one number a prediction, found 2"},
           {{"--form", "power", "--where", "x"},
            2,
            "--where: expected a column, one of < <= > >= = != and a value, as in loss<3.5; found "
            "'x'"},
           {{"--form", "power", "--resamples", "f", "--bootstrap", "9"},
            2,
            "--resamples gives the resamples: leave out --bootstrap"},
           {{"--form", "power", "--resamples", "/nowhere/rows"},
            1,
            "/nowhere/rows: cannot be read: No such file or directory"},
           {{"--form", "power", "--cluster", "grop"},
            1,
            fit.Data() + ":1: expected a column 'grop', found x, y, group; did you mean group?"},
           {{"--form", "power", "--where", "x<2"},
            1,
            fit.Data() + ": power has 2 parameters: expected at least 2 points, found 1"},
           {{"--form", "power", "--where", "group=c", "--holdout-top", "0.9"},
            1,
            fit.Data() + ": power has 2 parameters: expected at least 2 points, found 0"},
       }) {
    const ProgramResult result = fit(c.arguments);
    CHECK(result.err == "kinetics: error: " + c.text + "\n");
    CHECK(result.status == c.status);
    CHECK(result.out.empty());
  }
}

TEST_CASE("the commands of fit are told like the others", "[fit]") {
  CHECK(RunProgram({"fit", "--help"}).status == 0);
  CHECK_THAT(RunProgram({"fit", "curve", "--help"}).out,
             Catch::Contains("a + b x^-c0 (1 + (x / d1)^(1 / f1))^(-c1 f1)"));
  const ProgramResult none = RunProgram({"fit"});
  CHECK(none.status == 2);
  CHECK_THAT(none.err, Catch::StartsWith("kinetics: error: expected a fit command: curve"));
  const ProgramResult unknown = RunProgram({"fit", "curv"});
  CHECK(unknown.status == 2);
  CHECK_THAT(unknown.err, Catch::Contains("unknown fit command 'curv'; expected curve"));
  CHECK(RunProgram({"fit", "--version"}).status == 2);
}

TEST_CASE("points that repeat others are warned of", "[fit]") {
  const std::string rows = kPoints.substr(kPoints.find('\n') + 1);
  const FitRun fit(kPoints + rows + rows);
  const std::string warning =
      "16 of 24 points repeat others: errors count them as independent and are too small";
  CHECK_THAT(Unwrapped(fit({"--form", "power", "--bootstrap", "20"}).out),
             Catch::Contains(warning));
  CHECK_THAT(Unwrapped(fit({"--form", "power", "--bootstrap", "20", "--cluster", "group"}).out),
             !Catch::Contains(warning));
}

}  // namespace
}  // namespace kinetics
