#include "kinetics/law/curve_identify.h"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace kinetics {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

size_t CountDifferent(const ArrayXd& values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return static_cast<size_t>(std::unique(sorted.begin(), sorted.end()) - sorted.begin());
}

/// The share of the variance of `b` that a line in `a` leaves; both are logarithms.
double LeftByLine(const ArrayXd& a, const ArrayXd& b) {
  const ArrayXd u = a - a.mean();
  const ArrayXd v = b - b.mean();
  const double slope = (u * v).sum() / u.square().sum();
  return (v - slope * u).square().sum() / v.square().sum();
}

/// "A", "A and alpha", "E, A and alpha".
std::string NamesOf(const CurveFormSpec& spec, const std::vector<size_t>& parameters) {
  std::string names;
  for (size_t i = 0; i < parameters.size(); ++i) {
    names += i == 0 ? "" : i + 1 == parameters.size() ? " and " : ", ";
    names += spec.ParameterName(parameters[i]);
  }
  return names;
}

}  // namespace

std::optional<std::string> WhyNotIdentifiable(const CurveFormSpec& spec, const ArrayXXd& x,
                                              std::span<const std::string> names) {
  const size_t parameters = spec.Parameters();
  const auto points = static_cast<size_t>(x.rows());
  if (points < parameters) {
    return fmt::format("{} has {} parameters: expected at least {} points, found {}", spec.name,
                       parameters, parameters, points);
  }
  // Of several inputs, each must tell its own term's coefficient and exponent from a constant.
  const size_t needed = spec.inputs == 1 ? parameters : 3;
  for (size_t input = 0; input < spec.inputs; ++input) {
    const size_t different = CountDifferent(x.col(static_cast<Index>(input)));
    if (different == 1) {
      return fmt::format("{} is the same at every point: {} needs {} different values",
                         names[input], spec.name, needed);
    }
    if (different < needed) {
      return fmt::format("{} has {} different values: {} needs at least {}", names[input],
                         different, spec.name, needed);
    }
  }
  constexpr double kLeastShare = 1e-8;
  if (spec.inputs == 2 && LeftByLine(x.col(0).log(), x.col(1).log()) < kLeastShare) {
    return fmt::format(
        "not identifiable: {} is a constant times a power of {} at all points, so that the terms "
        "of x1 and x2 trade off (A with B, alpha with beta); add points off that line, or fit "
        "saturating-power to one of them",
        names[1], names[0]);
  }
  return std::nullopt;
}

CurveCondition Condition(const CurveProblem& problem, const VectorXd& theta) {
  CurveProblem::Workspace work;
  problem.Evaluate(theta, true, work);
  // Beside the largest column; what is smaller moves no residual that a double would show.
  constexpr double kNoEffect = 1e-8;
  const VectorXd norms = work.jacobian.colwise().norm().transpose();
  std::vector<size_t> columns;
  std::vector<size_t> without_effect;
  for (Index k = 0; k < theta.size(); ++k) {
    const auto parameter = static_cast<size_t>(k);
    if (theta[k] <= problem.Lower()[parameter]) {
      continue;
    }
    (norms[k] > kNoEffect * norms.maxCoeff() ? columns : without_effect).push_back(parameter);
  }
  CurveCondition condition = {.without_effect = NamesOf(problem.Form(), without_effect)};
  if (columns.size() < 2) {
    return condition;
  }
  MatrixXd scaled(work.jacobian.rows(), static_cast<Index>(columns.size()));
  for (size_t j = 0; j < columns.size(); ++j) {
    const auto k = static_cast<Index>(columns[j]);
    scaled.col(static_cast<Index>(j)) = work.jacobian.col(k) / norms[k];
  }
  const Eigen::JacobiSVD<MatrixXd> svd(scaled, Eigen::ComputeThinU | Eigen::ComputeThinV);
  const VectorXd& values = svd.singularValues();
  condition.condition = values[0] / std::max(values[values.size() - 1], 1e-300);
  const VectorXd direction = svd.matrixV().col(values.size() - 1).cwiseAbs();
  std::vector<size_t> weakest;
  for (size_t j = 0; j < columns.size(); ++j) {
    if (direction[static_cast<Index>(j)] > 0.3 * direction.maxCoeff()) {
      weakest.push_back(columns[j]);
    }
  }
  condition.weakest = NamesOf(problem.Form(), weakest);
  return condition;
}

}  // namespace kinetics
