#include "kinetics/law/law_fit.h"

#include <algorithm>
#include <cmath>

#include "kinetics/core/draws.h"

namespace kinetics {
namespace {

LawState Sum(LawState a, const LawState& b) {
  a.shared += b.shared;
  for (size_t q = 0; q < a.questions.size(); ++q) {
    a.questions[q] += b.questions[q];
  }
  return a;
}

/// What the quadratic model promises of a step without damping: half the product of the step and
/// the negative gradient.
double Decrease(const LawQuadratic& quadratic, const Eigen::VectorXd& weights,
                const LawState& step) {
  double product = step.shared.dot(quadratic.gradient);
  for (size_t q = 0; q < step.questions.size(); ++q) {
    product += weights[static_cast<Eigen::Index>(q)] *
               step.questions[q].dot(quadratic.questions[q].gradient);
  }
  return -product / 2;
}

/// Of the Hessian at a mode: exact, but where rounding or a fit that did not converge leaves it
/// without a factor.
ArrowFactor FactorAt(const LawObjective& objective, const LawState& mode) {
  ArrowFactor factor(objective.Quadratic(mode, Curvature::kExact), objective.Weights(), 0);
  if (!factor.IsPositiveDefinite()) {
    factor = ArrowFactor(objective.Quadratic(mode, Curvature::kPositive), objective.Weights(), 0);
  }
  return factor;
}

}  // namespace

LawFit FitLaw(const LawObjective& objective, LawState start, const LawFitOptions& options) {
  constexpr double kFirstDamping = 0.1;
  constexpr double kLeastDamping = 1e-9;
  constexpr double kMostDamping = 1e9;
  constexpr double kNear = 10;  // a decrease from which on the exact Hessian is worth a try
  constexpr double kRounding = 1e-14;
  LawFit fit = {.state = std::move(start)};
  LawQuadratic quadratic = objective.Quadratic(fit.state, Curvature::kPositive);
  double damping = kFirstDamping;
  while (fit.summary.iterations < options.max_iterations && damping < kMostDamping) {
    ++fit.summary.iterations;
    ArrowFactor factor(quadratic, objective.Weights(), damping);
    if (!factor.IsPositiveDefinite()) {
      quadratic = objective.Quadratic(fit.state, Curvature::kPositive);
      factor = ArrowFactor(quadratic, objective.Weights(), damping);
    }
    const LawState step = factor.Step(quadratic);
    const double decrease = Decrease(quadratic, objective.Weights(), step);
    if ((1 + damping) * decrease <=
        std::max(options.tolerance, kRounding * std::abs(quadratic.value))) {
      fit.summary.converged = true;
      break;
    }
    LawState next = Sum(fit.state, step);
    LawQuadratic at_next =
        objective.Quadratic(next, decrease < kNear ? Curvature::kExact : Curvature::kPositive);
    const double gain = (quadratic.value - at_next.value) / decrease;
    if (!(gain > 0)) {
      damping *= 8;
      continue;
    }
    fit.state = std::move(next);
    quadratic = std::move(at_next);
    damping = gain > 0.75   ? std::max(damping / 10, kLeastDamping)
              : gain < 0.25 ? damping * 4
                            : damping;
  }
  fit.summary.objective = quadratic.value;
  return fit;
}

LawPosterior::LawPosterior(const LawObjective& objective, LawState mode)
    : mode_(std::move(mode)), factor_(FactorAt(objective, mode_)) {}

Eigen::VectorXd LawPosterior::SharedDeviations() const {
  const Eigen::MatrixXd factor = factor_.SharedFactor();
  const Eigen::MatrixXd inverse = factor.triangularView<Eigen::Lower>().solve(
      Eigen::MatrixXd::Identity(factor.rows(), factor.cols()));
  return inverse.colwise().norm();
}

LawState LawPosterior::Draw(uint64_t seed, uint64_t index) const {
  Draws normal(SplitMix64(seed, index));
  LawState z = {.shared = normal.Normals(mode_.shared.size())};
  for (const Eigen::VectorXd& question : mode_.questions) {
    z.questions.push_back(normal.Normals(question.size()));
  }
  return Sum(factor_.Spread(z), mode_);
}

}  // namespace kinetics
