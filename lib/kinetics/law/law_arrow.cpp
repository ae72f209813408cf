#include "kinetics/law/law_arrow.h"

namespace kinetics {
namespace {

constexpr Eigen::Index kEffects = kQuestionEffects;

}  // namespace

ArrowFactor::ArrowFactor(const LawQuadratic& quadratic, const Eigen::VectorXd& weights,
                         double damping)
    : weights_(weights) {
  const size_t questions = quadratic.questions.size();
  cross_.resize(quadratic.gradient.size(), kEffects * static_cast<Eigen::Index>(questions));
  for (size_t q = 0; q < questions; ++q) {
    hessians_.push_back(quadratic.questions[q].hessian);
    hessians_.back().diagonal() *= 1 + damping;
    cross_.middleCols<kEffects>(kEffects * static_cast<Eigen::Index>(q)) =
        quadratic.questions[q].cross;
  }
  Eigen::MatrixXd schur = quadratic.hessian;
  schur.diagonal() *= 1 + damping;
  EliminateDeviations(quadratic, damping, schur);
  if (is_positive_definite_) {
    EliminateEffects(schur);
  }
  if (is_positive_definite_) {
    shared_.compute(schur);
    is_positive_definite_ = shared_.info() == Eigen::Success;
  }
}

void ArrowFactor::EliminateDeviations(const LawQuadratic& quadratic, double damping,
                                      Eigen::MatrixXd& schur) {
  for (size_t b = 0; b < quadratic.deviations.size(); ++b) {
    const DeviationBlock& block = quadratic.deviations[b];
    Response response = {.half = b % kLawHalves == 0 ? kCountsHalf : kLengthsHalf,
                         .parameters = block.parameters,
                         .variance = ((1 + damping) * block.hessian).cwiseInverse()};
    is_positive_definite_ &= block.hessian.minCoeff() > 0;
    response.effects = block.effects * response.variance.asDiagonal();
    response.shared = block.cross * response.variance.asDiagonal();
    const Eigen::Index begin = FirstOf(response.half);
    for (Eigen::Index q = 0; q < weights_.size(); ++q) {
      if (weights_[q] == 0) {
        continue;
      }
      hessians_[static_cast<size_t>(q)].block<kHalfSize, kHalfSize>(begin, begin) -=
          response.effects.col(q) * block.effects.col(q).transpose();
      for (size_t i = 0; i < block.parameters.size(); ++i) {
        cross_.row(block.parameters[i]).segment<kHalfSize>(kEffects * q + begin) -=
            response.shared(static_cast<Eigen::Index>(i), q) * block.effects.col(q).transpose();
      }
    }
    const Eigen::MatrixXd update =
        response.shared * weights_.asDiagonal() * block.cross.transpose();
    schur(block.parameters, block.parameters) -= update;
    responses_.push_back(std::move(response));
  }
}

void ArrowFactor::EliminateEffects(Eigen::MatrixXd& schur) {
  Eigen::MatrixXd weighted(cross_.rows(), cross_.cols());
  Eigen::Index columns = 0;
  for (Eigen::Index q = 0; q < weights_.size(); ++q) {
    EffectsMatrix& hessian = hessians_[static_cast<size_t>(q)];
    const Eigen::LLT<EffectsMatrix> factor(hessian);
    is_positive_definite_ &= factor.info() == Eigen::Success;
    hessian = factor.matrixL();
    auto cross = cross_.middleCols<kEffects>(kEffects * q);
    factor.matrixU().solveInPlace<Eigen::OnTheRight>(cross);
    if (weights_[q] > 0) {
      weighted.middleCols<kEffects>(columns) = std::sqrt(weights_[q]) * cross;
      columns += kEffects;
    }
  }
  schur.selfadjointView<Eigen::Lower>().rankUpdate(weighted.leftCols(columns), -1);
}

LawState ArrowFactor::Step(const LawQuadratic& quadratic) const {
  const Eigen::Index questions = weights_.size();
  Effects effects(kEffects, questions);
  for (Eigen::Index q = 0; q < questions; ++q) {
    effects.col(q) = -quadratic.questions[static_cast<size_t>(q)].gradient.head<kEffects>();
  }
  Eigen::VectorXd shared = -quadratic.gradient;
  Eigen::MatrixXd deviations(static_cast<Eigen::Index>(responses_.size()), questions);
  for (Eigen::Index b = 0; b < deviations.rows(); ++b) {
    const Response& response = responses_[static_cast<size_t>(b)];
    Eigen::RowVectorXd gradient(questions);
    for (Eigen::Index q = 0; q < questions; ++q) {
      gradient[q] = quadratic.questions[static_cast<size_t>(q)].gradient[kEffects + b];
    }
    effects.middleRows<kHalfSize>(FirstOf(response.half)) +=
        response.effects * gradient.asDiagonal();
    shared(response.parameters) += response.shared * weights_.asDiagonal() * gradient.transpose();
    deviations.row(b) = -gradient.cwiseProduct(response.variance.transpose());
  }
  for (Eigen::Index q = 0; q < questions; ++q) {
    hessians_[static_cast<size_t>(q)].triangularView<Eigen::Lower>().solveInPlace(effects.col(q));
    shared -= weights_[q] * (cross_.middleCols<kEffects>(kEffects * q) * effects.col(q));
  }
  return Substitute(shared_.solve(shared), std::move(effects), std::move(deviations));
}

LawState ArrowFactor::Spread(const LawState& z) const {
  const Eigen::Index questions = weights_.size();
  Effects effects(kEffects, questions);
  Eigen::MatrixXd deviations(static_cast<Eigen::Index>(responses_.size()), questions);
  for (Eigen::Index q = 0; q < questions; ++q) {
    effects.col(q) = z.questions[static_cast<size_t>(q)].head<kEffects>();
    deviations.col(q) = z.questions[static_cast<size_t>(q)].tail(deviations.rows());
  }
  for (Eigen::Index b = 0; b < deviations.rows(); ++b) {
    deviations.row(b).array() *=
        responses_[static_cast<size_t>(b)].variance.transpose().array().sqrt();
  }
  return Substitute(shared_.matrixU().solve(z.shared), std::move(effects), std::move(deviations));
}

LawState ArrowFactor::Substitute(Eigen::VectorXd shared, Effects effects,
                                 Eigen::MatrixXd deviations) const {
  const Eigen::Index questions = weights_.size();
  for (Eigen::Index q = 0; q < questions; ++q) {
    effects.col(q) -= cross_.middleCols<kEffects>(kEffects * q).transpose() * shared;
    hessians_[static_cast<size_t>(q)].transpose().triangularView<Eigen::Upper>().solveInPlace(
        effects.col(q));
  }
  for (Eigen::Index b = 0; b < deviations.rows(); ++b) {
    const Response& response = responses_[static_cast<size_t>(b)];
    const auto of_half = effects.middleRows<kHalfSize>(FirstOf(response.half));
    deviations.row(b) -= shared(response.parameters).transpose() * response.shared;
    deviations.row(b) -= response.effects.cwiseProduct(of_half).colwise().sum();
  }
  LawState state = {.shared = std::move(shared)};
  for (Eigen::Index q = 0; q < questions; ++q) {
    state.questions.emplace_back(kEffects + deviations.rows());
    state.questions.back() << effects.col(q), deviations.col(q);
  }
  return state;
}

}  // namespace kinetics
