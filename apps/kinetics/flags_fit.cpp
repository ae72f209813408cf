#include "apps/kinetics/flags.h"
#include "apps/kinetics/parsers.h"

namespace kinetics::app {
namespace {

const char* const kArtefactFile = "also write the fit (JSON) to this file";

void AddFitCoverage(Flags& fit, FitCoverageArgs& args) {
  Flags coverage = fit.AddCommand(
      "coverage", "pass@k and its laws from counts of right samples",
      "One row a problem, with the columns n (samples) and c (right ones), and if you\n"
      "have them problem, and group or model.\n"
      "Example: kinetics fit coverage --data counts.csv --bootstrap 4000");
  coverage.AddOutput(args.output, kArtefactFile);
  coverage.AddText("--data", args.data, "counts of right samples (CSV)", "FILE");
  coverage.AddText("--group", args.group, "the column that tells groups apart [group, else model]",
                   "COLUMN");
  coverage.Add(
      "--k", args.k, ParseCountList,
      "samples to fit at: 1,2,4 or 1-32 or pow2 [101 values from 1 to 10,000, as far as n goes]",
      "LIST");
  coverage.Add("--bootstrap", args.resamples, ParseResamples,
               "resamples of the problems for intervals; 0: none [1000]", "R");
  coverage.Add("--seed", args.seed, ParseSeed, "of the resamples [1]", "N");
  coverage.Run([&args](const Streams& streams) {
    args.output.made_by.seed = args.seed;
    return RunFitCoverage(args, streams);
  });
}

void AddFitLaw(Flags& fit, FitLawArgs& args) {
  Flags law = fit.AddCommand("law", "one law of all runs of a task, to plan with",
                             "Example: kinetics fit law --cross-validate run -o law.json");
  law.AddOutput(args.output, "write the law (JSON) to this file, for kinetics plan --law");
  law.AddText("--records", args.records, "recorded evaluations: a file, " + BundledRecords(),
              "FILE");
  law.AddNames("--model", args.cost.models,
               "sizes of models that are not in the catalogue: files, or NAME=FILE", "MODEL");
  law.Add(
      "--cross-validate", args.cross_validate, ParseLawFold,
      "predict each run, model, KV budget (budget) or tenth of the questions (question) from the "
      "others",
      "WHAT");
  law.AddText("--validate", args.validate, "predict the runs of other records", "FILE");
  law.AddNames("--hardware", args.cost.hardware, "device to validate costs on [b200]", "DEVICE");
  law.Add(
      "--generation-tokens", args.generation_tokens, ParseCountList,
      "compare the accuracy of one sample cut at these lengths [512, 1024, ... where records say "
      "which trials are right]",
      "LIST");
  law.Add("--bootstrap", args.bootstrap, ParseResamples,
          "fits to resamples of the questions for intervals; 0: the posterior's [0]", "R");
  law.Add("--seed", args.seed, ParseSeed, "of resamples and draws [1]", "N");
  law.Add("--errors", args.errors, ParseErrorPolicy,
          "attempts without an answer: wrong, or skip them [wrong]", "POLICY");
  law.Run([&args](const Streams& streams) {
    args.output.made_by.seed = args.seed;
    return RunFitLaw(args, streams);
  });
}

/// Where the points of a curve are.
void AddCurvePoints(Flags& curve, FitCurveArgs& args) {
  curve.AddText("--data", args.data, "CSV file of points, with a head", "FILE");
  curve.AddNames("--x", args.x, "its column of x, or of x1 and x2", "COL[,COL]");
  curve.AddText("--y", args.y, "its column of y", "COL");
  for (const char* needed : {"--data", "--x", "--y"}) {
    curve.Require(needed);
  }
  curve.AddRepeated(
      "--where", args.where, ParseRowFilter,
      "only rows that meet this, as in 'loss<3.5' or model=Qwen3-8B (< <= > >= = !=); may be "
      "repeated",
      "COND");
}

void AddFitCurve(Flags& fit, FitCurveArgs& args) {
  std::string forms =
      "Forms, for x above 0 (E, alpha, beta and the b of saturating-power at least 0):\n";
  for (const CurveFormSpec& spec : CurveForms()) {
    forms += "  " + std::string(spec.name) + std::string(19 - spec.name.size(), ' ') +
             std::string(spec.formula) + "\n";
  }
  Flags curve =
      fit.AddCommand("curve", "one curve through points of a CSV file",
                     forms +
                         "Example: kinetics fit curve --form two-term-power --data runs.csv\n"
                         "  --x parameters,tokens --y loss --loss huber:1e-3 --residual log");
  curve.AddOutput(args.output, "write the fit (JSON) to this file");
  curve.Add("--form", args.options.form, ParseCurveForm, "the curve, one of those below", "FORM");
  curve.Require("--form");
  AddCurvePoints(curve, args);
  curve.Add("--loss", args.options.loss.huber, ParseLoss,
            "squared: r^2 / 2; huber:D: linear beyond |r| = D [squared]", "LOSS");
  curve.Add("--residual", args.options.loss.residual, ParseResidual,
            "linear: y_hat - y; log: of logarithms; log1p: of ln(1 + y) [linear]", "NAME");
  curve.Add("--bootstrap", args.bootstrap, ParseResamples,
            "resamples for errors and intervals; 0: none [1000]", "R");
  curve.AddText("--cluster", args.cluster, "resample whole groups that share this column's value",
                "COL");
  curve.AddText("--resamples", args.resamples,
                "the resamples themselves: a line each of 0-based numbers of the points fitted",
                "FILE");
  curve.Add("--predict", args.predict, ParsePredictions,
            "also the curve at these x, with intervals; X1:X2 for two inputs", "X,...");
  curve.Add(
      "--holdout-top", args.holdout_top, ParseShare,
      "do not fit but predict this share of the points, those of largest x (x1 x2), rounded to "
      "whole points",
      "F");
  curve.Add("--seed", args.options.seed, ParseSeed, "of resamples and starts [1]", "N");
  curve.Run([&args](const Streams& streams) {
    args.output.made_by.seed = args.options.seed;
    return RunFitCurve(args, streams);
  });
}

}  // namespace

void AddFit(Flags& program, FitArgs& args) {
  Flags fit = program.AddCommand(
      "fit", "scaling curves with uncertainty",
      "Example: kinetics fit curve --form power --data points.csv --x tokens --y loss");
  fit.RequireCommand();
  AddFitCurve(fit, args.curve);
  AddFitCoverage(fit, args.coverage);
  AddFitLaw(fit, args.law);
}

}  // namespace kinetics::app
