#include "kernels/bench/sampler.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace kinetics::kernels {
namespace {

double Quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// Whether a sample is as narrow as wanted.
bool IsNarrow(std::vector<double> values, double precision) {
  std::sort(values.begin(), values.end());
  return Quantile(values, 0.75) - Quantile(values, 0.25) <=
         precision * std::abs(Quantile(values, 0.5));
}

}  // namespace

double SteadySeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Spread SpreadOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {.median = Quantile(values, 0.5),
          .p10 = Quantile(values, 0.1),
          .p90 = Quantile(values, 0.9),
          .samples = static_cast<int64_t>(values.size())};
}

void PairedSamples::Look(const std::vector<std::function<double()>>& alternatives,
                         const SamplingOptions& options) {
  const std::function<double()> now = options.now ? options.now : SteadySeconds;
  const double start = now();
  do {
    for (const std::function<double()>& once : alternatives) {
      once();
    }
  } while (now() - start < options.warm_up_seconds);
  values_.resize(alternatives.size());
  ratios_.resize(alternatives.size());
  const double begin = now();
  for (int64_t round = 0;; ++round) {
    const double spent = now() - begin;
    const bool is_enough = round >= options.least_samples && spent >= options.least_seconds;
    if ((round > 0 && spent >= options.most_seconds) ||
        (is_enough && HasConverged(options.precision))) {
      return;
    }
    // Every other round backwards: what comes after what must not matter.
    for (size_t i = 0; i < alternatives.size(); ++i) {
      const size_t which = round % 2 == 0 ? i : alternatives.size() - 1 - i;
      values_[which].push_back(alternatives[which]());
    }
    for (size_t i = 0; i < alternatives.size(); ++i) {
      ratios_[i].push_back(values_[i].back() / values_[0].back());
    }
  }
}

bool PairedSamples::HasConverged(double precision) const {
  return std::all_of(values_.begin(), values_.end(),
                     [precision](const auto& of_one) { return IsNarrow(of_one, precision); });
}

PairedSpread PairedSamples::Spread(double precision) const {
  PairedSpread result;
  for (size_t i = 0; i < values_.size(); ++i) {
    result.values.push_back(SpreadOf(values_[i]));
    result.ratio.push_back(SpreadOf(ratios_[i]));
    result.values.back().converged = IsNarrow(values_[i], precision);
    result.ratio.back().converged = IsNarrow(ratios_[i], precision);
  }
  return result;
}

PairedSpread SamplePaired(const std::vector<std::function<double()>>& alternatives,
                          const SamplingOptions& options) {
  PairedSamples samples;
  samples.Look(alternatives, options);
  return samples.Spread(options.precision);
}

Spread Sample(const std::function<double()>& once, const SamplingOptions& options) {
  return SamplePaired({once}, options).values.front();
}

}  // namespace kinetics::kernels
