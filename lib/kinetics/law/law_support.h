#pragma once

#include <utility>
#include <vector>

namespace kinetics {

/// The convex hull of points of a plane: where a law of two inputs interpolates.
class ConvexHull {
 public:
  /// Any number of points, in any order, repeated or on a line (Andrew's monotone chain).
  explicit ConvexHull(std::vector<std::pair<double, double>> points);

  /// Whether a point lies inside or on the edge, but for 1e-9; never in a hull of no points.
  bool Contains(double x, double y) const;

 private:
  std::vector<std::pair<double, double>> corners_;  // counter-clockwise
};

}  // namespace kinetics
