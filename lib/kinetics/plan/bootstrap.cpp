#include "kinetics/plan/bootstrap.h"

#include <algorithm>

#include "kinetics/core/resample.h"

namespace kinetics {
Eigen::MatrixXd BootstrapMeans(const Eigen::MatrixXd& values, int64_t resamples, uint64_t seed) {
  // Blocks of fixed size, each one product of draw counts and values: threads share out whole
  // blocks.
  constexpr int64_t kBlock = 64;
  const Eigen::Index questions = values.rows();
  Eigen::MatrixXd means(resamples, values.cols());
  // Below some ten milliseconds of work, waking threads costs more than they save.
  [[maybe_unused]] const bool is_large = resamples * values.size() > 10'000'000;
#pragma omp parallel for schedule(static) if (is_large)
  for (int64_t begin = 0; begin < resamples; begin += kBlock) {
    const int64_t rows = std::min(kBlock, resamples - begin);
    Eigen::MatrixXd counts(rows, questions);
    for (int64_t r = 0; r < rows; ++r) {
      counts.row(r) = DrawCounts(questions, seed, begin + r).transpose();
    }
    means.middleRows(begin, rows).noalias() = counts * values / static_cast<double>(questions);
  }
  return means;
}

}  // namespace kinetics
