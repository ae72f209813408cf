#pragma once

#include <optional>

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
  double tolerance = 1e-10;  ///< Decrease that the quadratic model still promises, absolute.
};

/// Minimises the objective from `start` with a damped Newton method, whose steps eliminate the
/// questions one by one (Schur complement): O(questions * (effects + shared)^3 ) an iteration.
LawFit FitLaw(const LawObjective& objective, LawState start, const LawFitOptions& options = {});

/// The Laplace approximation of what is known of the parameters: a normal distribution around a
/// fit, with the Hessian's inverse as covariance.
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
  Eigen::MatrixXd shared_factor_;                  // lower Cholesky factor of the Schur complement
  std::vector<Eigen::MatrixXd> question_factors_;  // of each question's own Hessian
  std::vector<Eigen::MatrixXd> responses_;         // of each question's effects to the shared ones
};

}  // namespace kinetics
