#include "kinetics/law/law_estimates.h"

namespace kinetics {

std::vector<Estimate> PosteriorEstimates(const Law& law) {
  constexpr double kNormalQuantile = 1.959963984540054;  // of 0.975
  const Eigen::VectorXd deviations = PosteriorOf(law).SharedDeviations();
  std::vector<Estimate> estimates;
  estimates.reserve(static_cast<size_t>(kLawParameters));
  for (Eigen::Index p = 0; p < kLawParameters; ++p) {
    const double value = law.state.shared[p];
    const double reach = kNormalQuantile * deviations[p];
    estimates.push_back({.value = value,
                         .standard_error = deviations[p],
                         .interval = Interval{.low = value - reach, .high = value + reach}});
  }
  return estimates;
}

std::vector<Estimate> BootstrapEstimates(const Law& law, const LawBootstrap& bootstrap) {
  std::vector<Estimate> estimates;
  estimates.reserve(static_cast<size_t>(kLawParameters));
  const bool has_spread = bootstrap.shared.rows() >= 2 && law.data.questions.size() >= 2;
  for (Eigen::Index p = 0; p < kLawParameters; ++p) {
    const Eigen::VectorXd draws = bootstrap.shared.col(p);
    Estimate estimate = {.value = law.state.shared[p]};
    if (has_spread) {
      estimate.standard_error = StandardDeviation(draws);
      estimate.interval = PercentileInterval(draws);
    }
    estimates.push_back(estimate);
  }
  return estimates;
}

}  // namespace kinetics
