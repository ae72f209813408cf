#pragma once

#include <optional>

#include "kinetics/law/law_arrow.h"
#include "kinetics/law/law_objective.h"

namespace kinetics {

/// How a law was fitted.
struct LawFitSummary {
  double objective = 0;  ///< Negative log posterior, up to constants.
  int iterations = 0;
  bool converged = false;
};

struct LawFit {
  LawState state;
  LawFitSummary summary;
};

struct LawFitOptions {
  int max_iterations = 200;
  /// Decrease that the quadratic model still promises: absolute, but never below rounding errors.
  double tolerance = 1e-9;
};

/// Finds the most probable shared parameters and effects together, from `start`, with a damped
/// Newton method. Far from the minimum, and where the Hessian is not positive definite, its
/// positive part stands in (Curvature::kPositive); near it convergence is quadratic. An iteration
/// costs one evaluation and one ArrowFactor.
LawFit FindMode(const LawObjective& objective, LawState start, const LawFitOptions& options = {});

/// Fits a law: finds the most probable shared parameters, effects of questions integrated out by
/// Laplace's method (MarginalPoint), and the effects that are most probable given these. From the
/// mode near `start` on, with a quasi-Newton method that knows all of the Hessian but what the
/// Laplace term adds. The objective is that of MarginalPoint.
LawFit FitLaw(const LawObjective& objective, LawState start, const LawFitOptions& options = {});

/// What is known of the parameters: a normal distribution around a fit. Its precision is the exact
/// Hessian of the objective by shared parameters and effects, without what the Laplace term adds:
/// over 600 simulated laws 95 % intervals hold 91 to 96 % of truths, and 89 to 96 % with it, whose
/// hundred evaluations cost more than the fit.
class LawPosterior {
 public:
  LawPosterior(const LawObjective& objective, LawState mode);

  const LawState& Mode() const { return mode_; }
  /// Standard deviations of the shared parameters.
  Eigen::VectorXd SharedDeviations() const;
  /// A draw; the same for the same (seed, index).
  LawState Draw(uint64_t seed, uint64_t index) const;

 private:
  LawState mode_;
  ArrowFactor factor_;
};

}  // namespace kinetics
