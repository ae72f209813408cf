#include "kinetics/law/law_fit.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "kinetics/core/draws.h"

namespace kinetics {
namespace {

/// A step and the decrease that the quadratic model promises of it.
struct Step {
  Eigen::VectorXd shared;
  std::vector<Eigen::VectorXd> questions;
  double decrease = 0;
};

/// Solves (H + damping * diag(H)) step = -gradient through the Schur complement.
Step SolveArrow(const LawQuadratic& quadratic, const Eigen::VectorXd& weights, double damping) {
  const size_t questions = quadratic.questions.size();
  Eigen::MatrixXd schur = quadratic.hessian;
  schur.diagonal() *= 1 + damping;
  Eigen::VectorXd right = -quadratic.gradient;
  std::vector<Eigen::LLT<Eigen::MatrixXd>> factors(questions);
  std::vector<Eigen::MatrixXd> solved(questions);
  for (size_t q = 0; q < questions; ++q) {
    const QuestionBlock& block = quadratic.questions[q];
    Eigen::MatrixXd own = block.hessian;
    own.diagonal() *= 1 + damping;
    factors[q].compute(own);
    const double weight = weights[static_cast<Eigen::Index>(q)];
    if (weight == 0) {
      continue;
    }
    solved[q] = factors[q].matrixL().solve(block.cross);
    schur.selfadjointView<Eigen::Lower>().rankUpdate(solved[q].transpose(), -weight);
    right += weight * (solved[q].transpose() * factors[q].matrixL().solve(block.gradient));
  }
  Step step;
  step.shared = schur.selfadjointView<Eigen::Lower>().llt().solve(right);
  step.decrease = -0.5 * step.shared.dot(quadratic.gradient);
  step.questions.resize(questions);
  for (size_t q = 0; q < questions; ++q) {
    const QuestionBlock& block = quadratic.questions[q];
    step.questions[q] = -factors[q].solve(block.gradient + block.cross * step.shared);
    step.decrease -=
        0.5 * weights[static_cast<Eigen::Index>(q)] * step.questions[q].dot(block.gradient);
  }
  return step;
}

LawState Moved(const LawState& state, const Step& step) {
  LawState moved = state;
  moved.shared += step.shared;
  for (size_t q = 0; q < moved.questions.size(); ++q) {
    moved.questions[q] += step.questions[q];
  }
  return moved;
}

}  // namespace

LawFit FitLaw(const LawObjective& objective, LawState start, const LawFitOptions& options) {
  constexpr double kLeastDamping = 1e-9;
  constexpr double kMostDamping = 1e9;
  LawFit fit = {.state = std::move(start)};
  LawQuadratic quadratic = objective.Quadratic(fit.state);
  double damping = 1e-3;
  while (fit.summary.iterations < options.max_iterations && damping < kMostDamping) {
    ++fit.summary.iterations;
    const Step step = SolveArrow(quadratic, objective.Weights(), damping);
    if (step.decrease <= options.tolerance) {
      fit.summary.converged = true;
      break;
    }
    LawState next = Moved(fit.state, step);
    const double value = objective.Value(next);
    const double gain = (quadratic.value - value) / step.decrease;
    if (!(gain > 0)) {
      damping *= 8;
      continue;
    }
    fit.state = std::move(next);
    quadratic = objective.Quadratic(fit.state);
    damping = gain > 0.75   ? std::max(damping / 10, kLeastDamping)
              : gain < 0.25 ? damping * 4
                            : damping;
  }
  fit.summary.objective = quadratic.value;
  return fit;
}

LawPosterior::LawPosterior(const LawObjective& objective, LawState mode) : mode_(std::move(mode)) {
  const LawQuadratic quadratic = objective.Quadratic(mode_);
  Eigen::MatrixXd schur = quadratic.hessian;
  for (size_t q = 0; q < quadratic.questions.size(); ++q) {
    const QuestionBlock& block = quadratic.questions[q];
    const Eigen::LLT<Eigen::MatrixXd> factor(block.hessian);
    question_factors_.push_back(factor.matrixL());
    responses_.push_back(-factor.solve(block.cross));
    schur += objective.Weights()[static_cast<Eigen::Index>(q)] *
             (block.cross.transpose() * responses_.back());
  }
  shared_factor_ = schur.llt().matrixL();
}

Eigen::VectorXd LawPosterior::SharedDeviations() const {
  const Eigen::MatrixXd inverse = shared_factor_.triangularView<Eigen::Lower>().solve(
      Eigen::MatrixXd::Identity(shared_factor_.rows(), shared_factor_.cols()));
  return inverse.colwise().norm();
}

LawState LawPosterior::Draw(uint64_t seed, uint64_t index) const {
  Draws normal(SplitMix64(seed, index));
  LawState draw = mode_;
  const Eigen::VectorXd shift = shared_factor_.transpose().triangularView<Eigen::Upper>().solve(
      normal.Normals(mode_.shared.size()));
  draw.shared += shift;
  for (size_t q = 0; q < mode_.questions.size(); ++q) {
    draw.questions[q] += responses_[q] * shift +
                         question_factors_[q].transpose().triangularView<Eigen::Upper>().solve(
                             normal.Normals(mode_.questions[q].size()));
  }
  return draw;
}

}  // namespace kinetics
