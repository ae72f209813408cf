#include "kinetics/law/curve_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "kinetics/core/error.h"

namespace kinetics {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Without an error where there are fewer than two draws, or where they overflow.
Estimate Summary(double value, const VectorXd& draws) {
  Estimate estimate = {.value = value};
  const double deviation = StandardDeviation(draws);
  if (draws.size() >= 2 && std::isfinite(deviation)) {
    estimate.standard_error = deviation;
    estimate.interval = PercentileInterval(draws);
  }
  return estimate;
}

std::optional<double> RootMeanSquareLog(const ArrayXd& predicted, const ArrayXd& y) {
  if ((predicted <= 0).any() || (y <= 0).any()) {
    return std::nullopt;
  }
  return std::sqrt((predicted.log() - y.log()).square().mean());
}

CurveErrors ErrorsOf(const ArrayXd& predicted, const ArrayXd& y) {
  const ArrayXd difference = (predicted - y).abs();
  CurveErrors errors = {.points = static_cast<size_t>(y.size())};
  errors.root_mean_square = std::sqrt(difference.square().mean());
  errors.mean_absolute = difference.mean();
  if ((y != 0).all()) {
    errors.mean_relative = (difference / y.abs()).mean();
  }
  errors.root_mean_square_log = RootMeanSquareLog(predicted, y);
  return errors;
}

std::string Times(int64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// The number of points that differ in x or y.
size_t CountDifferentPoints(const CurvePoints& points) {
  std::set<std::vector<double>> different;
  for (Index i = 0; i < points.y.size(); ++i) {
    std::vector<double> point(points.x.row(i).begin(), points.x.row(i).end());
    point.push_back(points.y[i]);
    different.insert(std::move(point));
  }
  return different.size();
}

/// Points that stand more than once are no more evidence than once, unless they were resampled in
/// clusters.
void WarnOfRepeats(CurveFit& fit) {
  constexpr double kFew = 0.1;
  const size_t different = CountDifferentPoints(fit.split.fitted);
  const auto points = static_cast<double>(fit.points);
  if (static_cast<double>(different) < (1 - kFew) * points && fit.procedure.clusters == 0) {
    fit.warnings.push_back(fmt::format(
        "{} of {} points repeat others: errors count them as independent and are too small; "
        "resample clusters of them, or leave them out",
        fit.points - different, fit.points));
  }
}

}  // namespace

void ReportParameters(const CurveProblem& problem, const VectorXd& theta, const CurveDraws& draws,
                      CurveFit& fit) {
  const CurveFormSpec& spec = problem.Form();
  const VectorXd values = problem.Parameters(theta);
  const VectorXd coefficients = problem.Coefficients(theta);
  MatrixXd value_draws(draws.theta.rows(), theta.size());
  MatrixXd coefficient_draws(draws.theta.rows(), coefficients.size());
  for (Index r = 0; r < draws.theta.rows(); ++r) {
    const VectorXd draw = draws.theta.row(r).transpose();
    value_draws.row(r) = problem.Parameters(draw).transpose();
    coefficient_draws.row(r) = problem.Coefficients(draw).transpose();
  }
  fit.parameters.reserve(spec.Parameters());
  for (Index k = 0; k < theta.size(); ++k) {
    const auto parameter = static_cast<size_t>(k);
    if (!std::isfinite(values[k])) {
      throw Error(fmt::format("{} overflows at x = 1: choose a unit of x that is nearer the points",
                              spec.ParameterName(parameter)));
    }
    const double lower = problem.Lower()[parameter];
    CurveParameter reported = {.name = spec.ParameterName(parameter),
                               .estimate = Summary(values[k], value_draws.col(k)),
                               .at_bound = theta[k] <= lower};
    if (draws.theta.rows() > 0) {
      reported.resamples_at_bound = (draws.theta.col(k).array() <= lower).cast<double>().mean();
    }
    fit.parameters.push_back(reported);
  }
  for (size_t j = 0; j < spec.terms.size(); ++j) {
    if (spec.terms[j].is_power) {
      const auto column = static_cast<Index>(j);
      fit.centre_terms.push_back(
          {.name = spec.terms[j].name,
           .estimate = Summary(coefficients[column], coefficient_draws.col(column))});
    }
  }
  fit.centre = problem.Centre().array().exp();
}

void ReportPredictions(const CurveProblem& problem, const VectorXd& theta, const CurveDraws& draws,
                       const ArrayXXd& x, CurveFit& fit) {
  if (x.rows() == 0) {
    return;
  }
  const ArrayXd values = problem.Predict(theta, x);
  MatrixXd value_draws(draws.theta.rows(), x.rows());
  for (Index r = 0; r < draws.theta.rows(); ++r) {
    value_draws.row(r) = problem.Predict(draws.theta.row(r).transpose(), x).matrix().transpose();
  }
  const auto low = fit.split.fitted.x.colwise().minCoeff();
  const auto high = fit.split.fitted.x.colwise().maxCoeff();
  fit.predictions.reserve(static_cast<size_t>(x.rows()));
  for (Index i = 0; i < x.rows(); ++i) {
    if (!std::isfinite(values[i])) {
      throw Error(fmt::format("the prediction at x = {} overflows", x(i, 0)));
    }
    fit.predictions.push_back(
        {.x = x.row(i).transpose(),
         .y = Summary(values[i], value_draws.col(i)),
         .is_extrapolated = (x.row(i) < low).any() || (x.row(i) > high).any()});
  }
}

void ReportErrors(const CurveProblem& problem, const VectorXd& theta, CurveFit& fit) {
  fit.errors = ErrorsOf(problem.Predict(theta, fit.split.fitted.x), fit.split.fitted.y);
  if (fit.split.held_out.y.size() == 0) {
    return;
  }
  const ArrayXd predicted = problem.Predict(theta, fit.split.held_out.x);
  if (!predicted.isFinite().all()) {
    throw Error("the curve overflows at a held-out point");
  }
  fit.holdout = ErrorsOf(predicted, fit.split.held_out.y);
}

void ReportCurve(const CurveProblem& problem, const VectorXd& theta, CurveFit& fit) {
  if (problem.Form().inputs != 1) {
    return;
  }
  constexpr Index kSteps = 200;
  const double low = fit.split.fitted.x.minCoeff();
  double high = fit.split.fitted.x.maxCoeff();
  if (fit.split.held_out.y.size() > 0) {
    high = std::max(high, fit.split.held_out.x.maxCoeff());
  }
  const ArrayXd x = ArrayXd::LinSpaced(kSteps, std::log(low), std::log(high)).exp();
  fit.curve_x = x;
  fit.curve_y = problem.Predict(theta, x);
}

void AddWarnings(CurveFit& fit) {
  WarnOfRepeats(fit);
  constexpr int64_t kFewDegrees = 3;
  const auto warn = [&](std::string text) { fit.warnings.push_back(std::move(text)); };
  if (fit.degrees_of_freedom < kFewDegrees) {
    warn(fmt::format("n - p is {}: too few points to judge the fit or its errors by",
                     fit.degrees_of_freedom));
  }
  if (!fit.converged) {
    warn("not converged: the solver ran out of iterations");
  }
  const CurveProcedure& procedure = fit.procedure;
  if (procedure.start_objectives.size() > 1 && procedure.agreeing < 2) {
    warn("fewer than two starts reached the best objective: there may be a better one");
  }
  for (const CurveParameter& parameter : fit.parameters) {
    if (parameter.at_bound) {
      warn(fmt::format("{} is at its bound 0: its interval is one-sided", parameter.name));
    } else if (parameter.resamples_at_bound > 0.025) {
      warn(fmt::format("{} is at its bound 0 in {:.0f} % of the resamples", parameter.name,
                       100 * parameter.resamples_at_bound));
    }
  }
  constexpr size_t kFewClusters = 10;
  if (procedure.clusters > 0 && procedure.clusters < kFewClusters) {
    warn(fmt::format("{} clusters are few to resample: the intervals are too narrow",
                     procedure.clusters));
  }
  if (procedure.left_out > 0) {
    warn(fmt::format("{} left out: too few different points to fit",
                     Times(procedure.left_out, "resample")));
  }
  if (procedure.not_converged > 0) {
    warn(fmt::format("{} not converged", Times(procedure.not_converged, "resample")));
  }
  const auto outside = std::count_if(fit.predictions.begin(), fit.predictions.end(),
                                     [](const auto& p) { return p.is_extrapolated; });
  if (outside > 0) {
    warn(fmt::format("{} outside the range of the fitted points", Times(outside, "prediction")));
  }
}

}  // namespace kinetics
