#include "kinetics/law/law_support.h"

#include <algorithm>
#include <cmath>

namespace kinetics {
namespace {

using Point = std::pair<double, double>;

constexpr double kMargin = 1e-9;

/// Twice the area of the triangle a, b, c: above 0 where c lies to the left of the way from a to b.
double Turn(const Point& a, const Point& b, const Point& c) {
  return (b.first - a.first) * (c.second - a.second) - (b.second - a.second) * (c.first - a.first);
}

/// Adds a corner, after dropping those that it makes superfluous beyond the first `kept`.
void Extend(const Point& point, size_t kept, std::vector<Point>& corners) {
  while (corners.size() > kept && Turn(corners[corners.size() - 2], corners.back(), point) <= 0) {
    corners.pop_back();
  }
  corners.push_back(point);
}

/// Whether a point lies on the segment from a to b.
bool IsOnSegment(const Point& a, const Point& b, const Point& point) {
  const double length = std::hypot(b.first - a.first, b.second - a.second);
  if (length <= kMargin) {
    return std::hypot(point.first - a.first, point.second - a.second) <= kMargin;
  }
  const double along = ((point.first - a.first) * (b.first - a.first) +
                        (point.second - a.second) * (b.second - a.second)) /
                       length;
  return std::abs(Turn(a, b, point)) <= kMargin * length && along >= -kMargin &&
         along <= length + kMargin;
}

}  // namespace

ConvexHull::ConvexHull(std::vector<Point> points) {
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  if (points.size() < 3) {
    corners_ = std::move(points);
    return;
  }
  for (const Point& point : points) {
    Extend(point, 1, corners_);
  }
  const size_t lower = corners_.size();
  for (size_t i = points.size() - 1; i-- > 0;) {
    Extend(points[i], lower, corners_);
  }
  corners_.pop_back();  // the first point again
}

bool ConvexHull::Contains(double x, double y) const {
  const Point point = {x, y};
  if (corners_.size() < 3) {
    return !corners_.empty() && IsOnSegment(corners_.front(), corners_.back(), point);
  }
  for (size_t i = 0; i < corners_.size(); ++i) {
    if (Turn(corners_[i], corners_[(i + 1) % corners_.size()], point) < -kMargin) {
      return false;
    }
  }
  return true;
}

}  // namespace kinetics
