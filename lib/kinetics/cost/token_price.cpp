#include "kinetics/cost/token_price.h"

#include <numeric>

namespace kinetics {

Cost ExpectedBill(const TokenPrice& price, double prompt_tokens, std::span<const double> lengths,
                  double charged, double samples) {
  if (lengths.empty()) {
    return {};
  }
  constexpr double kMillion = 1e6;
  const double mean_tokens =
      std::accumulate(lengths.begin(), lengths.end(), 0.0) / static_cast<double>(lengths.size());
  const double request =
      prompt_tokens * price.input_usd_per_million + mean_tokens * price.output_usd_per_million;
  return {.billed_usd = samples * charged * request / kMillion};
}

}  // namespace kinetics
