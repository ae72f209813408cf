#include "kinetics/law/law_fit.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "kinetics/core/draws.h"
#include "kinetics/law/law_marginal.h"

namespace kinetics {
namespace {

/// What the quadratic model promises of a step without damping: half the product of the step and
/// the negative gradient.
double Decrease(const LawState& gradient, const Eigen::VectorXd& weights, const LawState& step) {
  return -(step.shared.dot(gradient.shared) + EffectsProduct(weights, gradient, step)) / 2;
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

/// -hessian^-1 gradient; where the Hessian is not positive definite, directions of negative
/// curvature count as if it were positive, so that the step leads down.
Eigen::VectorXd DampedNewtonStep(const Eigen::MatrixXd& hessian, const Eigen::VectorXd& gradient) {
  const Eigen::LLT<Eigen::MatrixXd> factor(hessian);
  if (factor.info() == Eigen::Success) {
    return -factor.solve(gradient);
  }
  constexpr double kLeastCurvature = 1e-3;  // of what a parameter has by itself
  const Eigen::VectorXd scale = hessian.diagonal().cwiseAbs().cwiseSqrt().cwiseInverse();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(scale.asDiagonal() * hessian *
                                                             scale.asDiagonal());
  const Eigen::VectorXd curvature = eigen.eigenvalues().cwiseAbs().cwiseMax(kLeastCurvature);
  const Eigen::VectorXd along = eigen.eigenvectors().transpose() * scale.cwiseProduct(gradient);
  return -scale.cwiseProduct(eigen.eigenvectors() * along.cwiseQuotient(curvature));
}

/// What the Laplace term adds to the Hessian, learnt from how its gradient changes along steps by
/// symmetric rank-one updates: what is known exactly, the Schur complement, is not learnt.
class TermHessian {
 public:
  explicit TermHessian(Eigen::Index parameters)
      : value_(Eigen::MatrixXd::Zero(parameters, parameters)) {}

  const Eigen::MatrixXd& Value() const { return value_; }

  void Learn(const Eigen::VectorXd& step, const Eigen::VectorXd& change) {
    constexpr double kLeastAngle = 1e-8;
    const Eigen::VectorXd residual = change - value_ * step;
    const double product = residual.dot(step);
    if (std::abs(product) > kLeastAngle * residual.norm() * step.norm()) {
      value_ += residual * residual.transpose() / product;
    }
  }

 private:
  Eigen::MatrixXd value_;
};

/// The first point along a step, halved where needed, that is no worse; `hessian` learns from all.
std::optional<MarginalPoint> Search(const LawObjective& objective, const MarginalPoint& point,
                                    Eigen::VectorXd step, double rounding, TermHessian& hessian) {
  constexpr int kHalvings = 12;
  for (int i = 0; i < kHalvings; ++i) {
    std::optional<MarginalPoint> next = EvaluateMarginal(objective, MoveAlong(point, step));
    if (next) {
      hessian.Learn(step, next->term_gradient - point.term_gradient);
      if (next->value <= point.value + rounding) {
        return next;
      }
    }
    step *= 0.5;
  }
  return std::nullopt;
}

}  // namespace

LawFit FitLaw(const LawObjective& objective, LawState start, const LawFitOptions& options) {
  constexpr double kNearMode = 1e-4;
  constexpr double kRounding = 1e-12;  // of the value, a sum over cells
  LawFit fit = FindMode(objective, std::move(start),
                        {.max_iterations = options.max_iterations, .tolerance = kNearMode});
  const double tolerance = std::max(options.tolerance, kRounding * std::abs(fit.summary.objective));
  fit.summary.converged = false;
  std::optional<MarginalPoint> point = EvaluateMarginal(objective, fit.state);
  TermHessian term_hessian(fit.state.shared.size());
  while (point && fit.summary.iterations < options.max_iterations) {
    fit.state = point->state;
    fit.summary.objective = point->value;
    ++fit.summary.iterations;
    const Eigen::VectorXd step =
        DampedNewtonStep(point->factor.SharedHessian() + term_hessian.Value(), point->gradient);
    if (-point->gradient.dot(step) / 2 <= tolerance) {
      fit.summary.converged = true;
      break;
    }
    point = Search(objective, *point, step, tolerance, term_hessian);
  }
  return fit;
}

LawPosterior::LawPosterior(const LawObjective& objective, LawState mode)
    : mode_(std::move(mode)),
      factor_(objective.Quadratic(mode_, Curvature::kExact), objective.Weights(), 0) {
  if (!factor_.IsPositiveDefinite()) {
    factor_ = ArrowFactor(objective.Quadratic(mode_, Curvature::kPositive), objective.Weights(), 0);
  }
}

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
