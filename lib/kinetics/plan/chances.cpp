#include "kinetics/plan/chances.h"

#include <algorithm>
#include <limits>

#include "kinetics/plan/frontier.h"

namespace kinetics {
namespace {

/// The share of draws that each of `winners` takes, which finds those of one draw.
template <typename Winners>
std::vector<double> Shares(const Eigen::MatrixXd& draws, const Winners& winners) {
  Eigen::ArrayXd wins = Eigen::ArrayXd::Zero(draws.cols());
  for (Eigen::Index r = 0; r < draws.rows(); ++r) {
    const Eigen::ArrayXd won = winners(Eigen::ArrayXd(draws.row(r).transpose()));
    wins += won / std::max(won.sum(), 1.0);
  }
  wins /= static_cast<double>(draws.rows());
  return {wins.begin(), wins.end()};
}

}  // namespace

std::vector<double> ChancesToLead(const Eigen::MatrixXd& draws) {
  return Shares(draws, [](const Eigen::ArrayXd& accuracies) -> Eigen::ArrayXd {
    return (accuracies >= accuracies.maxCoeff() - kSameAccuracy).cast<double>();
  });
}

std::vector<double> ChancesToSuffice(const Eigen::MatrixXd& draws, const std::vector<double>& costs,
                                     double accuracy) {
  const Eigen::ArrayXd cost =
      Eigen::Map<const Eigen::ArrayXd>(costs.data(), static_cast<Eigen::Index>(costs.size()));
  constexpr double kNever = std::numeric_limits<double>::max();
  return Shares(draws, [&](const Eigen::ArrayXd& accuracies) -> Eigen::ArrayXd {
    const Eigen::ArrayXd paid = (accuracies >= accuracy - kSameAccuracy).select(cost, kNever);
    const double lowest = paid.minCoeff();
    return (paid == lowest && paid < kNever).cast<double>();
  });
}

}  // namespace kinetics
