#include "apps/kinetics/flags.h"
#include "apps/kinetics/parsers.h"

namespace kinetics::app {

void AddCalibrate(Flags& program, CalibrateArgs& args) {
  Flags calibrate = program.AddCommand(
      "calibrate", "benchmark JSON -> calibrated hardware, with held-out error",
      "Example: kinetics calibrate h200.benchmark.json --hardware h200 -o my-h200.json");
  calibrate.AddOutput(args.output, "write the calibrated hardware (JSON) to this file");
  calibrate.AddArguments("benchmark", args.benchmark, "measured kernels (JSON)", "FILE");
  calibrate.AddText(
      "--hardware", args.hardware,
      "the device: a name or a file; a new name where the benchmark has its bandwidth and peak",
      "NAME|FILE");
  calibrate.Require("--hardware");
  calibrate.AddText("--validate", args.validate,
                    "fit nothing, but judge the device's file on these measured kernels", "FILE");
  calibrate.Add("--folds", args.folds, ParseFolds,
                "folds of the cross-validation that gives the held-out error [5]", "K");
  calibrate.Add("--holdout", args.holdout, ParseShare,
                "instead hold out this share of the shapes once", "F");
  calibrate.Add("--seed", args.seed, ParseSeed, "of the split [1]", "N");
  calibrate.Run([&args](const Streams& streams) {
    args.output.made_by.seed = args.seed;
    return RunCalibrate(args, streams);
  });
}

}  // namespace kinetics::app
