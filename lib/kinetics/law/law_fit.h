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
  double tolerance = 1e-10;
};

/// Minimises the objective from `start` with a damped Newton method. Far from the minimum, and
/// where the Hessian is not positive definite, its positive part stands in (Curvature::kPositive);
/// near it convergence is quadratic. An iteration costs one evaluation and one ArrowFactor.
LawFit FindMode(const LawObjective& objective, LawState start, const LawFitOptions& options = {});
LawFit FitLaw(const LawObjective& objective, LawState start, const LawFitOptions& options = {});

/// The Laplace approximation of what is known of the parameters: a normal distribution around a
/// fit, with the exact Hessian's inverse as covariance. Joint with all effects, so that it takes
/// trials for somewhat less scattered than they are: see law_recovery_test.cpp for by how much.
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
