#pragma once

#include <Eigen/Core>
#include <vector>

namespace kinetics {

/// exp(scale) softplus(b u) / b with b = exp(bend), and its derivatives: the one shape of all
/// curves of a law that are not linear. Its arguments scale, u and bend are sums of parameters.
class Hill {
 public:
  enum Argument { kScale, kDistance, kBend };

  void Add(Argument argument, double constant) { arguments_[argument] += constant; }
  /// Adds factor * parameters[index].
  void Add(Argument argument, const Eigen::VectorXd& parameters, Eigen::Index index,
           double factor) {
    arguments_[argument] += factor * parameters[index];
    inputs_.push_back({argument, index, factor, 0});
  }
  /// A parameter that an argument, which has its value already, depends on with these derivatives.
  void Depend(Argument argument, Eigen::Index index, double first, double second) {
    inputs_.push_back({argument, index, first, second});
  }

  /// After the last argument, and before anything below.
  void Evaluate();

  double Value() const { return value_; }

  /// Calls add(index, derivative) for each parameter.
  template <typename Function>
  void Derive(const Function& add) const {
    for (const Input& input : inputs_) {
      add(input.index, first_[input.argument] * input.first);
    }
  }

  /// Adds `factor` times the second derivatives by the parameters.
  void AddCurvature(double factor, Eigen::MatrixXd& hessian) const;

 private:
  struct Input {
    Argument argument;
    Eigen::Index index;
    double first;
    double second;
  };

  Eigen::Vector3d arguments_ = Eigen::Vector3d::Zero();
  std::vector<Input> inputs_;
  double value_ = 0;
  Eigen::Vector3d first_;   // by the arguments
  Eigen::Matrix3d second_;  // by them twice
};

}  // namespace kinetics
