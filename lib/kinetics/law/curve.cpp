#include "kinetics/law/curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "kinetics/core/error.h"
#include "kinetics/law/curve_identify.h"
#include "kinetics/law/curve_report.h"
#include "kinetics/law/curve_solver.h"

namespace kinetics {
namespace {

using Eigen::ArrayXd;
using Eigen::Index;
using Eigen::VectorXd;

// Beyond these the columns of the Jacobian cannot be told apart by a double's digits, or only
// barely.
constexpr double kSingular = 1e7;
constexpr double kIllConditioned = 1e4;

/// The best of all starts.
struct Optimum {
  VectorXd theta;
  double objective = 0;
  bool converged = false;
};

size_t StartCount(const CurveFormSpec& spec) {
  constexpr size_t kSmooth = 4;
  constexpr size_t kRugged = 12;  // Three or more shapes: several minima are the rule.
  return spec.shapes.empty() ? 1 : spec.shapes.size() < 3 ? kSmooth : kRugged;
}

Optimum FindOptimum(const CurveProblem& problem, uint64_t seed, CurveProcedure& procedure) {
  procedure.axes = StartAxes(problem);
  procedure.cells = 1;
  for (const CurveAxis& axis : procedure.axes) {
    procedure.cells *= static_cast<size_t>(axis.values.size());
  }
  procedure.solver.function_tolerance = 1e-15;
  procedure.solver.parameter_tolerance = 1e-15;
  const std::vector<VectorXd> starts =
      Starts(problem, procedure.axes, StartCount(problem.Form()), seed);
  Optimum best = {.objective = std::numeric_limits<double>::infinity()};
  const auto consider = [&best](const VectorXd& theta, double objective, bool converged) {
    constexpr double kTie = 1e-13;  // What rounding makes of one minimum.
    const bool is_lower = objective < best.objective * (1 - kTie);
    const bool settles = converged && !best.converged && objective <= best.objective * (1 + kTie);
    if (std::isfinite(objective) && (is_lower || settles)) {
      best = {.theta = theta, .objective = objective, .converged = converged};
    }
  };
  for (const VectorXd& start : starts) {
    const CurveSolution solution = Solve(problem, start);
    if (std::isfinite(solution.objective)) {
      procedure.start_objectives.push_back(solution.objective * problem.ObjectiveScale());
      consider(solution.theta, solution.objective, solution.converged);
    }
  }
  const auto minimize = [&](const VectorXd& start) {
    const Solution solution = Minimize(problem.ForSolver(), start, procedure.solver);
    if (solution.status != Solution::Status::kFailed) {
      procedure.stopped = solution.reason;
      procedure.solver_objective = solution.objective * problem.ObjectiveScale();
      consider(solution.x, solution.objective, solution.status == Solution::Status::kConverged);
    }
  };
  if (!starts.empty()) {
    minimize(starts.front());
  }
  constexpr double kSame = 1e-9;
  const double lowest = best.objective * problem.ObjectiveScale();
  const bool agrees =
      procedure.solver_objective && *procedure.solver_objective <= lowest * (1 + kSame);
  if (best.theta.size() > 0 && !agrees) {
    // The best cell is not in the best basin: the solver's word on that one counts.
    minimize(VectorXd(best.theta));
  }
  // Relative; and for points that lie on a curve, residuals of 1e-10.
  constexpr double kAgreeing = 1e-6;
  const double exact = 1e-20 * static_cast<double>(problem.Points());
  const double enough = (best.objective * (1 + kAgreeing) + exact) * problem.ObjectiveScale();
  procedure.agreeing = static_cast<size_t>(
      std::count_if(procedure.start_objectives.begin(), procedure.start_objectives.end(),
                    [enough](double objective) { return objective <= enough; }));
  return best;
}

void CheckDetermined(const CurveCondition& condition) {
  if (!condition.without_effect.empty()) {
    throw Error(fmt::format(
        "not identifiable: at the best fit nothing depends on {}; the points do not show that part "
        "of the form",
        condition.without_effect));
  }
  if (condition.condition > kSingular) {
    throw Error(fmt::format(
        "not identifiable: at the best fit {} trade off, the others make up for a change of one "
        "(condition {:.1e})",
        condition.weakest, condition.condition));
  }
}

/// Resamples, unless their spread would say nothing.
CurveDraws Draw(const CurveProblem& problem, const CurvePoints& points, const VectorXd& theta,
                const CurveResamples& resamples, CurveFit& fit) {
  const std::set<size_t> clusters(points.clusters.begin(), points.clusters.end());
  fit.procedure.clusters = clusters.size();
  if (clusters.size() == 1) {
    throw Error("expected at least two clusters to resample, found one");
  }
  CurveDraws draws = Resample(problem, points, theta, resamples);
  fit.procedure.resamples = resamples.Size();
  fit.procedure.left_out = draws.left_out;
  fit.procedure.not_converged = draws.not_converged;
  if (2 * draws.not_converged > resamples.Size()) {
    draws.theta.resize(0, theta.size());
    fit.warnings.emplace_back("no errors and intervals: most resamples did not converge");
  } else if (fit.degrees_of_freedom == 0 || 2 * draws.left_out > resamples.Size()) {
    draws.theta.resize(0, theta.size());
    if (resamples.Size() > 0) {
      fit.warnings.emplace_back(
          "no errors and intervals: the resamples that can be fitted are all but the same points");
    }
  }
  return draws;
}

}  // namespace

CurveSplit HoldOutTop(const CurvePoints& points, double top) {
  const Index n = points.y.size();
  const ArrayXd size = points.x.rowwise().prod();
  const Index held = std::clamp<Index>(std::lround(top * static_cast<double>(n)), 1, n);
  std::vector<double> sorted(size.begin(), size.end());
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  const double threshold = sorted[static_cast<size_t>(held - 1)];
  std::vector<Index> rows(static_cast<size_t>(n));
  std::iota(rows.begin(), rows.end(), 0);
  const auto first_held =
      std::stable_partition(rows.begin(), rows.end(), [&](Index i) { return size[i] < threshold; });
  const auto fitted = static_cast<size_t>(first_held - rows.begin());
  const std::span<const Index> all(rows);
  return {.fitted = points.Select(all.first(fitted)),
          .held_out = points.Select(all.subspan(fitted))};
}

CurveFit FitCurve(const CurveSplit& split, const CurveFitOptions& options) {
  const CurveFormSpec& spec = Spec(options.form);
  const CurvePoints& points = split.fitted;
  CurveFit fit = {.form = options.form, .loss = options.loss};
  fit.split = split;
  if (const auto why = WhyNotIdentifiable(spec, points.x, points.inputs)) {
    throw Error(*why);
  }
  const CurveProblem problem(spec, points, options.loss);
  const Optimum best = FindOptimum(problem, options.seed, fit.procedure);
  if (best.theta.size() == 0) {
    throw Error(
        fmt::format("{} fits these points nowhere: no start gives finite residuals", spec.name));
  }
  const CurveCondition condition = Condition(problem, best.theta);
  CheckDetermined(condition);
  fit.objective = best.objective * problem.ObjectiveScale();
  fit.points = static_cast<size_t>(problem.Points());
  fit.degrees_of_freedom = problem.Points() - static_cast<int64_t>(spec.Parameters());
  fit.converged = best.converged;
  fit.condition = condition.condition;
  const CurveDraws draws = Draw(problem, points, best.theta, options.resamples, fit);
  ReportParameters(problem, best.theta, draws, fit);
  ReportPredictions(problem, best.theta, draws, options.predict, fit);
  ReportErrors(problem, best.theta, fit);
  ReportCurve(problem, best.theta, fit);
  AddWarnings(fit);
  if (condition.condition > kIllConditioned) {
    fit.warnings.push_back(fmt::format("{} nearly trade off (condition {:.1e})", condition.weakest,
                                       condition.condition));
  }
  return fit;
}

}  // namespace kinetics
