// `kinetics calibrate` from outside.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "kinetics/io/catalogue.h"
#include "tests/apps/toy_records.h"

namespace kinetics {
namespace {

using test::CheckRefused;
using test::ParseReport;
using test::RunProgram;

/// Reads of 1 kB to 1 GB at 2 TB/s after 5 us, within 2 % of that.
std::string Reads(int first = 20, int last = 60) {
  std::string text =
      "{\"schema\": \"kinetics.benchmark/1\", \"device\": \"toy\", \"software\": \"none\",\n"
      "\"source\": \"made up\", \"measurements\": [\n";
  for (int i = first; i <= last; ++i) {
    const double bytes = std::floor(std::exp2(i / 2.0));
    const double seconds = (5e-6 + bytes / 2e12) * (1 + (i % 3 - 1) * 0.02);
    text += fmt::format("{{\"op\":\"read_bandwidth\",\"bytes\":{},\"seconds\":{}}}{}\n", bytes,
                        seconds, i == last ? "]}" : ",");
  }
  return text;
}

TEST_CASE("a calibrated device is written, read back and judged", "[program][calibrate]") {
  const test::TemporaryFolder folder;
  const std::string benchmark = folder.Write("b.json", Reads());
  const std::string file = folder.Path("h.json");
  const auto fitted =
      RunProgram({"calibrate", benchmark, "--hardware", "h200", "-o", file, "--format", "json"});
  REQUIRE(fitted.err.empty());
  const auto report = ParseReport(fitted.out, "kinetics.calibration/1");
  const auto& row = report["operations"][0];
  CHECK(row["op"] == "read_bandwidth");
  CHECK(row["n_test"] == 41);
  CHECK(row["mape_test"] < 0.03);
  CHECK(row["datasheet_mape_test"] > 0.5);
  CHECK(row["parameters"]["overhead_seconds"]["value"].get<double>() == Approx(5e-6).epsilon(0.02));

  const Hardware hardware = LoadHardware(file);
  REQUIRE(hardware.calibration);
  CHECK(hardware.name == "h200");
  CHECK(hardware.calibration->source == "made up");
  const CalibratedOperation& operation = hardware.calibration->operations.at(0);
  CHECK(operation.constants.at(0).value ==
        row["parameters"]["overhead_seconds"]["value"].get<double>());
  CHECK(operation.ranges.at(0).high == int64_t{1} << 30U);
  const auto printed = RunProgram({"hardware", file, "--format", "json"});
  const std::string again = folder.Write("again.json", printed.out);
  CHECK(RunProgram({"hardware", again, "--format", "json"}).out.size() > 1000);

  const std::string larger = folder.Write("larger.json", Reads(58, 62));
  const auto judged = ParseReport(
      RunProgram({"calibrate", "--validate", larger, "--hardware", file, "--format", "json"}).out,
      "kinetics.calibration/1");
  CHECK(judged["operations"][0]["n_test"] == 5);
  CHECK(judged["operations"][0]["n_extrapolated"] == 2);
  CHECK(judged["operations"][0]["mape_test"] < 0.05);
  const auto datasheet = ParseReport(
      RunProgram({"calibrate", "--validate", larger, "--hardware", "mi300x", "--format", "json"})
          .out,
      "kinetics.calibration/1");
  CHECK(datasheet["operations"][0]["mape_test"].is_null());
  CHECK(datasheet["operations"][0]["datasheet_mape_test"] > 0.5);
}

TEST_CASE("rows that there is no model of are left alone, and said to be", "[program][calibrate]") {
  const test::TemporaryFolder folder;
  std::string rows = Reads();
  rows.insert(rows.rfind("]}"),
              R"(,{"op":"decoder_layer","batch":1,"hidden":8,"inner":8,"query_heads":1,)"
              R"("kv_heads":1,"head_dim":128,"context":1,"kv_dtype":"fp16","seconds":1})");
  const auto fitted = RunProgram({"calibrate", folder.Write("b.json", rows), "--hardware", "h200"});
  CHECK(fitted.status == 0);
  CHECK(fitted.err == "kinetics: note: decoder_layer: 1 row left alone, there is no model of it\n");
  CHECK_THAT(fitted.out, !Catch::Contains("decoder_layer"));
}

TEST_CASE("the devices that ship calibrated read back as they print", "[program][calibrate]") {
  const test::TemporaryFolder folder;
  for (const char* name : {"h100", "h200", "b200", "l40s"}) {
    const Hardware shipped = LoadHardware(name);
    REQUIRE(shipped.calibration);
    CHECK(shipped.calibration->operations.size() == 9);
    const auto printed = RunProgram({"hardware", name, "--format", "json"});
    const Hardware again = LoadHardware(folder.Write("again.json", printed.out));
    for (size_t i = 0; i < shipped.calibration->operations.size(); ++i) {
      const CalibratedOperation& a = shipped.calibration->operations[i];
      const CalibratedOperation& b = again.calibration->operations.at(i);
      CHECK(a.operation == b.operation);
      CHECK(a.dtype == b.dtype);
      CHECK(a.head_dim == b.head_dim);
      CHECK(a.error.mean_absolute == b.error.mean_absolute);
      REQUIRE(a.constants.size() == b.constants.size());
      CHECK(a.constants.size() <= 12);
      for (size_t j = 0; j < a.constants.size(); ++j) {
        CHECK(a.constants[j].name == b.constants[j].name);
        CHECK(a.constants[j].value == b.constants[j].value);
        CHECK(a.constants[j].standard_error == b.constants[j].standard_error);
      }
    }
  }
}

TEST_CASE("the report of a calibration is a table", "[program][calibrate]") {
  const test::TemporaryFolder folder;
  const std::string benchmark = folder.Write("b.json", Reads());
  const auto result =
      RunProgram({"calibrate", benchmark, "--hardware", "h200", "--holdout", "0.25"});
  CHECK(result.status == 0);
  CHECK_THAT(result.out, Catch::StartsWith(
                             "h200, measured on toy: 25 % of the shapes held out\n\n  operation"));
  CHECK_THAT(result.out, Catch::Contains("overhead_seconds"));
  test::CheckTable(result.out);
}

TEST_CASE("a machine that no catalogue has is calibrated from its own best rates",
          "[program][calibrate]") {
  const test::TemporaryFolder folder;
  std::string text = Reads();
  std::string peaks;
  for (int i = 1; i <= 6; ++i) {
    peaks += fmt::format(",{{\"op\":\"peak_flops\",\"flops\":{},\"dtype\":\"f32\",\"seconds\":{}}}",
                         i * 1'000'000, 1e-5 + i * 1e-5);
  }
  text.insert(text.rfind("]}"), peaks);
  const std::string benchmark = folder.Write("b.json", text);
  const std::string file = folder.Path("this-machine.hardware.json");
  const auto fitted =
      RunProgram({"calibrate", benchmark, "--hardware", "this-machine", "-o", file});
  CHECK(fitted.status == 0);
  CHECK(fitted.err ==
        "kinetics: note: this-machine is a new device: its bandwidth and peaks are the "
        "benchmark's best\n");
  CHECK_THAT(fitted.out, Catch::StartsWith("this-machine, measured on toy: 5-fold"));
  const auto shown = RunProgram({"hardware", file});
  CHECK(shown.err.empty());
  CHECK_THAT(shown.out, Catch::Contains("fp32 peak"));
  CHECK_THAT(shown.out, Catch::Contains("measured by kinetics bench"));
  const Hardware hardware = LoadHardware(file);
  CHECK(hardware.device == "toy");
  CHECK(PeakFlops(hardware, Dtype::kFp32)->value.value == Approx(6e6 / 7e-5));
  CHECK(hardware.calibration->operations.size() == 2);
  // So that the others work with it at once.
  CHECK(RunProgram(
            {"cost", "--model", "Qwen3-0.6B", "--hardware", file, "--generation-tokens", "1000"})
            .status == 0);
}

TEST_CASE("what cannot be calibrated ends with its status and one clear line",
          "[program][calibrate]") {
  const test::TemporaryFolder folder;
  const std::string good = folder.Write("good.json", Reads());
  const std::string few = folder.Write("few.json", Reads(20, 24));
  std::string text = Reads();
  text.replace(text.find("read_bandwidth"), 14, "write_bandwidt");
  const std::string unknown = folder.Write("unknown.json", text);
  struct Refusal {
    std::vector<std::string> arguments;
    int status;
    std::string message;
  };
  for (const Refusal& refusal : std::vector<Refusal>{
           {{good, "--hardware", "h200", "--folds", "1"},
            2,
            "--folds: expected a whole number from 2 to 100, found '1'"},
           {{good, "--hardware", "h200", "--folds", "4", "--holdout", "0.2"},
            2,
            "--folds and --holdout exclude each other"},
           {{"--validate", good, "--hardware", "h200", "--folds", "4"},
            2,
            "--validate and --folds exclude each other"},
           {{"--hardware", "h200"}, 2, "expected one benchmark file, found 0"},
           {{good, "--hardware", "h20"}, 1, "unknown hardware 'h20'; did you mean h200?"},
           {{few, "--hardware", "h200"},
            1,
            few + ": read_bandwidth: 5 different shapes are too few: expected at least 5 beside "
                  "those held out, found 4"},
           {{unknown, "--hardware", "h200"},
            1,
            unknown + ":3: /measurements/0/op: expected an operation, one of decode_attention, "
                      "prefill_attention, block_topk_attention, topk_attention, "
                      "sliding_attention, select, gemm, gemv, decoder_layer, all_reduce, "
                      "read_bandwidth, copy_bandwidth, triad_bandwidth or peak_flops, found "
                      "\"write_bandwidt\""},
       }) {
    std::vector<std::string> arguments = {"calibrate"};
    arguments.insert(arguments.end(), refusal.arguments.begin(), refusal.arguments.end());
    CheckRefused(RunProgram(arguments), refusal.status, refusal.message);
  }
}

}  // namespace
}  // namespace kinetics
