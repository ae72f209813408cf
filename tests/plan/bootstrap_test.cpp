#include "kinetics/plan/bootstrap.h"

#include <omp.h>

#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("resampled means have the mean and the standard error of the sample",
          "[bootstrap][property]") {
  const Eigen::VectorXd values = Eigen::VectorXd::LinSpaced(30, 0, 1);
  const Eigen::VectorXd means = BootstrapMeans(values, 40'000, 3).col(0);
  const double deviation = std::sqrt((values.array() - 0.5).square().mean() / 30);
  CHECK(means.mean() == Approx(0.5).margin(5 * deviation / 200));
  CHECK(std::sqrt((means.array() - 0.5).square().mean()) == Approx(deviation).epsilon(0.02));
}

TEST_CASE("columns share their resamples", "[bootstrap]") {
  Eigen::MatrixXd values(30, 2);
  values.col(0) = Eigen::VectorXd::LinSpaced(30, 0, 1);
  values.col(1) = values.col(0).array() + 1;
  const Eigen::MatrixXd means = BootstrapMeans(values, 500, 1);
  const Eigen::VectorXd difference = means.col(1) - means.col(0);
  CHECK((difference.array() - 1).abs().maxCoeff() < 1e-14);
}

TEST_CASE("the same seed gives the same bytes at 1 and 2 threads", "[bootstrap]") {
  const Eigen::MatrixXd values = Eigen::MatrixXd::Random(30, 517);
  REQUIRE(1000 * values.size() > 10'000'000);  // enough to be shared out
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const Eigen::MatrixXd one = BootstrapMeans(values, 1000, 1);
  omp_set_num_threads(2);
  const Eigen::MatrixXd two = BootstrapMeans(values, 1000, 1);
  omp_set_num_threads(threads);
  CHECK((one.array() == two.array()).all());
  CHECK_FALSE((one.array() == BootstrapMeans(values, 1000, 2).array()).all());
}

}  // namespace
}  // namespace kinetics
