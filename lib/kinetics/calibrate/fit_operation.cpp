#include "kinetics/calibrate/fit_operation.h"

#include <Eigen/Cholesky>
#include <Eigen/QR>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>

#include "kinetics/solve/solver.h"

namespace kinetics {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// Between squares, which follow outliers, and absolute values, which the error is stated in.
constexpr double kHuber = 0.05;
// In logarithms; a constant that moved further down than this from its start has vanished.
constexpr double kLowest = -14;
constexpr double kHighest = 14;
constexpr double kExact = 1e-12;  // of a row's share of the objective: errors of 1e-6 are none
constexpr std::array kScaleFactors = {1.0 / 8, 4.0, 16.0};

/// The fit with some constants fixed at 0.
class OperationFit {
 public:
  OperationFit(const OperationModel& model, double element_bytes,
               const std::vector<TimedShape>& rows)
      : model_(model), element_bytes_(element_bytes), rows_(rows) {
    for (size_t i = 0; i < model.constants.size(); ++i) {
      active_.push_back(i);
    }
    solution_.x = VectorXd::Zero(static_cast<Index>(active_.size()));
  }

  /// Minimises from the start and from others with one scale far smaller or larger: which side of a
  /// scale the rows are on decides where the solver ends.
  void MinimizeFromSeveral() {
    const VectorXd start = solution_.x;
    Solution best = Solve(start);
    for (size_t i = 0; i < active_.size(); ++i) {
      if (model_.constants[active_[i]].kind != ConstantKind::kScale) {
        continue;
      }
      for (const double factor : kScaleFactors) {
        VectorXd other = start;
        other[static_cast<Index>(i)] += std::log(factor);
        const Solution solution = Solve(other);
        if (solution.status != Solution::Status::kFailed && solution.objective < best.objective) {
          best = solution;
        }
      }
    }
    solution_ = std::move(best);
  }

  /// Takes out constants that the rows do not settle (their relative standard error is above 1),
  /// the least certain first, where the fit is as good without.
  void DropUncertain() {
    std::vector<size_t> needed;
    for (std::optional<size_t> worst; (worst = LeastCertain(needed));) {
      const std::vector<size_t> active = active_;
      const Solution with = solution_;
      Drop(*worst);
      if (!IsAsGoodAs(with)) {
        active_ = active;
        solution_ = with;
        needed.push_back(active_[*worst]);
      }
    }
  }

  /// With all times scaled so that the mean error is 0: errors end at -1 below but nowhere above,
  /// so that a fit to them alone predicts too little.
  std::vector<CalibratedConstant> Constants() const {
    const VectorXd errors = RelativeErrors();
    const double factor = 1 / MeanRatio();
    std::vector<CalibratedConstant> constants;
    constants.reserve(model_.constants.size());
    for (const ConstantSpec& spec : model_.constants) {
      constants.push_back({.name = std::string(spec.name)});
    }
    for (size_t i = 0; i < active_.size(); ++i) {
      const auto index = static_cast<Index>(i);
      CalibratedConstant& constant = constants[active_[i]];
      constant.value = Value(i, solution_.x[index]);
      if (model_.constants[active_[i]].kind == ConstantKind::kTime) {
        constant.value *= factor;
      }
      if (errors[index] <= 1) {
        constant.standard_error = errors[index] * constant.value;
      }
    }
    return constants;
  }

 private:
  /// The place among the active constants of the least certain one with a relative standard error
  /// above 1, of those that may vanish and are not `needed`.
  std::optional<size_t> LeastCertain(const std::vector<size_t>& needed) const {
    const VectorXd errors = RelativeErrors();
    std::optional<size_t> worst;
    for (size_t i = 0; i < active_.size(); ++i) {
      const double error = errors[static_cast<Index>(i)];
      const bool may_vanish = model_.constants[active_[i]].may_vanish &&
                              std::find(needed.begin(), needed.end(), active_[i]) == needed.end();
      if (may_vanish && !(error <= 1) &&
          (!worst || !(error <= errors[static_cast<Index>(*worst)]))) {
        worst = i;
      }
    }
    return worst;
  }

  /// Fits without the active constant at `place`.
  void Drop(size_t place) {
    active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(place));
    const auto index = static_cast<Index>(place);
    const VectorXd& x = solution_.x;
    VectorXd rest(x.size() - 1);
    rest << x.head(index), x.tail(x.size() - index - 1);
    solution_ = Solve(rest);
  }

  /// By the Bayesian information criterion, with one constant less.
  bool IsAsGoodAs(const Solution& other) const {
    if (solution_.status == Solution::Status::kFailed) {
      return false;
    }
    const auto rows = static_cast<double>(rows_.size());
    const double exact = kExact * rows;
    return rows * std::log((solution_.objective + exact) / (other.objective + exact)) <=
           std::log(rows);
  }

  Solution Solve(const VectorXd& start) const {
    LeastSquares problem;
    problem.parameters = active_.size();
    problem.residuals = rows_.size();
    problem.huber = kHuber;
    problem.lower.assign(active_.size(), kLowest);
    problem.residual = [this](size_t i, const double* x, double* residual, double* gradient) {
      return Residual(i, x, residual, gradient);
    };
    constexpr int kMostIterations = 100;
    return kinetics::Minimize(problem, start,
                              {.max_iterations = kMostIterations,
                               .function_tolerance = 1e-7,
                               .parameter_tolerance = 1e-8});
  }

  double Value(size_t i, double x) const {
    return model_.constants[active_[i]].start * std::exp(x);
  }

  /// The constants as numbers, or with their derivatives by the logarithms.
  template <typename T>
  std::array<T, kMostConstants> ConstantsAt(const double* x) const {
    std::array<T, kMostConstants> constants{};
    for (size_t i = 0; i < active_.size(); ++i) {
      const double value = Value(i, x[i]);
      if constexpr (std::is_same_v<T, double>) {
        constants[active_[i]] = value;
      } else {
        constants[active_[i]] = T::Variable(value, i, value);
      }
    }
    return constants;
  }

  bool Residual(size_t row, const double* x, double* residual, double* gradient) const {
    for (size_t i = 0; i < active_.size(); ++i) {
      if (!(std::abs(x[i]) <= kHighest)) {
        return false;
      }
    }
    const TimedShape& timed = rows_[row];
    if (gradient == nullptr) {
      const auto constants = ConstantsAt<double>(x);
      *residual = model_.seconds(timed.shape, element_bytes_, constants) / timed.seconds - 1;
      return std::isfinite(*residual);
    }
    const auto constants = ConstantsAt<ConstantDual>(x);
    const ConstantDual seconds = model_.dual_seconds(timed.shape, element_bytes_, constants);
    *residual = seconds.value / timed.seconds - 1;
    for (size_t i = 0; i < active_.size(); ++i) {
      gradient[i] = seconds.gradient[i] / timed.seconds;
    }
    return std::isfinite(*residual);
  }

  /// The mean of predicted / measured, each at most 2.
  double MeanRatio() const {
    constexpr double kMost = 2;
    const auto constants = ConstantsAt<double>(solution_.x.data());
    double sum = 0;
    for (const TimedShape& timed : rows_) {
      const double seconds = model_.seconds(timed.shape, element_bytes_, constants);
      sum += std::min(kMost, seconds / timed.seconds);
    }
    return sum / static_cast<double>(rows_.size());
  }

  /// Standard errors of the logarithms, to first order; infinite where the rows say nothing.
  VectorXd RelativeErrors() const {
    const Index size = solution_.x.size();
    MatrixXd curvature = MatrixXd::Zero(size, size);
    MatrixXd scatter = MatrixXd::Zero(size, size);
    VectorXd gradient(size);
    for (size_t row = 0; row < rows_.size(); ++row) {
      double residual = 0;
      Residual(row, solution_.x.data(), &residual, gradient.data());
      const double influence = std::clamp(residual, -kHuber, kHuber);
      const double weight = residual == 0 ? 1 : influence / residual;
      curvature += weight * gradient * gradient.transpose();
      scatter += influence * influence * gradient * gradient.transpose();
    }
    // Scaled to a diagonal of 1, so that what is singular does not depend on units.
    constexpr double kNothing = 1e-20;
    const VectorXd scale = curvature.diagonal().cwiseMax(kNothing).cwiseSqrt().cwiseInverse();
    curvature = scale.asDiagonal() * curvature * scale.asDiagonal();
    scatter = scale.asDiagonal() * scatter * scale.asDiagonal();
    constexpr double kRidge = 1e-12;
    curvature.diagonal().array() += kRidge;
    const auto solver = curvature.ldlt();
    const MatrixXd half = solver.solve(scatter);
    const MatrixXd covariance = solver.solve(half.transpose());
    VectorXd errors = (covariance.diagonal().cwiseMax(0).cwiseSqrt().array() * scale.array());
    for (Index i = 0; i < size; ++i) {
      if (solution_.x[i] <= kLowest) {
        errors[i] = std::numeric_limits<double>::infinity();
      }
    }
    return errors;
  }

  const OperationModel& model_;
  double element_bytes_;
  const std::vector<TimedShape>& rows_;
  std::vector<size_t> active_;  // of the model's constants; the others are 0
  Solution solution_;           // x: logarithms of the active constants over their starts
};

}  // namespace

std::vector<CalibratedConstant> FitOperation(const OperationModel& model, double element_bytes,
                                             const std::vector<TimedShape>& rows) {
  OperationFit fit(model, element_bytes, rows);
  fit.MinimizeFromSeveral();
  fit.DropUncertain();
  return fit.Constants();
}

}  // namespace kinetics
