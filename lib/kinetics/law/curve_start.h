#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kinetics/law/curve_problem.h"

namespace kinetics {

/// The values of a shape that starts are looked for at.
struct CurveAxis {
  std::string_view parameter;
  Eigen::VectorXd values;    ///< Internal: locations are centred, widths are logarithms.
  double low = 0, high = 0;  ///< Range of the parameter as reported; of its size where signed.
  bool is_signed = false;
  bool is_geometric = false;  ///< In `values`.
};

/// One axis for each shape of the form, from the range of the points.
std::vector<CurveAxis> StartAxes(const CurveProblem& problem);

/// Starts by variable projection: every cell of the grid of `axes` gets the coefficients that suit
/// it best, by linear least squares with the rows weighted so that it approximates the residuals,
/// and is judged by the objective. A coefficient that must not be negative but would be becomes 0,
/// or small where it must be positive. Returns the best cell as it is, and the `count` - 1 next
/// best with their shapes jittered within half a cell (fewer where the grid is smaller; one for a
/// form without shapes). Where there are more than 1,000 points, the grid looks at 1,000 of them,
/// evenly spaced.
std::vector<Eigen::VectorXd> Starts(const CurveProblem& problem, const std::vector<CurveAxis>& axes,
                                    size_t count, uint64_t seed);

}  // namespace kinetics
