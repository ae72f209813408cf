#pragma once

#include <cmath>

#include "kinetics/core/random.h"
#include "kinetics/law/curve.h"

namespace kinetics::test {

/// The formulas as cli.md and the help page have them, at parameters `p`.
inline double Formula(CurveForm form, const Eigen::VectorXd& p, const Eigen::VectorXd& inputs) {
  const double x = inputs[0];
  switch (form) {
    case CurveForm::kPower:
      return p[0] * std::pow(x, p[1]);
    case CurveForm::kSaturatingPower:
      return p[0] + p[1] * std::pow(x, -p[2]);
    case CurveForm::kExponentialPower:
      return std::exp(p[0] * std::pow(x, p[1]));
    case CurveForm::kTwoTermPower:
      return p[0] + p[1] / std::pow(x, p[3]) + p[2] / std::pow(inputs[1], p[4]);
    case CurveForm::kLogistic:
      return p[0] / (1 + std::pow(x / p[1], -p[2]));
    case CurveForm::kLogNormalCdf:
      return p[0] * 0.5 * (1 + std::erf((std::log(x) - p[1]) / p[2] / std::sqrt(2)));
    case CurveForm::kBrokenPower:
      return p[0] +
             p[1] * std::pow(x, -p[2]) * std::pow(1 + std::pow(x / p[4], 1 / p[5]), -p[3] * p[5]);
    case CurveForm::kLogLinear:
      return p[0] + p[1] * std::log(x);
  }
  return 0;
}

/// Parameters of a curve worth fitting between x = 10 and 10,000.
inline Eigen::VectorXd Truth(CurveForm form) {
  const auto vector = [](std::initializer_list<double> values) {
    return Eigen::VectorXd(
        Eigen::Map<const Eigen::VectorXd>(values.begin(), static_cast<long>(values.size())));
  };
  switch (form) {
    case CurveForm::kPower:
      return vector({3, -0.4});
    case CurveForm::kSaturatingPower:
      return vector({0.5, 8, 0.6});
    case CurveForm::kExponentialPower:
      return vector({-6, -0.3});
    case CurveForm::kTwoTermPower:
      return vector({1.7, 5, 20, 0.35, 0.5});
    case CurveForm::kLogistic:
      return vector({0.9, 300, 1.5});
    case CurveForm::kLogNormalCdf:
      return vector({0.9, 5.5, 1});
    case CurveForm::kBrokenPower:
      return vector({0.4, 2.5, 0.1, 2, 400, 0.3});
    case CurveForm::kLogLinear:
      return vector({2, 0.3});
  }
  return {};
}

/// `count` points of a curve at x between 10 and 10,000, y times exp(noise * normal).
inline CurvePoints Synthetic(CurveForm form, const Eigen::VectorXd& truth, Eigen::Index count,
                             double noise, uint64_t seed) {
  const auto inputs = static_cast<Eigen::Index>(Spec(form).inputs);
  CurvePoints points;
  points.inputs = {"x", "z"};
  points.x.resize(count, inputs);
  points.y.resize(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    SplitMix64 random(seed, static_cast<uint64_t>(i));
    const auto uniform = [&random] { return (random.Below(1U << 30U) + 0.5) / (1U << 30U); };
    const double share = static_cast<double>(i) / static_cast<double>(count - 1);
    points.x(i, 0) = 10 * std::pow(1000, share);
    if (inputs == 2) {
      points.x(i, 1) = 10 * std::pow(1000, uniform());
    }
    const double radius = std::sqrt(-2 * std::log(uniform()));
    const double normal = radius * std::cos(2 * M_PI * uniform());
    points.y[i] = Formula(form, truth, points.x.row(i).transpose()) * std::exp(noise * normal);
  }
  return points;
}

}  // namespace kinetics::test
