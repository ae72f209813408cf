#include "kinetics/law/law_support.h"

#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("a hull contains its points, its edges and what lies between them") {
  const ConvexHull hull({{0, 0}, {2, 0}, {0, 2}, {2, 2}, {1, 1}, {0, 0}});
  CHECK(hull.Contains(0, 0));
  CHECK(hull.Contains(1, 0));
  CHECK(hull.Contains(1.9, 1.9));
  CHECK_FALSE(hull.Contains(2.1, 1));
  CHECK_FALSE(hull.Contains(-0.1, 0));
}

TEST_CASE("a hull of points on a line is that line") {
  const ConvexHull hull({{0, 0}, {3, 3}, {1, 1}});
  CHECK(hull.Contains(2, 2));
  CHECK_FALSE(hull.Contains(2, 2.1));
  CHECK_FALSE(hull.Contains(4, 4));
}

TEST_CASE("a hull of one point or none holds that point or nothing") {
  CHECK(ConvexHull({{1, 2}}).Contains(1, 2));
  CHECK_FALSE(ConvexHull({{1, 2}}).Contains(1, 3));
  CHECK_FALSE(ConvexHull({}).Contains(0, 0));
}

}  // namespace
}  // namespace kinetics
