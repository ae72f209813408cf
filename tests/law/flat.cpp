#include "tests/law/flat.h"

namespace kinetics::test {

Eigen::VectorXd Flatten(const LawState& state) {
  Eigen::VectorXd values = state.shared;
  for (const Eigen::VectorXd& question : state.questions) {
    values.conservativeResize(values.size() + question.size());
    values.tail(question.size()) = question;
  }
  return values;
}

LawState Unflatten(const Eigen::VectorXd& values, const LawState& like) {
  LawState state = like;
  state.shared = values.head(like.shared.size());
  Eigen::Index at = like.shared.size();
  for (Eigen::VectorXd& question : state.questions) {
    question = values.segment(at, question.size());
    at += question.size();
  }
  return state;
}

Eigen::VectorXd FlatGradient(const LawQuadratic& quadratic, const Eigen::VectorXd& weights) {
  LawState gradient = quadratic.gradient;
  for (size_t q = 0; q < quadratic.questions.size(); ++q) {
    gradient.questions[q] *= weights[static_cast<Eigen::Index>(q)];
  }
  return Flatten(gradient);
}

Eigen::MatrixXd FlatHessian(const LawQuadratic& quadratic, const Eigen::VectorXd& weights) {
  const Eigen::Index shared = quadratic.gradient.shared.size();
  const Eigen::Index size = quadratic.gradient.questions.front().size();
  const Eigen::Index all = shared + size * weights.size();
  Eigen::MatrixXd hessian = Eigen::MatrixXd::Zero(all, all);
  hessian.topLeftCorner(shared, shared) = quadratic.hessian;
  for (Eigen::Index q = 0; q < weights.size(); ++q) {
    const QuestionBlock& block = quadratic.questions[static_cast<size_t>(q)];
    const Eigen::Index at = shared + size * q;
    hessian.block<kQuestionEffects, kQuestionEffects>(at, at) = weights[q] * block.hessian;
    hessian.block(0, at, shared, kQuestionEffects) = weights[q] * block.cross;
    for (size_t b = 0; b < quadratic.deviations.size(); ++b) {
      const DeviationBlock& deviation = quadratic.deviations[b];
      const Eigen::Index row = at + kQuestionEffects + static_cast<Eigen::Index>(b);
      const Eigen::Index first = b % 2 == 0 ? at : at + 3;
      hessian(row, row) = weights[q] * deviation.hessian[q];
      hessian.block<3, 1>(first, row) = weights[q] * deviation.effects.col(q);
      for (size_t p = 0; p < deviation.parameters.size(); ++p) {
        hessian(deviation.parameters[p], row) =
            weights[q] * deviation.cross(static_cast<Eigen::Index>(p), q);
      }
    }
  }
  return hessian.selfadjointView<Eigen::Upper>();
}

}  // namespace kinetics::test
