#include "kinetics/law/curve_start.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "kinetics/core/random.h"

namespace kinetics {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index kMostGridPoints = 1000;
// What a positive coefficient starts at where the best would be negative, for y about 1.
constexpr double kSmall = 1e-3;

VectorXd Geometric(double low, double high, size_t cells) {
  const auto n = static_cast<Index>(cells);
  return VectorXd::LinSpaced(n, std::log(low), std::log(high)).array().exp();
}

/// Points of a problem as the linear problems of its grid need them.
class Projector {
 public:
  explicit Projector(const CurveProblem& problem)
      : problem_(problem),
        linear_(problem.Linearise()),
        phi_(problem.Points(), static_cast<Index>(problem.Form().terms.size())) {
    linear_.slope *= problem.Weights().sqrt();
    right_ = (linear_.slope * linear_.target).matrix();
  }

  VectorXd Theta(const VectorXd& shapes) {
    const CurveFormSpec& form = problem_.Form();
    form.basis(problem_.Logs(), shapes.data(), phi_, nullptr);
    weighted_ = (phi_.colwise() * linear_.slope).matrix();
    gram_.noalias() = weighted_.transpose() * weighted_;
    moment_.noalias() = weighted_.transpose() * right_;
    VectorXd theta(static_cast<Index>(form.Parameters()));
    theta.head(phi_.cols()) = Solve();
    for (Index j = 0; j < phi_.cols(); ++j) {
      if (form.terms[static_cast<size_t>(j)].sign == CurveTerm::Sign::kPositive) {
        theta[j] = std::log(theta[j] > 0 ? theta[j] : kSmall);
      }
    }
    theta.tail(shapes.size()) = shapes;
    return theta;
  }

 private:
  /// Takes out, one after the other, what would be negative and must not be.
  VectorXd Solve() {
    const CurveFormSpec& form = problem_.Form();
    while (true) {
      VectorXd coefficients = gram_.ldlt().solve(moment_);
      Index worst = -1;
      for (Index j = 0; j < coefficients.size(); ++j) {
        const bool may_be_negative =
            form.terms[static_cast<size_t>(j)].sign == CurveTerm::Sign::kFree;
        if (!may_be_negative && coefficients[j] < 0 &&
            (worst < 0 || coefficients[j] < coefficients[worst])) {
          worst = j;
        }
      }
      if (worst < 0) {
        return coefficients;
      }
      gram_.row(worst).setZero();
      gram_.col(worst).setZero();
      gram_(worst, worst) = 1;
      moment_[worst] = 0;
    }
  }

  const CurveProblem& problem_;
  CurveProblem::Linearised linear_;
  ArrayXXd phi_;
  MatrixXd weighted_, gram_;
  VectorXd right_, moment_;
};

/// The shapes of a cell; the last axis runs fastest.
VectorXd ShapesOf(size_t cell, const std::vector<CurveAxis>& axes) {
  VectorXd shapes(static_cast<Index>(axes.size()));
  for (size_t k = axes.size(); k-- > 0;) {
    const auto n = static_cast<size_t>(axes[k].values.size());
    shapes[static_cast<Index>(k)] = axes[k].values[static_cast<Index>(cell % n)];
    cell /= n;
  }
  return shapes;
}

void Jitter(const std::vector<CurveAxis>& axes, SplitMix64 random, VectorXd& shapes) {
  constexpr uint32_t kSteps = 1U << 30U;
  for (size_t k = 0; k < axes.size(); ++k) {
    const VectorXd& values = axes[k].values;
    const Index last = values.size() - 1;
    const double offset = random.Below(kSteps) / static_cast<double>(kSteps) - 0.5;
    double& shape = shapes[static_cast<Index>(k)];
    if (axes[k].is_geometric) {
      shape *= std::pow(values[last] / values[last - 1], offset);
    } else {
      shape += offset * (values[last] - values[last - 1]);
    }
  }
}

CurveProblem ThinnedForGrid(const CurveProblem& problem) {
  std::vector<Index> rows(static_cast<size_t>(kMostGridPoints));
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i] = static_cast<Index>(i) * problem.Points() / kMostGridPoints;
  }
  return problem.Subset(rows, std::vector<double>(rows.size(), 1.0));
}

/// The ends of the axes in the formula's terms.
void SetRanges(const CurveProblem& problem, std::vector<CurveAxis>& axes) {
  const auto terms = static_cast<Index>(problem.Form().terms.size());
  VectorXd low = VectorXd::Zero(static_cast<Index>(problem.Form().Parameters()));
  VectorXd high = low;
  for (size_t k = 0; k < axes.size(); ++k) {
    const VectorXd& values = axes[k].values;
    const auto at = terms + static_cast<Index>(k);
    low[at] = axes[k].is_signed ? values[values.size() / 2] : values[0];
    high[at] = values[values.size() - 1];
  }
  problem.Form().uncentre(problem.Centre().data(), low.data());
  problem.Form().uncentre(problem.Centre().data(), high.data());
  for (size_t k = 0; k < axes.size(); ++k) {
    axes[k].low = low[terms + static_cast<Index>(k)];
    axes[k].high = high[terms + static_cast<Index>(k)];
  }
}

}  // namespace

std::vector<CurveAxis> StartAxes(const CurveProblem& problem) {
  std::vector<CurveAxis> axes;
  axes.reserve(problem.Form().shapes.size());
  for (const CurveShape& shape : problem.Form().shapes) {
    const auto u = problem.Logs().col(static_cast<Index>(shape.input));
    const double range = u.maxCoeff() - u.minCoeff();
    CurveAxis axis = {.parameter = shape.name};
    switch (shape.axis) {
      case CurveShape::Axis::kExponent:
        axis.values = Geometric(shape.low / range, shape.high / range, shape.cells);
        axis.is_geometric = true;
        break;
      case CurveShape::Axis::kSignedExponent: {
        const VectorXd positive = Geometric(shape.low / range, shape.high / range, shape.cells);
        axis.values.resize(2 * positive.size());
        axis.values << -positive.reverse(), positive;
        axis.is_geometric = true;
        axis.is_signed = true;
        break;
      }
      case CurveShape::Axis::kLocation:
        axis.values =
            VectorXd::LinSpaced(static_cast<Index>(shape.cells), u.minCoeff() + shape.low * range,
                                u.minCoeff() + shape.high * range);
        break;
      case CurveShape::Axis::kLogWidth:
        axis.values =
            VectorXd::LinSpaced(static_cast<Index>(shape.cells), std::log(shape.low * range),
                                std::log(shape.high * range));
        break;
    }
    axes.push_back(std::move(axis));
  }
  SetRanges(problem, axes);
  return axes;
}

std::vector<VectorXd> Starts(const CurveProblem& problem, const std::vector<CurveAxis>& axes,
                             size_t count, uint64_t seed) {
  const bool is_large = problem.Points() > kMostGridPoints;
  const CurveProblem looked_at = is_large ? ThinnedForGrid(problem) : problem;
  size_t cells = 1;
  for (const CurveAxis& axis : axes) {
    cells *= static_cast<size_t>(axis.values.size());
  }
  struct Cell {
    double objective;
    size_t index;
  };
  std::vector<Cell> ranking;
  ranking.reserve(cells);
  Projector projector(looked_at);
  CurveProblem::Workspace work;
  for (size_t cell = 0; cell < cells; ++cell) {
    const double objective = looked_at.Evaluate(projector.Theta(ShapesOf(cell, axes)), false, work);
    if (std::isfinite(objective)) {
      ranking.push_back({objective, cell});
    }
  }
  std::sort(ranking.begin(), ranking.end(), [](const Cell& a, const Cell& b) {
    return a.objective != b.objective ? a.objective < b.objective : a.index < b.index;
  });
  std::vector<VectorXd> starts;
  starts.reserve(count);
  Projector final_projector(problem);
  for (size_t s = 0; s < std::min(count, ranking.size()); ++s) {
    VectorXd shapes = ShapesOf(ranking[s].index, axes);
    if (s > 0) {
      Jitter(axes, SplitMix64(~seed, s), shapes);
    }
    starts.push_back(final_projector.Theta(shapes));
  }
  return starts;
}

}  // namespace kinetics
