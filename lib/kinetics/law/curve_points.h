#pragma once

#include <Eigen/Core>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kinetics {

/// How far a curve is from a point: y_hat - y; ln y_hat - ln y; or ln(1 + y_hat) - ln(1 + y).
enum class CurveResidual { kLinear, kLog, kLog1p };

/// "linear", "log" or "log1p".
std::string_view Name(CurveResidual residual);

/// What is minimised: the sum over points of loss(residual), as LeastSquares defines the losses.
struct CurveLoss {
  CurveResidual residual = CurveResidual::kLinear;
  std::optional<double> huber;  ///< Threshold, above 0; without: squared.
};

/// Points of a curve.
struct CurvePoints {
  Eigen::ArrayXXd x;                ///< Points x inputs; above 0.
  Eigen::ArrayXd y;                 ///< Above 0 for kLog, above -1 for kLog1p.
  std::vector<size_t> clusters;     ///< From 0 without gaps, of each point; empty: none.
  std::vector<std::string> inputs;  ///< What the columns of x are called.

  /// These of them, in this order; clusters keep their numbers.
  CurvePoints Select(std::span<const Eigen::Index> rows) const;
};

/// Where the points of a fit come from: what a report says about them.
struct CurveSource {
  /// A condition on rows and how many rows that met the conditions before it did not meet it.
  struct Filter {
    std::string text;
    size_t left_out = 0;
  };
  std::string file;
  size_t rows = 0;
  std::vector<Filter> filters;
  std::string y;                         ///< The name of its column; inputs are in CurvePoints.
  std::optional<std::string> cluster;    ///< The column that names clusters.
  std::optional<std::string> resamples;  ///< The file that gives resamples.
  std::optional<double> holdout_top;
};

}  // namespace kinetics
