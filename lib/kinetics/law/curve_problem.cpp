#include "kinetics/law/curve_problem.h"

#include <Eigen/Dense>
#include <cmath>
#include <limits>
#include <memory>

namespace kinetics {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kNone = -std::numeric_limits<double>::infinity();

std::vector<double> LowerBounds(const CurveFormSpec& spec) {
  std::vector<double> lower;
  lower.reserve(spec.Parameters());
  for (const CurveTerm& term : spec.terms) {
    lower.push_back(term.sign == CurveTerm::Sign::kNonNegative ? 0 : kNone);
  }
  for (const CurveShape& shape : spec.shapes) {
    lower.push_back(shape.axis == CurveShape::Axis::kExponent ? 0 : kNone);
  }
  return lower;
}

Index Size(size_t n) { return static_cast<Index>(n); }

/// The coefficients at theta.
VectorXd CoefficientsOf(const CurveFormSpec& spec, const VectorXd& theta) {
  VectorXd coefficients = theta.head(Size(spec.terms.size()));
  for (size_t j = 0; j < spec.terms.size(); ++j) {
    if (spec.terms[j].sign == CurveTerm::Sign::kPositive) {
      coefficients[Size(j)] = std::exp(coefficients[Size(j)]);
    }
  }
  return coefficients;
}

}  // namespace

CurveProblem::CurveProblem(const CurveFormSpec& spec, const CurvePoints& points,
                           const CurveLoss& loss)
    : spec_(&spec), loss_(loss), lower_(LowerBounds(spec)), y_(points.y) {
  u_ = points.x.log();
  centre_ = u_.colwise().mean().matrix().transpose();
  u_.rowwise() -= centre_.transpose().array();
  weights_ = ArrayXd::Ones(y_.size());
  const double largest = y_.abs().maxCoeff();
  const double size = largest > 0 ? largest : 1;
  scale_ = spec.log_link ? 1 : size;
  switch (loss.residual) {
    case CurveResidual::kLinear:
      residual_scale_ = size;
      target_ = y_ / size;
      break;
    case CurveResidual::kLog:
      target_ = (y_ / scale_).log();
      break;
    case CurveResidual::kLog1p:
      target_ = y_.log1p();
      break;
  }
  if (loss.huber) {
    huber_ = *loss.huber / residual_scale_;
  }
}

/// From eta = sum_j c_j phi_j to what stands against the target, and its derivative by eta.
void CurveProblem::Transform(const ArrayXd& eta, ArrayXd& value, ArrayXd& factor) const {
  if (spec_->log_link) {
    switch (loss_.residual) {
      case CurveResidual::kLinear:
        value = eta.exp() / residual_scale_;
        factor = value;
        return;
      case CurveResidual::kLog:
        value = eta;
        factor = ArrayXd::Ones(eta.size());
        return;
      case CurveResidual::kLog1p:
        value = eta.exp().log1p();
        factor = 1 / (1 + (-eta).exp());
        return;
    }
  }
  switch (loss_.residual) {
    case CurveResidual::kLinear:
      value = eta;
      factor = ArrayXd::Ones(eta.size());
      return;
    case CurveResidual::kLog:
      value = eta.log();
      factor = eta.inverse();
      return;
    case CurveResidual::kLog1p:
      value = (scale_ * eta).log1p();
      factor = scale_ / (1 + scale_ * eta);
      return;
  }
}

double CurveProblem::Sum(const ArrayXd& residuals) const {
  if (!huber_) {
    return 0.5 * (weights_ * residuals.square()).sum();
  }
  const double d = *huber_;
  const ArrayXd size = residuals.abs();
  // d |r| - d^2 / 2 and r^2 / 2 in one: with m = min(|r|, d), m (|r| - m / 2).
  const ArrayXd inner = size.min(d);
  return (weights_ * inner * (size - 0.5 * inner)).sum();
}

double CurveProblem::Evaluate(const VectorXd& theta, bool with_jacobian, Workspace& work) const {
  const Index terms = Size(spec_->terms.size());
  const Index shapes = Size(spec_->shapes.size());
  const VectorXd coefficients = CoefficientsOf(*spec_, theta);
  work.phi.resize(Points(), terms);
  work.slopes.resize(Points(), shapes);
  spec_->basis(u_, theta.data() + terms, work.phi, with_jacobian ? &work.slopes : nullptr);
  work.eta = (work.phi.matrix() * coefficients).array();
  Transform(work.eta, work.residuals, work.factor);
  work.residuals -= target_;
  const double objective = Sum(work.residuals);
  // A NaN can hide from the minimum in Huber's loss.
  if (!std::isfinite(objective) || !std::isfinite(work.residuals.sum())) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (with_jacobian) {
    work.jacobian.resize(Points(), terms + shapes);
    for (Index j = 0; j < terms; ++j) {
      const bool is_log = spec_->terms[static_cast<size_t>(j)].sign == CurveTerm::Sign::kPositive;
      work.jacobian.col(j) = (work.factor * work.phi.col(j)).matrix();
      work.jacobian.col(j) *= is_log ? coefficients[j] : 1;
    }
    for (Index k = 0; k < shapes; ++k) {
      const double coefficient = coefficients[Size(spec_->shapes[static_cast<size_t>(k)].term)];
      work.jacobian.col(terms + k) = (coefficient * work.factor * work.slopes.col(k)).matrix();
    }
  }
  return objective;
}

CurveProblem CurveProblem::Subset(std::span<const Index> rows,
                                  std::span<const double> weights) const {
  CurveProblem subset = *this;
  const Index n = Size(rows.size());
  subset.u_.resize(n, u_.cols());
  subset.y_.resize(n);
  subset.target_.resize(n);
  subset.weights_.resize(n);
  for (Index i = 0; i < n; ++i) {
    const Index row = rows[static_cast<size_t>(i)];
    subset.u_.row(i) = u_.row(row);
    subset.y_[i] = y_[row];
    subset.target_[i] = target_[row];
    subset.weights_[i] = weights[static_cast<size_t>(i)];
  }
  return subset;
}

LeastSquares CurveProblem::ForSolver() const {
  // The solver asks for one residual after the other at the same theta: all are computed at once.
  struct Cache {
    VectorXd theta;
    bool has_jacobian = false;
    bool is_valid = false;
    Workspace work;
  };
  const auto cache = std::make_shared<Cache>();
  const Index parameters = Size(spec_->Parameters());
  LeastSquares least_squares;
  least_squares.parameters = spec_->Parameters();
  least_squares.residuals = static_cast<size_t>(Points());
  least_squares.huber = huber_;
  least_squares.lower = lower_;
  least_squares.residual = [this, cache, parameters](size_t i, const double* x, double* residual,
                                                     double* gradient) {
    const Eigen::Map<const VectorXd> theta(x, parameters);
    if (cache->theta.size() == 0 || cache->theta != theta ||
        (gradient != nullptr && !cache->has_jacobian)) {
      cache->theta = theta;
      cache->has_jacobian = gradient != nullptr;
      cache->is_valid = std::isfinite(Evaluate(cache->theta, cache->has_jacobian, cache->work));
    }
    if (!cache->is_valid) {
      return false;
    }
    *residual = cache->work.residuals[Size(i)];
    if (gradient != nullptr) {
      Eigen::Map<VectorXd>(gradient, parameters) = cache->work.jacobian.row(Size(i)).transpose();
    }
    return true;
  };
  return least_squares;
}

CurveProblem::Linearised CurveProblem::Linearise() const {
  Linearised linear;
  ArrayXd value;
  if (spec_->log_link) {
    const ArrayXd positive = (y_ > 0).select(y_, 1.0);
    linear.target = positive.log();
    Transform(linear.target, value, linear.slope);
    linear.slope = (y_ > 0).select(linear.slope, 0.0);
  } else {
    linear.target = y_ / scale_;
    Transform(linear.target, value, linear.slope);
  }
  return linear;
}

VectorXd CurveProblem::Parameters(const VectorXd& theta) const {
  VectorXd values = theta;
  values.head(Size(spec_->terms.size())) = Coefficients(theta);
  spec_->uncentre(centre_.data(), values.data());
  return values;
}

VectorXd CurveProblem::Coefficients(const VectorXd& theta) const {
  return scale_ * CoefficientsOf(*spec_, theta);
}

ArrayXd CurveProblem::Predict(const VectorXd& theta, const ArrayXXd& x) const {
  const ArrayXXd u = x.log().rowwise() - centre_.transpose().array();
  ArrayXXd phi(x.rows(), Size(spec_->terms.size()));
  spec_->basis(u, theta.data() + spec_->terms.size(), phi, nullptr);
  const ArrayXd eta = (phi.matrix() * Coefficients(theta)).array();
  return spec_->log_link ? ArrayXd(eta.exp()) : eta;
}

double CurveProblem::ObjectiveScale() const { return residual_scale_ * residual_scale_; }

}  // namespace kinetics
