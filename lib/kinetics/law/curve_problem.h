#pragma once

#include <Eigen/Core>
#include <optional>
#include <span>
#include <vector>

#include "kinetics/law/curve_form.h"
#include "kinetics/law/curve_points.h"
#include "kinetics/solve/solver.h"

namespace kinetics {

/// A fit as a function of its internal parameters theta: the coefficients (their logarithms where
/// they are positive), then the shapes. Logarithms of x are centred on the points' means; y is
/// scaled to about 1, so that a solver's absolute tolerances mean the same for every unit.
class CurveProblem {
 public:
  CurveProblem(const CurveFormSpec& spec, const CurvePoints& points, const CurveLoss& loss);

  /// Space for one evaluation; one for each thread.
  struct Workspace {
    Eigen::ArrayXXd phi, slopes;
    Eigen::ArrayXd eta, factor;
    Eigen::ArrayXd residuals;
    Eigen::MatrixXd jacobian;  ///< Points x parameters.
  };

  /// Writes the residuals, and the Jacobian where asked for. Returns the objective in the scale of
  /// `residuals`: weights times losses, not finite where theta is outside the domain.
  double Evaluate(const Eigen::VectorXd& theta, bool with_jacobian, Workspace& work) const;

  /// The same objective with only these points, each with a weight (its number of draws).
  CurveProblem Subset(std::span<const Eigen::Index> rows, std::span<const double> weights) const;

  /// For a solver; refers to this problem. Weights must be 1.
  LeastSquares ForSolver() const;

  /// The formula's parameters at theta.
  Eigen::VectorXd Parameters(const Eigen::VectorXd& theta) const;
  /// The coefficients at theta in units of y: what the terms are worth at the centre.
  Eigen::VectorXd Coefficients(const Eigen::VectorXd& theta) const;
  /// The curve at theta, at points x (points x inputs).
  Eigen::ArrayXd Predict(const Eigen::VectorXd& theta, const Eigen::ArrayXXd& x) const;
  /// What Evaluate returns times this is the objective in units of y.
  double ObjectiveScale() const;

  const CurveFormSpec& Form() const { return *spec_; }
  const Eigen::VectorXd& Centre() const { return centre_; }  ///< Mean ln x, per input.
  const Eigen::ArrayXXd& Logs() const { return u_; }         ///< ln x - centre.
  const Eigen::ArrayXd& Weights() const { return weights_; }
  const std::vector<double>& Lower() const { return lower_; }  ///< Of theta.
  Eigen::Index Points() const { return u_.rows(); }
  /// In the scale of residuals.
  std::optional<double> Huber() const { return huber_; }
  /// Residuals are about slope (sum_j c_j phi_j - target) near the points: the linear problem that
  /// is left for the coefficients when the shapes are given. The slope is 0 for a point that says
  /// nothing there.
  struct Linearised {
    Eigen::ArrayXd target, slope;
  };
  Linearised Linearise() const;

 private:
  void Transform(const Eigen::ArrayXd& eta, Eigen::ArrayXd& value, Eigen::ArrayXd& factor) const;
  double Sum(const Eigen::ArrayXd& residuals) const;

  const CurveFormSpec* spec_;
  CurveLoss loss_;
  Eigen::VectorXd centre_;
  std::vector<double> lower_;
  double scale_ = 1;           // of y
  double residual_scale_ = 1;  // of residuals: scale_ where they are linear
  std::optional<double> huber_;
  Eigen::ArrayXXd u_;
  Eigen::ArrayXd y_;       // in units of y
  Eigen::ArrayXd target_;  // what the transformed curve is held against
  Eigen::ArrayXd weights_;
};

}  // namespace kinetics
