#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "apps/kinetics/commands.h"
#include "kinetics/calibrate/calibrate.h"
#include "kinetics/calibrate/new_device.h"
#include "kinetics/core/error.h"
#include "kinetics/core/text.h"
#include "kinetics/cost/operation_model.h"
#include "kinetics/io/benchmark.h"
#include "kinetics/io/catalogue.h"
#include "kinetics/io/file.h"
#include "kinetics/render/calibration.h"
#include "kinetics/render/hardware.h"

namespace kinetics::app {
namespace {

/// What the arguments alone decide.
void CheckCalibrate(const CalibrateArgs& args) {
  if (args.validate && !args.benchmark.empty()) {
    throw UsageError(
        fmt::format("--validate judges its own file: leave out '{}'", args.benchmark.front()));
  }
  if (args.validate && (args.folds || args.holdout || args.output.file)) {
    throw UsageError(fmt::format("--validate and {} exclude each other", args.folds ? "--folds"
                                                                         : args.holdout
                                                                             ? "--holdout"
                                                                             : "--output"));
  }
  if (args.folds && args.holdout) {
    throw UsageError("--folds and --holdout exclude each other");
  }
  if (!args.validate && args.benchmark.size() != 1) {
    throw UsageError(fmt::format("expected one benchmark file, found {}", args.benchmark.size()));
  }
}

/// The device that is named: of a catalogue or a file, or else a new one if the benchmark says
/// enough of it.
Hardware DeviceOf(const std::string& name, const Benchmark& benchmark, const Streams& streams) {
  if (IsUnknownHardware(name) && IsName(name)) {
    if (auto device = NewDevice(benchmark, name)) {
      Note(fmt::format("{} is a new device: its bandwidth and peaks are the benchmark's best",
                       Excerpt(name)),
           streams);
      return *device;
    }
  }
  return LoadHardware(name);
}

/// Says which rows nothing is fitted to.
void NoteUnmodelled(const Benchmark& benchmark, const Streams& streams) {
  for (const Operation operation : kOperations) {
    const auto rows =
        std::count_if(benchmark.measurements.begin(), benchmark.measurements.end(),
                      [&](const Measurement& row) { return row.operation == operation; });
    if (rows > 0 && !HasModel(operation)) {
      Note(fmt::format("{}: {} left alone, there is no model of it", Name(operation),
                       Counted(static_cast<size_t>(rows), "row")),
           streams);
    }
  }
}

Status RunValidate(const CalibrateArgs& args, const Streams& streams) {
  const Hardware hardware = LoadHardware(args.hardware);
  const Benchmark benchmark = ReadBenchmark(ReadFile(*args.validate), *args.validate);
  NoteUnmodelled(benchmark, streams);
  const CalibrationReport report = {
      .hardware = hardware.name,
      .device = benchmark.device,
      .how = hardware.calibration ? "errors of the calibrated constants" : "it is not calibrated",
      .errors = Validate(benchmark, hardware),
      .calibration = hardware.calibration};
  streams.out << RenderCalibration(report, args.output.format, args.output.made_by);
  return Status::kDone;
}

}  // namespace

Status RunCalibrate(const CalibrateArgs& args, const Streams& streams) {
  CheckCalibrate(args);
  if (args.validate) {
    return RunValidate(args, streams);
  }
  const std::string& file = args.benchmark.front();
  const Benchmark benchmark = ReadBenchmark(ReadFile(file), file);
  Hardware hardware = DeviceOf(args.hardware, benchmark, streams);
  NoteUnmodelled(benchmark, streams);
  CalibrateOptions options = {.holdout = args.holdout, .seed = args.seed};
  options.folds = args.folds.value_or(options.folds);
  CalibrationResult result;
  try {
    result = Calibrate(benchmark, hardware, options);
  } catch (const Error& e) {
    throw Error(fmt::format("{}: {}", file, e.what()));
  }
  hardware.calibration = result.calibration;
  if (args.output.file) {
    WriteFile(*args.output.file, RenderHardware(hardware, Format::kJson, args.output.made_by));
  }
  const std::string how =
      args.holdout ? fmt::format("{:.3g} % of the shapes held out", 100 * *args.holdout)
                   : fmt::format("{}-fold cross-validation over all shapes", options.folds);
  const CalibrationReport report = {.hardware = hardware.name,
                                    .device = benchmark.device,
                                    .how = how,
                                    .errors = result.errors,
                                    .calibration = result.calibration};
  streams.out << RenderCalibration(report, args.output.format, args.output.made_by);
  return Status::kDone;
}

}  // namespace kinetics::app
