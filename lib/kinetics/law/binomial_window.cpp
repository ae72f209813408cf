#include "kinetics/law/binomial_window.h"

#include <algorithm>
#include <vector>

namespace kinetics {

using Eigen::ArrayXd;

BinomialWindow::BinomialWindow(int64_t n, double s) {
  constexpr double kNegligible = 1e-40;  // of the largest
  const auto count = static_cast<double>(n);
  const auto mode = std::min(n, static_cast<int64_t>((count + 1) * s));
  if (s >= 1) {
    first = n;
    probability = ArrayXd::Ones(1);
    return;
  }
  const double odds = s / (1 - s);
  std::vector<double> below;  // relative to the mode's, from it downwards
  double share = 1;
  for (int64_t m = mode; m > 0 && share > kNegligible; --m) {
    share *= static_cast<double>(m) / (static_cast<double>(n - m + 1) * odds);
    below.push_back(share);
  }
  std::vector<double> from_mode = {1};
  share = 1;
  for (int64_t m = mode; m < n && share > kNegligible; ++m) {
    share *= static_cast<double>(n - m) * odds / static_cast<double>(m + 1);
    from_mode.push_back(share);
  }
  std::reverse(below.begin(), below.end());
  first = mode - static_cast<int64_t>(below.size());
  below.insert(below.end(), from_mode.begin(), from_mode.end());
  probability = Eigen::Map<const ArrayXd>(below.data(), static_cast<Eigen::Index>(below.size()));
  probability /= probability.sum();
}

}  // namespace kinetics
