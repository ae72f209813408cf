#include <fmt/format.h>

#include "kinetics/render/curve.h"
#include "kinetics/render/plot.h"

namespace kinetics {
namespace {

/// A line of the head: what it is about, and the rest wrapped beside it.
std::string Entry(std::string_view what, const std::string& text) {
  constexpr size_t kIndent = 14;
  return Wrap(fmt::format("  {:<{}}", what, kIndent - 2) + text, kTableWidth, kIndent) + "\n";
}

std::string CurveTitle(const CurveFit& fit, const CurveSource& source) {
  return Wrap(fmt::format("{} = {}, fitted to {} of {}", source.y, Spec(fit.form).formula,
                          Counted(fit.points, "point"), source.file),
              kTableWidth, 2);
}

std::string Inputs(const CurveFit& fit) {
  const std::vector<std::string>& names = fit.split.fitted.inputs;
  if (names.size() == 1) {
    return "x = " + names[0];
  }
  return fmt::format("x1 = {}, x2 = {}", names[0], names[1]);
}

std::string Data(const CurveFit& fit, const CurveSource& source) {
  std::string text = Counted(source.rows, "row");
  for (const CurveSource::Filter& filter : source.filters) {
    text += fmt::format(", {} left out by {}", filter.left_out, filter.text);
  }
  if (fit.holdout) {
    text += fmt::format(", {} held out (largest {})", fit.holdout->points,
                        fit.split.fitted.inputs.size() == 1 ? "x" : "x1 x2");
  }
  return text;
}

std::string Objective(const CurveFit& fit) {
  const std::string_view residuals = fit.loss.residual == CurveResidual::kLinear ? "y_hat - y"
                                     : fit.loss.residual == CurveResidual::kLog
                                         ? "ln y_hat - ln y"
                                         : "ln(1 + y_hat) - ln(1 + y)";
  return fmt::format(
      "{:.8g}, the sum of {} over residuals {}", fit.objective,
      fit.loss.huber ? fmt::format("Huber({})", Shortest(*fit.loss.huber)) : "r^2 / 2", residuals);
}

std::string StartsText(const CurveProcedure& procedure) {
  if (procedure.axes.empty()) {
    return "one, by linear least squares";
  }
  std::string grid;
  for (const CurveAxis& axis : procedure.axes) {
    grid += fmt::format("{}{} {}{:.3g} to {:.3g}", grid.empty() ? "" : ", ", axis.parameter,
                        axis.is_signed ? "+-" : "", axis.low, axis.high);
  }
  return fmt::format("{} cells by variable projection ({}); best {} solved, {} agree to 1e-6",
                     procedure.cells, grid, procedure.start_objectives.size(), procedure.agreeing);
}

std::string Resamples(const CurveFit& fit, const CurveSource& source, const MadeBy& made_by) {
  const CurveProcedure& procedure = fit.procedure;
  if (procedure.resamples == 0) {
    return "none: no resamples";
  }
  const std::string origin =
      source.resamples ? "from " + *source.resamples : fmt::format("seed {}", made_by.seed);
  const std::string unit =
      source.cluster ? fmt::format("{} clusters of {}", procedure.clusters, *source.cluster)
                     : "the points";
  return fmt::format("95 %, percentile, of {} of {} ({})",
                     Counted(static_cast<size_t>(procedure.resamples), "resample"), unit, origin);
}

Table CurveErrorsTable(const CurveFit& fit) {
  Table table = {.columns = {{"errors", false},
                             {"points", true},
                             {"RMS", true},
                             {"mean |.|", true},
                             {"mean relative", true},
                             {"RMS of ln", true}},
                 .rows = {}};
  const auto add = [&table](const char* name, const CurveErrors& errors) {
    const auto text = [](const std::optional<double>& x) {
      return x ? fmt::format("{:.6g}", *x) : "-";
    };
    table.rows.push_back({name, std::to_string(errors.points), text(errors.root_mean_square),
                          text(errors.mean_absolute), text(errors.mean_relative),
                          text(errors.root_mean_square_log)});
  };
  add("fitted", fit.errors);
  if (fit.holdout) {
    add("held out", *fit.holdout);
  }
  return table;
}

/// What the terms with powers are worth where the points are.
std::string Centre(const CurveFit& fit) {
  std::string text;
  for (const CurveParameter& term : fit.centre_terms) {
    text += fmt::format("{}the term of {} is {:.6g}", text.empty() ? "" : ", ", term.name,
                        term.estimate.value);
    if (term.estimate.interval) {
      text += fmt::format(" ({:.5g} to {:.5g})", term.estimate.interval->low,
                          term.estimate.interval->high);
    }
  }
  std::string where;
  for (Eigen::Index i = 0; i < fit.centre.size(); ++i) {
    where += fmt::format("{}{} = {:.4g}", i == 0 ? "" : ", ",
                         fit.split.fitted.inputs[static_cast<size_t>(i)], fit.centre[i]);
  }
  return Wrap(fmt::format("  At the centre of the points ({}) {}.", where, text), kTableWidth, 2) +
         "\n";
}

std::string CurvePlot(const CurveFit& fit) {
  if (fit.curve_x.size() == 0) {
    return "";
  }
  const auto series = [](const Eigen::ArrayXd& x, const Eigen::ArrayXd& y, char mark) {
    return PlotSeries{.x = {x.begin(), x.end()}, .y = {y.begin(), y.end()}, .mark = mark};
  };
  std::vector<PlotSeries> all = {series(fit.curve_x, fit.curve_y, '.'),
                                 series(fit.split.fitted.x.col(0), fit.split.fitted.y, 'o')};
  if (fit.holdout) {
    all.push_back(series(fit.split.held_out.x.col(0), fit.split.held_out.y, '#'));
  }
  const std::string plot = Plot(all);
  return plot.empty() ? "" : "\n" + plot + (fit.holdout ? "  o fitted, # held out, . curve\n" : "");
}

}  // namespace

std::string CurveFitText(const CurveFit& fit, const CurveSource& source, const MadeBy& made_by) {
  std::string text = CurveTitle(fit, source) + "\n\n";
  text += Entry("inputs", Inputs(fit)) + Entry("data", Data(fit, source));
  text += Entry("objective", Objective(fit));
  text += Entry("n - p", fmt::format("{}", fit.degrees_of_freedom));
  text += Entry("starts", StartsText(fit.procedure));
  text += Entry("solver", fmt::format("Levenberg-Marquardt, tolerance {}, {}",
                                      Shortest(fit.procedure.solver.function_tolerance),
                                      fit.converged ? "converged" : "not converged"));
  text += Entry("intervals", Resamples(fit, source, made_by));
  text += "\n" + TableText(CurveParametersTable(fit));
  if (!fit.centre_terms.empty()) {
    text += "\n" + Centre(fit);
  }
  if (!fit.predictions.empty()) {
    text += "\n" + TableText(CurvePredictionsTable(fit));
  }
  text += "\n" + TableText(CurveErrorsTable(fit)) + CurvePlot(fit);
  for (const std::string& warning : fit.warnings) {
    text += (&warning == &fit.warnings.front() ? "\n" : "") +
            Wrap("  Warning: " + warning + ".", kTableWidth, 4) + "\n";
  }
  return text;
}

}  // namespace kinetics
