#include "kinetics/core/statistics.h"

#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("percentiles interpolate between order statistics") {
  // numpy.percentile(range(101), [2.5, 97.5]) and of [3, 1, 2].
  const Interval of_101 = PercentileInterval(Eigen::VectorXd::LinSpaced(101, 0, 100).reverse());
  CHECK(of_101.low == Approx(2.5));
  CHECK(of_101.high == Approx(97.5));
  const Interval of_3 = PercentileInterval(Eigen::Vector3d(3, 1, 2));
  CHECK(of_3.low == Approx(1.05));
  CHECK(of_3.high == Approx(2.95));
  const Interval of_1 = PercentileInterval(Eigen::VectorXd::Constant(1, 7));
  CHECK(of_1.low == 7);
  CHECK(of_1.high == 7);
  const Interval inner = PercentileInterval(Eigen::VectorXd::LinSpaced(101, 0, 100), 0.9);
  CHECK(inner.low == Approx(5));
  CHECK(inner.high == Approx(95));
}

TEST_CASE("the standard deviation is that of a sample") {
  CHECK(StandardDeviation(Eigen::Vector4d(1, 2, 3, 4)) == Approx(1.2909944487358056));
  CHECK(StandardDeviation(Eigen::VectorXd::Constant(1, 7)) == 0);
}

}  // namespace
}  // namespace kinetics
