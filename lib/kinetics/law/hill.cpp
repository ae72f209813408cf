#include "kinetics/law/hill.h"

#include <cmath>

namespace kinetics {

void Hill::Evaluate() {
  const double bend = std::exp(arguments_[kBend]);
  const double u = arguments_[kDistance];
  const double scale = std::exp(arguments_[kScale]);
  const double slope = 1 / (1 + std::exp(-bend * u));
  const double softplus = std::max(bend * u, 0.0) + std::log1p(std::exp(-std::abs(bend * u)));
  const double height = softplus / bend;
  const double by_bend = slope * u - height;
  const double curve = bend * slope * (1 - slope);
  value_ = scale * height;
  first_ = scale * Eigen::Vector3d(height, slope, by_bend);
  second_ << height, slope, by_bend,  //
      slope, curve, curve * u,        //
      by_bend, curve * u, curve * u * u - by_bend;
  second_ *= scale;
}

void Hill::AddCurvature(double factor, Eigen::MatrixXd& hessian) const {
  for (const Input& a : inputs_) {
    hessian(a.index, a.index) += factor * first_[a.argument] * a.second;
    for (const Input& b : inputs_) {
      hessian(a.index, b.index) += factor * second_(a.argument, b.argument) * a.first * b.first;
    }
  }
}

}  // namespace kinetics
