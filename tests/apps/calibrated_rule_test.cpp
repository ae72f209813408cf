// `--rule calibrated` of plan, cost and isocost from outside.
#include <nlohmann/json.hpp>

#include "tests/apps/toy_records.h"

namespace kinetics {
namespace {

using test::CheckRefused;
using test::ParseReport;
using test::RunProgram;

TEST_CASE("a calibrated cost says what each part of it rests on", "[program][calibrated]") {
  const auto run = RunProgram({"cost", "--model", "Qwen3-8B", "--generation-tokens", "8192",
                               "--hardware", "h100", "--rule", "calibrated", "--attention",
                               "block_topk:16x64", "--format", "json"});
  REQUIRE(run.status == 0);
  const auto cost = ParseReport(run.out, "kinetics.cost/1");
  CHECK(cost["batch"] == 64);
  const auto& time = cost["time_terms"];
  const auto seconds = [&](const char* term) { return time[term]["seconds"].get<double>(); };
  CHECK(seconds("linear") + seconds("attention") + seconds("search") ==
        Approx(cost["seconds"].get<double>()).epsilon(1e-14));
  CHECK(time["attention"]["provenance"] == "fitted");
  CHECK(time["search"]["provenance"] == "datasheet");
  // The output head of 151,936 columns is wider than any product that was measured.
  CHECK(time["linear"]["provenance"] == "extrapolated");
  CHECK(cost["step"]["context"] == 160 + 4096);
  CHECK(cost["step"]["operations"].size() == 7);
  CHECK(cost["step"]["operations"][4]["provenance"] == "extrapolated");
  CHECK(cost["attention_to_linear"].get<double>() ==
        Approx((seconds("attention") + seconds("search")) / seconds("linear")));

  const auto table = RunProgram({"cost", "--model", "Qwen3-8B", "--generation-tokens", "8192",
                                 "--hardware", "h100", "--rule", "calibrated"});
  CHECK_THAT(table.out, Catch::Contains("a decode step of 64 sequences at a context of 4,256"));
  CHECK_THAT(table.out, Catch::Contains("output head"));
  const auto other = RunProgram({"cost", "--model", "Qwen3-8B", "--generation-tokens", "8192",
                                 "--hardware", "h100", "--format", "json"});
  CHECK_FALSE(ParseReport(other.out, "kinetics.cost/1").contains("time_terms"));
}

TEST_CASE("plans by the calibrated rule cost what cost says", "[program][calibrated]") {
  const auto run = RunProgram({"plan", "--budget", "2s", "--rule", "calibrated", "--hardware",
                               "h100", "--bootstrap", "0", "--format", "json"});
  REQUIRE(run.status == 0);
  const auto plan = ParseReport(run.out, "kinetics.plan/1");
  CHECK(plan["rule"] == "calibrated");
  CHECK(plan["batch"] == 64);
  CHECK(plan["best"]["seconds"] <= 2.0);
  CHECK(plan["best"]["time_terms"]["attention"]["provenance"] == "fitted");
  double last = 0;
  for (const auto& row : plan["frontier"]) {
    CHECK(row["seconds"] > last);
    last = row["seconds"].get<double>();
  }
  const auto additive = RunProgram({"plan", "--budget", "2s", "--hardware", "h100", "--batch", "64",
                                    "--bootstrap", "0", "--format", "json"});
  // The data sheet knows no overheads: it buys more.
  CHECK(ParseReport(additive.out, "kinetics.plan/1")["best"]["accuracy"] >=
        plan["best"]["accuracy"]);
}

TEST_CASE("calibrated iso-cost lengths cost the same", "[program][calibrated]") {
  const auto run = RunProgram({"isocost", "--rule", "calibrated", "--hardware", "h200", "--batch",
                               "16", "--cost-of", "Qwen3-14B:8192", "--format", "json"});
  REQUIRE(run.status == 0);
  const auto report = ParseReport(run.out, "kinetics.isocost/1");
  CHECK(report["batch"] == 16);
  REQUIRE(report["rows"].size() == 6);
  for (const auto& row : report["rows"]) {
    if (row["model"] == "Qwen3-14B") {
      CHECK(row["generation_tokens"].get<double>() == Approx(8192).epsilon(1e-12));
    }
  }
}

TEST_CASE("the calibrated rule is refused where nothing was measured", "[program][calibrated]") {
  CheckRefused(RunProgram({"plan", "--budget", "2s", "--rule", "calibrated", "--hardware", "a100"}),
               1,
               "hardware a100: is not calibrated, which rule calibrated needs; see kinetics "
               "calibrate");
  CheckRefused(RunProgram({"plan", "--budget", "2s", "--rule", "calibrated", "--hardware", "h100",
                           "--convention", "published"}),
               2, "rule calibrated has no published convention; use --convention exact");
  CheckRefused(RunProgram({"plan", "--budget", "2s", "--rule", "calibrated", "--hardware", "h100",
                           "--batch", "1.5"}),
               1, "batch 1.5: rule calibrated times whole batches of 1 to 1e+06 sequences");
}

}  // namespace
}  // namespace kinetics
