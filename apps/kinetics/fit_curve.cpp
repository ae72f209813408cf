#include <fmt/format.h>

#include <ostream>

#include "apps/kinetics/commands.h"
#include "apps/kinetics/progress.h"
#include "kinetics/core/error.h"
#include "kinetics/io/file.h"
#include "kinetics/io/points.h"
#include "kinetics/render/curve.h"

namespace kinetics::app {
namespace {

constexpr int64_t kDefaultResamples = 1000;

/// What the arguments alone decide.
void Check(const FitCurveArgs& args) {
  const CurveFormSpec& spec = Spec(args.options.form);
  if (args.x.size() != spec.inputs) {
    throw UsageError(fmt::format("--x: {} takes {}, found {}", spec.name,
                                 Counted(spec.inputs, "column"), args.x.size()));
  }
  for (const std::vector<double>& x : args.predict) {
    if (x.size() != spec.inputs) {
      throw UsageError(fmt::format(
          "--predict: {} takes {}, found {}", spec.name,
          spec.inputs == 1 ? "one number a prediction" : "two numbers a prediction, as in 1e9:2e10",
          x.size()));
    }
  }
  if (args.resamples && (args.bootstrap || args.cluster)) {
    throw UsageError(fmt::format("--resamples gives the resamples: leave out {}",
                                 args.bootstrap ? "--bootstrap" : "--cluster"));
  }
}

Eigen::ArrayXXd Predictions(const FitCurveArgs& args) {
  Eigen::ArrayXXd x(static_cast<Eigen::Index>(args.predict.size()),
                    static_cast<Eigen::Index>(args.x.size()));
  for (size_t i = 0; i < args.predict.size(); ++i) {
    for (size_t input = 0; input < args.x.size(); ++input) {
      x(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(input)) = args.predict[i][input];
    }
  }
  return x;
}

}  // namespace

Status RunFitCurve(const FitCurveArgs& args, const Streams& streams) {
  Check(args);
  PointsTable table = ReadPoints(ReadFile(args.data), args.data,
                                 {.x = args.x,
                                  .y = args.y,
                                  .cluster = args.cluster,
                                  .filters = args.where,
                                  .residual = args.options.loss.residual});
  table.source.resamples = args.resamples;
  table.source.holdout_top = args.holdout_top;
  CurveSplit split;
  if (args.holdout_top) {
    split = HoldOutTop(table.points, *args.holdout_top);
  } else {
    split.fitted = table.points;
  }
  CurveFitOptions options = args.options;
  options.resamples.count = args.bootstrap.value_or(kDefaultResamples);
  options.resamples.seed = options.seed;
  options.predict = Predictions(args);
  if (args.resamples) {
    options.resamples.given =
        ReadResamples(ReadFile(*args.resamples), *args.resamples, split.fitted.y.size());
  }
  CurveFit fit;
  try {
    Progress progress("bootstrap", streams);
    options.resamples.progress = [&](size_t done, size_t all) { progress.Show(done, all); };
    fit = FitCurve(split, options);
  } catch (const Error& e) {
    throw Error(fmt::format("{}: {}", args.data, e.what()));
  }
  if (args.output.file) {
    WriteFile(*args.output.file, CurveFitJson(fit, table.source, args.output.made_by));
  }
  streams.out << RenderCurveFit(fit, table.source, args.output.format, args.output.made_by);
  return Status::kDone;
}

}  // namespace kinetics::app
