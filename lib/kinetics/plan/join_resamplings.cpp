#include "kinetics/plan/join_resamplings.h"

#include <utility>

namespace kinetics {
namespace {

/// Some of the allocations that are drawn, and which columns of the draws are theirs.
struct DrawnPart {
  std::vector<size_t> allocations;
  std::vector<Eigen::Index> columns;

  void Add(size_t allocation, size_t column) {
    allocations.push_back(allocation);
    columns.push_back(static_cast<Eigen::Index>(column));
  }

  void Draw(const Resampling& resampling, uint64_t seed, Eigen::MatrixXd& draws) const {
    if (allocations.empty()) {
      return;
    }
    const Eigen::MatrixXd drawn = resampling(allocations, draws.rows(), seed);
    for (size_t i = 0; i < columns.size(); ++i) {
      draws.col(columns[i]) = drawn.col(static_cast<Eigen::Index>(i));
    }
  }
};

}  // namespace

Resampling JoinResamplings(Resampling first, size_t boundary, Resampling second) {
  return [first = std::move(first), boundary, second = std::move(second)](
             const std::vector<size_t>& allocations, int64_t resamples, uint64_t seed) {
    DrawnPart before;
    DrawnPart behind;
    for (size_t i = 0; i < allocations.size(); ++i) {
      if (allocations[i] < boundary) {
        before.Add(allocations[i], i);
      } else {
        behind.Add(allocations[i] - boundary, i);
      }
    }
    Eigen::MatrixXd draws(resamples, static_cast<Eigen::Index>(allocations.size()));
    before.Draw(first, seed, draws);
    behind.Draw(second, seed, draws);
    return draws;
  };
}

}  // namespace kinetics
