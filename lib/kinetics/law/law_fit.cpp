#include "kinetics/law/law_fit.h"

#include <algorithm>
#include <cmath>

#include "kinetics/core/draws.h"
#include "kinetics/law/law_laplace.h"

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
double Decrease(const LawState& gradient, const Eigen::VectorXd& weights, const LawState& step) {
  double product = step.shared.dot(gradient.shared);
  for (size_t q = 0; q < step.questions.size(); ++q) {
    product += weights[static_cast<Eigen::Index>(q)] *
               step.questions[q].dot(gradient.questions[q]);
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

LawFit FindMode(const LawObjective& objective, LawState start, const LawFitOptions& options) {
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
    const LawState step = factor.Step(quadratic.gradient);
    const double decrease = Decrease(quadratic.gradient, objective.Weights(), step);
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

namespace {
struct Point {
  LawState state;
  LawQuadratic quadratic;
  ArrowFactor factor;
  LaplaceTerm term;
  double value;
};
int quads = 0;
std::optional<Point> Evaluate(const LawObjective& objective, LawState state) {
  LawQuadratic quadratic = objective.Quadratic(state, Curvature::kExact);
  ArrowFactor factor(quadratic, objective.Weights(), 0);
  ++quads;
  for (int i = 0; i < 30; ++i) {
    bool pd = factor.HasEffects();
    if (!pd) {
      factor = ArrowFactor(objective.Quadratic(state, Curvature::kPositive), objective.Weights(), 1e-3);
      ++quads;
    }
    const double decrease = factor.EffectsDecrease(quadratic.gradient);
    if (pd && decrease < 1e-9) {
      LaplaceTerm term = EvaluateLaplaceTerm(objective, state, factor);
      double value = quadratic.value - decrease + term.value;
      const LawState rest = factor.StepOfEffects(quadratic.gradient, Eigen::VectorXd::Zero(state.shared.size()));
      for (size_t q = 0; q < rest.questions.size(); ++q) {
        value += objective.Weights()[static_cast<Eigen::Index>(q)] * term.gradient.questions[q].dot(rest.questions[q]);
      }
      return Point{std::move(state), std::move(quadratic), std::move(factor), std::move(term), value};
    }
    LawState step = factor.StepOfEffects(quadratic.gradient, Eigen::VectorXd::Zero(state.shared.size()));
    bool ok = false;
    for (int h = 0; h < 12; ++h) {
      LawState next = Sum(state, step);
      LawQuadratic at = objective.Quadratic(next, Curvature::kExact); ++quads;
      if (at.value <= quadratic.value + 1e-12 * std::abs(quadratic.value)) {
        state = std::move(next); quadratic = std::move(at); ok = true; break;
      }
      for (auto& q : step.questions) q *= 0.5;
    }
    if (getenv("VERB")) fprintf(stderr, "   inner %d pd %d decrease %g %g\n", i, pd, decrease, quadratic.value);
    if (!ok) return std::nullopt;
    factor = ArrowFactor(quadratic, objective.Weights(), 0);
  }
  return std::nullopt;
}
}  // namespace

LawFit FitLaw(const LawObjective& objective, LawState start, const LawFitOptions& options) {
  LawFit fit = FindMode(objective, std::move(start), options);
  if (getenv("JOINT")) return fit;
  std::optional<Point> point = Evaluate(objective, fit.state);
  fit.summary.converged = false;
  if (!point) return fit;
  Eigen::MatrixXd A = Eigen::MatrixXd::Zero(fit.state.shared.size(), fit.state.shared.size());
  for (int i = 0; i < 60; ++i) {
    ++fit.summary.iterations;
    const Eigen::VectorXd mterm = point->factor.Reduce(point->term.gradient);
    const Eigen::VectorXd m = mterm + point->factor.Reduce(point->quadratic.gradient);
    Eigen::LLT<Eigen::MatrixXd> llt(point->factor.SharedHessian() + A);
    bool reset = false;
    if (llt.info() != Eigen::Success) {
      A.setZero(); reset = true;
      llt.compute(point->factor.SharedHessian());
      if (llt.info() != Eigen::Success)
        llt.compute(ArrowFactor(objective.Quadratic(point->state, Curvature::kPositive), objective.Weights(), 0).SharedHessian());
    }
    Eigen::VectorXd d = -llt.solve(m);
    const double decrease = -m.dot(d) / 2;
    if (getenv("VERB")) fprintf(stderr, "%d value %.12g decrease %.3g%s\n", i, point->value, decrease, reset ? " reset" : "");
    if (decrease < 1e-9) { fit.summary.converged = true; break; }
    bool ok = false;
    for (int h = 0; h < 10; ++h) {
      std::optional<Point> next = Evaluate(objective, Sum(point->state, point->factor.StepOfEffects(point->quadratic.gradient, d)));
      if (next) {
        const Eigen::VectorXd r = next->factor.Reduce(next->term.gradient) - mterm - A * d;
        const double rd = r.dot(d);
        if (std::abs(rd) > 1e-8 * r.norm() * d.norm()) A += r * r.transpose() / rd;
      }
      if (next && next->value < point->value + 1e-9) { point = std::move(next); ok = true; break; }
      if (getenv("VERB")) fprintf(stderr, " halve %g\n", next ? next->value : NAN);
      d *= 0.5;
    }
    if (!ok) break;
  }
  if (getenv("VERB")) fprintf(stderr, "quads %d\n", quads);
  quads = 0;
  fit.state = point->state;
  fit.summary.objective = point->value;
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
