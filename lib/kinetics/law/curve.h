#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "kinetics/core/statistics.h"
#include "kinetics/law/curve_bootstrap.h"
#include "kinetics/law/curve_problem.h"
#include "kinetics/law/curve_start.h"

namespace kinetics {

struct CurveFitOptions {
  CurveForm form = CurveForm::kPower;
  CurveLoss loss;
  CurveResamples resamples;  ///< Rows given are those of the points that are fitted.
  uint64_t seed = 1;         ///< Of the starts' jitter.
  Eigen::ArrayXXd predict;   ///< Points x inputs; above 0.
};

/// Points to fit, and points to predict.
struct CurveSplit {
  CurvePoints fitted, held_out;
};

/// Holds out the share `top` (above 0, below 1) of the points with the largest x, of two inputs the
/// largest x1 x2: rounded to whole points, at least one, and every point that shares the smallest
/// x among them. Both parts stay in order.
CurveSplit HoldOutTop(const CurvePoints& points, double top);

/// A parameter of the formula, or a term's value.
struct CurveParameter {
  std::string_view name;
  Estimate estimate;
  bool at_bound = false;          ///< At its lower bound of 0.
  double resamples_at_bound = 0;  ///< Share of the resamples.
};

struct CurvePrediction {
  Eigen::VectorXd x;
  Estimate y;
  bool is_extrapolated = false;  ///< An input is outside the range of the fitted points.
};

/// How far a curve is from points.
struct CurveErrors {
  size_t points = 0;
  double root_mean_square = 0;
  double mean_absolute = 0;
  std::optional<double> mean_relative;  ///< |y_hat - y| / |y|; none where a y is 0.
  /// Root mean square of ln y_hat - ln y; none where one of them is not above 0.
  std::optional<double> root_mean_square_log;
};

/// How a fit was found.
struct CurveProcedure {
  std::vector<CurveAxis> axes;             ///< Of the grid; locations and widths internal.
  size_t cells = 0;                        ///< Of the grid.
  std::vector<double> start_objectives;    ///< Where each start ended under Solve, best cell first.
  size_t agreeing = 0;                     ///< Of them within 1e-6 of the objective reported.
  SolverOptions solver;                    ///< Of Minimize, from the best cell.
  std::optional<double> solver_objective;  ///< Where that ended; none where it failed.
  std::string stopped;                     ///< In the solver's own words.
  int64_t resamples = 0, left_out = 0, not_converged = 0;
  size_t clusters = 0;  ///< 0: points are resampled.
};

struct CurveFit {
  CurveForm form = CurveForm::kPower;
  CurveLoss loss;
  std::vector<CurveParameter> parameters;  ///< As in the formula.
  /// The terms with a power of x, at the geometric mean of each input: far better determined than
  /// the coefficients at x = 1.
  std::vector<CurveParameter> centre_terms;
  Eigen::VectorXd centre;  ///< Geometric mean of each input.
  double objective = 0;    ///< Sum over the fitted points.
  size_t points = 0;       ///< Fitted.
  int64_t degrees_of_freedom = 0;
  bool converged = false;
  double condition = 1;  ///< CurveCondition::condition.
  CurveErrors errors;    ///< Of the fitted points.
  std::optional<CurveErrors> holdout;
  std::vector<CurvePrediction> predictions;
  CurveProcedure procedure;
  std::vector<std::string> warnings;
  CurveSplit split;
  /// The curve at points between the fitted and held-out ones, evenly spaced in ln x; for one
  /// input.
  Eigen::ArrayXd curve_x, curve_y;
};

/// Fits a curve to `split.fitted`: starts by variable projection, the best of them solved by
/// Minimize and all by Solve, of which the lowest objective counts; then resamples. Throws Error
/// where the points cannot determine the parameters, which shows before fitting or after.
CurveFit FitCurve(const CurveSplit& split, const CurveFitOptions& options);

}  // namespace kinetics
