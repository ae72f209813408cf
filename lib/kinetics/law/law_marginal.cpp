#include "kinetics/law/law_marginal.h"

#include <cmath>
#include <tuple>
#include <utility>

#include "kinetics/law/law_laplace.h"

namespace kinetics {
namespace {

/// Searches along a step of effects for a point with no larger objective.
std::optional<std::pair<LawState, LawQuadratic>> Descend(const LawObjective& objective,
                                                         const LawState& state, LawState step,
                                                         double value) {
  constexpr int kHalvings = 12;
  constexpr double kRounding = 1e-12;
  for (int i = 0; i < kHalvings; ++i) {
    LawState next = Sum(state, step);
    LawQuadratic quadratic = objective.Quadratic(next, Curvature::kExact);
    if (quadratic.value <= value + kRounding * std::abs(value)) {
      return std::pair(std::move(next), std::move(quadratic));
    }
    for (Eigen::VectorXd& question : step.questions) {
      question *= 0.5;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<MarginalPoint> EvaluateMarginal(const LawObjective& objective, LawState start) {
  constexpr int kMaxIterations = 30;
  // What effects may still gain: the value is corrected for it, and the gradient little concerned.
  constexpr double kTolerance = 1e-9;
  LawState state = std::move(start);
  LawQuadratic quadratic = objective.Quadratic(state, Curvature::kExact);
  for (int i = 0; i < kMaxIterations; ++i) {
    ArrowFactor factor(quadratic, objective.Weights(), 0);
    const bool is_exact = factor.HasEffects();
    if (!is_exact) {
      factor =
          ArrowFactor(objective.Quadratic(state, Curvature::kPositive), objective.Weights(), 0);
    }
    LawState rest =
        factor.StepOfEffects(quadratic.gradient, Eigen::VectorXd::Zero(state.shared.size()));
    const double decrease = -EffectsProduct(objective.Weights(), quadratic.gradient, rest) / 2;
    if (is_exact && decrease < kTolerance) {
      const LaplaceTerm term = EvaluateLaplaceTerm(objective, state, factor);
      const Eigen::VectorXd term_gradient = factor.Reduce(term.gradient);
      const Eigen::VectorXd gradient = factor.Reduce(quadratic.gradient) + term_gradient;
      return MarginalPoint{.state = std::move(state),
                           .value = quadratic.value - decrease + term.value +
                                    EffectsProduct(objective.Weights(), term.gradient, rest),
                           .gradient = gradient,
                           .term_gradient = term_gradient,
                           .effects_gradient = std::move(quadratic.gradient),
                           .factor = std::move(factor)};
    }
    auto next = Descend(objective, state, std::move(rest), quadratic.value);
    if (!next) {
      return std::nullopt;
    }
    std::tie(state, quadratic) = std::move(*next);
  }
  return std::nullopt;
}

LawState MoveAlong(const MarginalPoint& point, const Eigen::VectorXd& step) {
  return Sum(point.state, point.factor.StepOfEffects(point.effects_gradient, step));
}

}  // namespace kinetics
