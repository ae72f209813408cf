#include "kinetics/law/law_arrow.h"

#include <cmath>

namespace kinetics {
namespace {

constexpr Eigen::Index kEffects = kQuestionEffects;

}  // namespace

ArrowFactor::ArrowFactor(const LawQuadratic& quadratic, const Eigen::VectorXd& weights,
                         double damping)
    : weights_(weights) {
  const size_t questions = quadratic.questions.size();
  cross_.resize(quadratic.hessian.rows(), kEffects * static_cast<Eigen::Index>(questions));
  for (size_t q = 0; q < questions; ++q) {
    hessians_.push_back(quadratic.questions[q].hessian);
    hessians_.back().diagonal() *= 1 + damping;
    cross_.middleCols<kEffects>(kEffects * static_cast<Eigen::Index>(q)) =
        quadratic.questions[q].cross;
  }
  Eigen::MatrixXd schur = quadratic.hessian;
  schur.diagonal() *= 1 + damping;
  EliminateDeviations(quadratic, damping, schur);
  if (has_effects_) {
    EliminateEffects(schur);
  }
  if (has_effects_) {
    schur_ = schur.selfadjointView<Eigen::Lower>();
    shared_.compute(schur_);
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
    has_effects_ &= block.hessian.minCoeff() > 0;
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
    has_effects_ &= factor.info() == Eigen::Success;
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

ArrowFactor::Eliminated ArrowFactor::Eliminate(const LawState& gradient) const {
  const Eigen::Index questions = weights_.size();
  Eliminated result = {.shared = -gradient.shared, .effects = Effects(kEffects, questions)};
  result.deviations.resize(static_cast<Eigen::Index>(responses_.size()), questions);
  for (Eigen::Index q = 0; q < questions; ++q) {
    result.effects.col(q) = -gradient.questions[static_cast<size_t>(q)].head<kEffects>();
  }
  for (Eigen::Index b = 0; b < result.deviations.rows(); ++b) {
    const Response& response = responses_[static_cast<size_t>(b)];
    Eigen::RowVectorXd by_deviation(questions);
    for (Eigen::Index q = 0; q < questions; ++q) {
      by_deviation[q] = gradient.questions[static_cast<size_t>(q)][kEffects + b];
    }
    result.effects.middleRows<kHalfSize>(FirstOf(response.half)) +=
        response.effects * by_deviation.asDiagonal();
    result.shared(response.parameters) +=
        response.shared * weights_.asDiagonal() * by_deviation.transpose();
    result.deviations.row(b) = -by_deviation.cwiseProduct(response.variance.transpose());
  }
  for (Eigen::Index q = 0; q < questions; ++q) {
    hessians_[static_cast<size_t>(q)].triangularView<Eigen::Lower>().solveInPlace(
        result.effects.col(q));
    result.shared -=
        weights_[q] * (cross_.middleCols<kEffects>(kEffects * q) * result.effects.col(q));
  }
  return result;
}

LawState ArrowFactor::Step(const LawState& gradient) const {
  Eliminated eliminated = Eliminate(gradient);
  return Substitute(shared_.solve(eliminated.shared), std::move(eliminated.effects),
                    std::move(eliminated.deviations));
}

LawState ArrowFactor::StepOfEffects(const LawState& gradient, const Eigen::VectorXd& shared) const {
  Eliminated eliminated = Eliminate(gradient);
  return Substitute(shared, std::move(eliminated.effects), std::move(eliminated.deviations));
}

Eigen::VectorXd ArrowFactor::Reduce(const LawState& gradient) const {
  return -Eliminate(gradient).shared;
}

double ArrowFactor::EffectsLogDeterminant() const {
  double sum = 0;
  for (Eigen::Index q = 0; q < weights_.size(); ++q) {
    if (weights_[q] == 0) {
      continue;
    }
    double log_determinant = 2 * hessians_[static_cast<size_t>(q)].diagonal().array().log().sum();
    for (const Response& response : responses_) {
      log_determinant -= std::log(response.variance[q]);
    }
    sum += weights_[q] * log_determinant;
  }
  return sum;
}

ArrowFactor::EffectsMatrix ArrowFactor::EffectsCovariance(size_t question) const {
  const EffectsMatrix inverse =
      hessians_[question].triangularView<Eigen::Lower>().solve(EffectsMatrix::Identity());
  return inverse.transpose() * inverse;
}

HalfCovariance ArrowFactor::CovarianceOf(const EffectsMatrix& effects, size_t question,
                                         size_t level, LawHalf half) const {
  const Response& response = responses_[kLawHalves * level + half];
  const auto column = static_cast<Eigen::Index>(question);
  const Eigen::Vector3d by_effects = response.effects.col(column);
  const Eigen::Matrix3d of_half = effects.block<kHalfSize, kHalfSize>(FirstOf(half), FirstOf(half));
  const Eigen::Vector3d cross = of_half * by_effects;
  HalfCovariance covariance;
  covariance << of_half, -cross, -cross.transpose(),
      response.variance[column] + by_effects.dot(cross);
  return covariance;
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
