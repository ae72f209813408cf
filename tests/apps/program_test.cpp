// The program from outside: exit status, messages, and what goes where.
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
using test::TemporaryFolder;

const std::vector<std::string> kCommands = {"plan",     "cost",    "isocost", "model",
                                            "hardware", "records", "import",  "fit"};

TEST_CASE("help and version go to standard output and end well", "[program]") {
  const ProgramResult version = RunProgram({"--version"});
  CHECK(version.status == 0);
  CHECK_THAT(version.out, Catch::StartsWith("kinetics 0.1.0 (commit "));
  CHECK(RunProgram({"--help"}).status == 0);
  for (const std::string& command : kCommands) {
    INFO(command);
    const ProgramResult help = RunProgram({command, "--help"});
    CHECK(help.status == 0);
    CHECK(help.err.empty());
    CHECK_THAT(help.out, Catch::Contains("Example: kinetics " + command));
  }
}

TEST_CASE("a plan's JSON has the documented members", "[program]") {
  const ProgramResult result = RunProgram({"plan", "--budget", "2s", "--hardware", "b200-paper",
                                           "--samples", "1,2,4,8,16,32", "--format", "json"});
  REQUIRE(result.status == 0);
  CHECK(result.err ==
        "kinetics: note: left out where --samples is above the recorded trials: Qwen3-14B dense "
        "(16), Qwen3-32B dense (8), Qwen3-32B topk:1024 (8), Qwen3-32B topk:128 (8), Qwen3-32B "
        "topk:512 (8)\n");
  const JsonDocument document(result.out, "plan");
  const JsonValue& root = document.Root();
  CHECK(root["schema"].String() == "kinetics.plan/1");
  CHECK(root["task"].String() == "aime24");
  CHECK(root["hardware"].String() == "b200-paper");
  CHECK(root["budget"].Dump() == R"({"unit":"s","value":2})");
  const JsonValue best = root["best"];
  CHECK(best["model"].String() == "Qwen3-32B");
  CHECK(best["attention"].Dump() == R"({"kind":"topk","top_tokens":512})");
  CHECK(best["variant"].IsNull());
  CHECK(best["generation_tokens"].IsNull());
  CHECK(best["accuracy_bound"].IsNull());
  CHECK(best["samples"].Integer("samples", 4, 4) == 4);
  CHECK(best["accuracy"].Positive("accuracy") == Approx(0.8995).margin(5e-5));
  CHECK(best["seconds"].Positive("seconds") == Approx(1.537059).margin(5e-7));
  CHECK(best["eflops"].Positive("eflops") == Approx(6.917e15).epsilon(1e-4));
  CHECK(best["accuracy_interval"].Size() == 2);
  CHECK(best["terms"].Keys() == std::vector<std::string>{"bytes", "flops"});
  CHECK(root["frontier"].Size() > 5);
  CHECK(root["rivals"].Size() == 5);
  CHECK(root["rivals"][0].Has("difference_interval"));
}

TEST_CASE("several budgets give a row each, several devices a plan each", "[program]") {
  const ProgramResult budgets =
      RunProgram({"plan", "--budget", "1us,1s,2s", "--bootstrap", "0", "--format", "json"});
  REQUIRE(budgets.status == 0);
  const JsonDocument several(budgets.out, "plan");
  const JsonValue best = several.Root()["best"];
  REQUIRE(best.Size() == 3);
  CHECK(best[0]["model"].IsNull());
  CHECK(best[2]["budget"].Dump() == R"({"unit":"s","value":2})");
  const ProgramResult devices =
      RunProgram({"plan", "--budget", "2s", "--bootstrap", "0", "--format", "json", "--hardware",
                  "h100", "--hardware", "b200"});
  const JsonDocument plans(devices.out, "plan");
  CHECK(plans.Root()["plans"].Size() == 2);
  CHECK(plans.Root()["plans"][0]["hardware"].String() == "h100");
  CHECK_THAT(RunProgram({"plan", "--budget", "2s", "--hardware", "h100,b200"}).out,
             Catch::Contains("Best under 2.00 s a question, by device"));
}

TEST_CASE("the CSV of a plan has the documented columns", "[program]") {
  const ProgramResult rows = RunProgram({"plan", "--format", "csv", "--show", "all"});
  const CsvTable table = ParseCsv(rows.out, "plan");
  CHECK(table.columns == std::vector<std::string>{"model", "variant", "attention",
                                                  "generation_tokens", "samples", "accuracy",
                                                  "accuracy_low", "accuracy_high", "flops", "bytes",
                                                  "eflops", "seconds"});
  CHECK(table.rows.size() == 1008);
  const ProgramResult questions =
      RunProgram({"plan", "--format", "csv", "--per-question", "--samples", "1", "--attention",
                  "dense", "--show", "all"});
  const CsvTable by_question = ParseCsv(questions.out, "plan");
  CHECK(by_question.columns[5] == "question");
  CHECK(by_question.columns[6] == "accuracy");
  CHECK(by_question.rows.size() == 6 * 30);
}

TEST_CASE("one seed gives the same bytes at 1 and 2 threads, another seed others", "[program]") {
  const auto run = [](const char* threads, const char* seed) {
    // All allocations: enough resampling to be worth a second thread.
    return RunProgram({"plan", "--show", "all", "--seed", seed, "--format", "csv"},
                      {std::string("OMP_NUM_THREADS=") + threads})
        .out;
  };
  const std::string one = run("1", "5");
  CHECK(one == run("2", "5"));
  CHECK(one != run("1", "6"));
}

TEST_CASE("where nothing fits the status is 3, and JSON still says so", "[program]") {
  const ProgramResult result = RunProgram({"plan", "--budget", "1us", "--format", "json"});
  CHECK(result.status == 3);
  const JsonDocument document(result.out, "plan");
  CHECK(document.Root()["best"].IsNull());
  CHECK(document.Root()["frontier"].Size() == 0);
  CHECK(result.err ==
        "kinetics: note: no allocation fits; the cheapest costs 10.2 ms, the highest accuracy is "
        "93.3 %\n");
  const ProgramResult table = RunProgram({"plan", "--budget", "1us"});
  CHECK(table.status == 3);
  CHECK_THAT(table.out, Catch::Contains("No allocation under 1.00 us a question fits: the cheapest "
                                        "costs 10.2 ms"));
  const ProgramResult oracle =
      RunProgram({"plan", "--budget", "1us", "--allocation", "oracle", "--format", "json"});
  CHECK(oracle.status == 3);
  CHECK_THAT(oracle.out, Catch::Contains("\"best\": null"));
  CHECK(RunProgram({"plan", "--min-accuracy", "0.99"}).status == 3);
}

TEST_CASE("an oracle has a row for every budget", "[program]") {
  const ProgramResult result =
      RunProgram({"plan", "--allocation", "oracle", "--budget", "0.02s,1s", "--hardware",
                  "b200-paper", "--samples", "pow2", "--attention", "dense", "--format", "json"});
  REQUIRE(result.status == 0);
  const JsonDocument document(result.out, "plan");
  const JsonValue best = document.Root()["best"];
  REQUIRE(best.Size() == 2);
  CHECK(best[0]["model"].IsNull());
  CHECK(best[0]["accuracy"].Dump() == "0");
  CHECK(best[1]["accuracy"].Positive("accuracy") == Approx(0.3956).margin(5e-5));
  const ProgramResult grid = RunProgram({"plan", "--allocation", "oracle", "--format", "csv"});
  CHECK(ParseCsv(grid.out, "plan").rows.size() == 30);
}

struct ProgramRefusal {
  std::vector<std::string> arguments;
  int status;
  std::string message;
};

TEST_CASE("what cannot be done ends with its status and one clear line", "[program]") {
  const TemporaryFolder folder;
  const std::string empty = folder.Write("empty.json", "");
  const std::string truncated = folder.Write(
      "truncated.json", test::SourceFile("data/aime24-qwen3.records.json").substr(0, 5000));
  const std::string not_records = folder.Write("other.json", "{\"schema\": \"x\"}");
  const std::string no_read = folder.Path("missing.json");
  const std::vector<ProgramRefusal> refusals = {
      {{},
       2,
       "expected a command: plan, cost, isocost, fit, bench, calibrate, model, hardware, records "
       "or import; see kinetics --help"},
      {{"pln"},
       2,
       "unknown command 'pln'; expected plan, cost, isocost, fit, bench, calibrate, model, "
       "hardware, records or import; did you mean plan?"},
      {{"plan", "--bugdet", "2s"}, 2, "unknown option --bugdet; did you mean --budget?"},
      {{"--foo"}, 2, "unknown option --foo before a command"},
      {{"plan", "extra"}, 2, "unexpected argument 'extra'"},
      {{"plan", "--allocation", "oracle", "--per-question"},
       2,
       "--allocation oracle and --per-question exclude each other"},
      {{"plan", "--allocation", "oracle", "--show", "all"},
       2,
       "--allocation oracle and --show all exclude each other"},
      {{"isocost", "--hardware", "h100,b200"}, 2, "--hardware: expected one device"},
      {{"isocost", "--cost-of", "1e300s"},
       2,
       "--cost-of: expected a budget like 2s, 500ms, 3min, 5PeFLOPs, 3e16eflops, 1e15flops, "
       "0.002usd, 400J or 0.05gCO2; "
       "found "
       "'1e300s'; it must be above 0 and at most 1e40"},
      {{"plan", "--budget"}, 2, "--budget: expected one value"},
      {{"plan", "--budget", "1s", "--budget", "2s"}, 2, "--budget: expected one value"},
      {{"plan", "--budget", "-2s"},
       2,
       "--budget: expected a budget like 2s, 500ms, 3min, 5PeFLOPs, 3e16eflops, 1e15flops, "
       "0.002usd, 400J or 0.05gCO2; found "
       "'-2s'; it must be above 0 and at most 1e40"},
      {{"plan", "--budget", "2s,1e15flops"},
       2,
       "--budget: expected budgets in one unit, found s and FLOPs in '2s,1e15flops'"},
      {{"plan", "--budget", "0.002eur"},
       2,
       "--budget: expected a budget like 2s, 500ms, 3min, 5PeFLOPs, 3e16eflops, 1e15flops, "
       "0.002usd, 400J or 0.05gCO2; found "
       "'0.002eur'"},
      {{"plan", "--samples", "0"},
       2,
       "--samples: expected whole numbers like 1,2,4, a range like 1-32, or pow2; found '0'"},
      {{"plan", "--min-accuracy", "1.5"},
       2,
       "--min-accuracy: expected an accuracy above 0, at most 1, found '1.5'"},
      {{"plan", "--min-accuracy", "nan"},
       2,
       "--min-accuracy: expected an accuracy above 0, at most 1, found 'nan'"},
      {{"plan", "--bootstrap", "-1"},
       2,
       "--bootstrap: expected a whole number from 0 to 1000000, found '-1'"},
      {{"plan", "--attention", "tpok"},
       2,
       "--attention: expected an attention: dense, topk:TOP[+LOCAL], "
       "block_topk:BLOCKxCOUNT[+LOCAL] "
       "or sliding:WINDOW; found 'tpok'; did you mean topk?"},
      {{"plan", "--rule", "additiv"},
       2,
       "--rule: expected additive, max, flops, parameters or calibrated, found 'additiv'; did you "
       "mean "
       "additive?"},
      {{"plan", "--format", "xml"},
       2,
       "--format: expected table, json, csv or markdown, found 'xml'"},
      {{"plan", "--allocation", "best"},
       2,
       "--allocation: expected uniform or oracle, found 'best'"},
      {{"plan", "--batch", "0"},
       2,
       "--batch: expected a number of sequences, at least 1, or inf; found '0'"},
      {{"plan", "--hardware", "h10"}, 1, "unknown hardware 'h10'; did you mean h100?"},
      {{"plan", "--hardware", "m4-max", "--dtype", "fp8"},
       1,
       "hardware m4-max: no fp8 peak is known; it has fp16"},
      {{"plan", "--model", "Qwen3-9B"}, 1, "unknown model 'Qwen3-9B'; did you mean Qwen3-4B?"},
      {{"plan", "--model", "mine=" KINETICS_SOURCE_DIR "/configs/models/Qwen3-8B.json"},
       1,
       "--model: task aime24 has no run of 'mine=" KINETICS_SOURCE_DIR
       "/configs/models/Qwen3-8B.json'; it has Qwen3-0.6B, Qwen3-1.7B, Qwen3-14B, Qwen3-32B, "
       "Qwen3-4B, Qwen3-8B"},
      {{"plan", "--attention", "sliding"},
       1,
       "task aime24 has no run that can be planned with and that --attention selects"},
      {{"plan", "--records", "math500"},
       1,
       "unknown records 'math500'; expected a file or aime24-qwen3 or otis-mock-aime"},
      {{"plan", "--records", empty}, 1, empty + ": expected JSON, found an empty file"},
      {{"plan", "--records", truncated},
       1,
       truncated + ":54:76: expected JSON, found the end of the file"},
      {{"plan", "--records", not_records},
       1,
       not_records + ":1: /schema: expected \"kinetics.records/1\", found \"x\""},
      {{"plan", "--records", no_read}, 1, no_read + ": cannot be read: No such file or directory"},
      {{"plan", "--records", "/"}, 1, "/: cannot be read: Is a directory"},
      {{"plan", "--output", "/no/such/file"},
       1,
       "/no/such/file: cannot be written: No such file or directory"},
      {{"cost", "--model", "Qwen3-8B"}, 2, "--generation-tokens is required"},
      {{"cost", "--generation-tokens", "5"},
       2,
       "--model is required, unless --allocations is given"},
      {{"cost", "--model", "Qwen3-8B", "--generation-tokens", "1.5"},
       2,
       "--generation-tokens: expected whole numbers like 1,2,4, a range like 1-32, or pow2; found "
       "'1.5'"},
      {{"isocost", "--cost-of", "1e15flops"},
       2,
       "--cost-of: expected seconds, eFLOPs, usd, J or gCO2, which every rule counts, or "
       "MODEL:TOKENS; found "
       "'1e15flops'"},
      {{"isocost", "--cost-of", "Qwen3-9B:100"},
       1,
       "unknown model 'Qwen3-9B'; did you mean Qwen3-4B?"},
      {{"isocost", "--solve", "samples"},
       2,
       "--solve samples needs one number of --generation-tokens"},
      {{"isocost", "--matrix", "--cost-of", "2s"}, 2, "--matrix and --cost-of exclude each other"},
      {{"isocost", "--matrix", "--solve", "samples"}, 2, "--matrix and --solve exclude each other"},
      {{"isocost", "--convention", "published", "--attention", "block_topk:16x64"},
       2,
       "block_topk under --convention published has no inverse, its search rounds down; use "
       "--convention exact"},
      {{"model", "Qwen3-8"}, 1, "unknown model 'Qwen3-8'; did you mean Qwen3-8B?"},
      {{"hardware", "B20"}, 1, "unknown hardware 'B20'; did you mean b200?"},
      {{"records", empty}, 1, empty + ": expected JSON, found an empty file"},
      {{"import"}, 2, "expected a CSV file of trials; see kinetics import --help"},
      {{"import", empty}, 1, empty + ": expected a line of column names, found an empty file"},
  };
  for (const ProgramRefusal& refusal : refusals) {
    INFO("kinetics " << (refusal.arguments.empty() ? "" : refusal.arguments.front()) << " ... "
                     << (refusal.arguments.empty() ? "" : refusal.arguments.back()));
    const ProgramResult result = RunProgram(refusal.arguments);
    CHECK(result.err == "kinetics: error: " + refusal.message + "\n");
    CHECK(result.status == refusal.status);
    CHECK(result.out.empty());
  }
}

TEST_CASE("a hundred megabytes of garbage end quickly with one line", "[program][robust]") {
  const TemporaryFolder folder;
  for (const char fill : {'\xEE', '[', '"', '0'}) {
    const std::string path = folder.Write("garbage.json", std::string(100'000'000, fill));
    const ProgramResult result = RunProgram({"records", path});
    CHECK(result.status == 1);
    CHECK_THAT(result.err, Catch::StartsWith("kinetics: error: " + path));
    CHECK(result.err.size() < 200);
  }
}

TEST_CASE("long lists of objects and of keys are read in time that grows with them",
          "[program][robust]") {
  const TemporaryFolder folder;
  std::string questions = "{\"questions\": [";
  std::string keys = "{\"source\": {";
  for (int i = 0; i < 400'000; ++i) {
    questions += "{\"id\": " + std::to_string(i) + ", \"prompt_tokens\": 1},\n";
    keys += "\"" + std::to_string(i) + "\": 1,\n";
  }
  // Quadratic reading took minutes; the harness ends a test after five.
  for (const std::string& text : {questions, keys}) {
    const std::string path = folder.Write("long.json", text);
    CHECK(RunProgram({"records", path}).err ==
          "kinetics: error: " + path + ":400001:1: expected JSON, found the end of the file\n");
  }
}

TEST_CASE("plans that ask for more than memory holds are refused", "[program][robust]") {
  const ProgramResult result = RunProgram({"plan", "--generation-tokens", "1-20000"});
  CHECK(result.status == 1);
  CHECK(result.err ==
        "kinetics: error: 20160000 allocations of 30 questions are more than can be held; consider "
        "fewer numbers of samples or of generation tokens\n");
}

TEST_CASE("a file without a telling name is read where it is there", "[program]") {
  const TemporaryFolder folder;
  const std::string path = folder.Write("mine", test::SourceFile("configs/hardware/h100.json"));
  CHECK(RunProgram({"hardware", path}).status == 0);
  // A path is a path, whatever the catalogue has of that name.
  const std::string named = folder.Write("b200", test::SourceFile("configs/hardware/h100.json"));
  CHECK_THAT(RunProgram({"hardware", named}).out, Catch::StartsWith("h100:"));
}

TEST_CASE("a failure leaves the output file as it was", "[program]") {
  const TemporaryFolder folder;
  const std::string output = folder.Write("out.json", "before");
  CHECK(RunProgram({"plan", "--budget", "2s", "--hardware", "nope", "-o", output}).status == 1);
  CHECK(ReadFile(output) == "before");
  const ProgramResult good =
      RunProgram({"plan", "--budget", "2s", "--format", "json", "-o", output});
  CHECK(good.status == 0);
  CHECK(good.out.empty());
  CHECK(JsonDocument(ReadFile(output), output).Root()["schema"].String() == "kinetics.plan/1");
}

TEST_CASE("output that cannot be written is an error", "[program]") {
  const ProgramResult result = RunProgram({"plan", "-o", "/dev/full"});
  CHECK(result.status == 1);
  CHECK(result.err == "kinetics: error: /dev/full: cannot be written: No space left on device\n");
  const ProgramResult standard = RunProgram({"plan"}, {}, "/dev/full");
  CHECK(standard.status == 1);
  CHECK(standard.err == "kinetics: error: standard output: cannot be written\n");
}

TEST_CASE("runs without attention or of unknown models are named and left out", "[program]") {
  const ProgramResult otis = RunProgram({"plan", "--records", "otis-mock-aime"});
  CHECK(otis.status == 1);
  CHECK_THAT(otis.err, Catch::StartsWith("kinetics: note: left out, their attention is not "
                                         "recorded: claude-haiku-4-5-20251001, claude-opus"));
  const TemporaryFolder folder;
  std::string text = test::SourceFile("data/aime24-qwen3.records.json");
  const std::string from = "{\"model\": \"Qwen3-1.7B\", \"attention\": {\"kind\": \"dense\"}";
  REQUIRE(text.find(from) != std::string::npos);
  text.replace(text.find(from), from.size(),
               "{\"model\": \"mystery\", \"attention\": {\"kind\": \"dense\"}");
  const ProgramResult mystery = RunProgram({"plan", "--records", folder.Write("r.json", text)});
  CHECK(mystery.status == 0);
  CHECK(mystery.err == "kinetics: note: left out, models that no catalogue has: mystery\n");
  const ProgramResult named = RunProgram(
      {"plan", "--records", folder.Path("r.json"), "--model",
       "mystery=" KINETICS_SOURCE_DIR "/configs/models/Qwen3-1.7B.json", "--format", "csv"});
  CHECK(named.status == 0);
  CHECK_THAT(named.out, Catch::Contains("\nmystery,,dense,,1,0.458333333"));
}

TEST_CASE("models and attentions select among the runs", "[program]") {
  const auto rows = [](const std::vector<std::string>& options) {
    std::vector<std::string> arguments = {"plan",      "--format", "csv",         "--show", "all",
                                          "--samples", "1",        "--bootstrap", "0"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return ParseCsv(RunProgram(arguments).out, "plan").rows.size();
  };
  CHECK(rows({}) == 35);
  CHECK(rows({"--model", "qwen3-8b"}) == 8);
  CHECK(rows({"--model", "Qwen3-0*", "--model", "Qwen/Qwen3-14B"}) == 7);
  CHECK(rows({"--attention", "dense"}) == 6);
  CHECK(rows({"--attention", "dense,topk:512"}) == 8);
  CHECK(rows({"--attention", "block_topk", "--model", "Qwen3-4B"}) == 2);
}

TEST_CASE("imported trials can be planned with", "[program]") {
  const TemporaryFolder folder;
  const std::string csv = folder.Write("mine.csv",
                                       "model,question,tokens,correct,attention\n"
                                       "Qwen3-8B,a,1000,1,dense\n"
                                       "Qwen3-8B,a,3000,0,dense\n"
                                       "Qwen3-8B,b,2000,1,dense\n"
                                       "Qwen3-8B,b,2000,1,dense\n");
  const std::string records = folder.Path("mine.records.json");
  const ProgramResult import = RunProgram({"import", csv, "--prompt-tokens", "100", "-o", records});
  CHECK(import.status == 0);
  CHECK_THAT(import.out, Catch::StartsWith("mine: 2 questions, 1 run"));
  CHECK(RunProgram({"records", records, "--check"}).status == 0);
  const ProgramResult plan = RunProgram({"plan", "--records", records, "--format", "csv",
                                         "--generation-tokens", "1500,4000", "--bootstrap", "0"});
  CHECK(plan.status == 0);
  // Cut at 1,500 only the first trial is right in time: (1/2 + 0) / 2.
  CHECK_THAT(plan.out, Catch::Contains("Qwen3-8B,,dense,1500,1,0.25,,,") &&
                           Catch::Contains("Qwen3-8B,,dense,4000,1,0.75,,,") &&
                           Catch::Contains("Qwen3-8B,,dense,4000,2,1,,,"));
}

TEST_CASE("costs of a file of allocations are those of the options", "[program]") {
  const TemporaryFolder folder;
  const std::string csv = folder.Write("a.csv",
                                       "model,attention,generation_tokens,samples,hardware\n"
                                       "Qwen3-8B,topk:512,8192,4,h100\n"
                                       "Qwen3-0.6B,,1000,1,\n");
  const ProgramResult file = RunProgram({"cost", "--allocations", csv, "--format", "csv"});
  REQUIRE(file.status == 0);
  const ProgramResult one =
      RunProgram({"cost", "--model", "Qwen3-8B", "--attention", "topk:512", "--generation-tokens",
                  "8192", "--samples", "4", "--hardware", "h100", "--format", "csv"});
  const auto lines = Split(file.out, '\n');
  CHECK(lines[1] == Split(one.out, '\n')[1]);
  CHECK_THAT(lines[2], Catch::StartsWith("Qwen3-0.6B,b200,dense,160,1000,1,,additive,"));
  const std::string unknown =
      folder.Write("u.csv", "model,generation-tokens\nQwen3-8B,1\nQwen3-9B,1\n");
  CHECK(RunProgram({"cost", "--allocations", unknown}).err ==
        "kinetics: error: " + unknown + ":3: unknown model 'Qwen3-9B'; did you mean Qwen3-4B?\n");
  const std::string bad = folder.Write("b.csv", "model,generation-tokens\nQwen3-8B,x\n");
  CHECK(RunProgram({"cost", "--allocations", bad}).err ==
        "kinetics: error: " + bad +
            ":2: generation-tokens: expected a whole number from 1 to 1000000000, found 'x'\n");
}

TEST_CASE("the cost of an allocation names its terms", "[program]") {
  const ProgramResult result = RunProgram({"cost", "--model", "Qwen3-8B", "--generation-tokens",
                                           "8192", "--hardware", "b200-paper", "--format", "json"});
  const JsonDocument document(result.out, "cost");
  const JsonValue& root = document.Root();
  CHECK(root["schema"].String() == "kinetics.cost/1");
  CHECK(root["batch"].IsNull());
  // 2 P L with P = 7,568,405,504, and I = 562.5.
  CHECK(root["terms"]["flops"]["linear"].Positive("FLOPs") == 2.0 * 7'568'405'504 * 8192);
  CHECK(root["eflops"].Positive("eFLOPs") ==
        Approx(root["flops"].Positive("FLOPs") + 562.5 * root["bytes"].Positive("bytes")));
  CHECK(root["attention_to_linear"].Positive("ratio") > 1);
}

TEST_CASE("iso-cost rows have the documented members, and samples can be solved for", "[program]") {
  const ProgramResult tokens =
      RunProgram({"isocost", "--hardware", "b200-paper", "--format", "json"});
  const JsonDocument document(tokens.out, "isocost");
  const JsonValue rows = document.Root()["rows"];
  REQUIRE(rows.Size() == 18);
  CHECK(rows[0]["model"].String() == "Qwen3-0.6B");
  CHECK(rows[0]["generation_tokens"].Positive("tokens") == Approx(10'178).margin(0.5));
  const ProgramResult samples =
      RunProgram({"isocost", "--cost-of", "Qwen3-8B:4096", "--solve", "samples",
                  "--generation-tokens", "4096", "--model", "Qwen3-8B", "--format", "csv"});
  CHECK_THAT(samples.out, Catch::Contains("Qwen3-8B,1,additive,"));
  CHECK_THAT(RunProgram({"isocost", "--matrix"}).out, Catch::Contains("32,768"));
  // A model named twice is one.
  const ProgramResult twice =
      RunProgram({"isocost", "--model", "Qwen3-8B,Qwen3-?B", "--format", "csv", "--rule", "flops"});
  CHECK(twice.status == 0);
  CHECK(ParseCsv(twice.out, "isocost").rows.size() == 2);
}

TEST_CASE("tables keep within 80 columns", "[program]") {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"plan", "--budget", "2s"},
           {"plan", "--min-accuracy", "0.8", "--budget", "5s"},
           {"plan", "--budget", "2s", "--hardware", "h100,h200,b200"},
           {"plan", "--allocation", "oracle"},
           {"plan", "--generation-tokens", "4096,8192", "--budget", "200ms"},
           {"plan", "--attention", "block_topk", "--show", "all"},
           {"cost", "--model", "Qwen3-*", "--generation-tokens", "100", "--attention",
            "block_topk:16x64+5"},
           {"cost", "--model", "Qwen3-32B", "--generation-tokens", "32768", "--attention",
            "block_topk:128x64"},
           {"cost", "--model", "*", "--generation-tokens", "32768"},
           {"isocost"},
           {"isocost", "--matrix"},
           {"model"},
           {"model", "Qwen3-8B", "--context", "32768"},
           {"hardware"},
           {"hardware", "b200"},
           {"records"},
           {"records", "otis-mock-aime"},
           {"--help"},
           {"plan", "--help"},
           {"cost", "--help"},
           {"isocost", "--help"},
           {"import", "--help"}}) {
    const ProgramResult result = RunProgram(arguments);
    CHECK(result.status == 0);
    for (const std::string& line : Split(result.out, '\n')) {
      INFO(arguments[0] << ": " << line);
      CHECK(line.size() <= 80);
      CHECK((line.empty() || line.back() != ' '));
    }
  }
}

}  // namespace
}  // namespace kinetics
