#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kinetics/core/statistics.h"
#include "kinetics/records/counts.h"

namespace kinetics {

/// The hand-made values of k of Schaeffer et al., arXiv 2502.17578, from 1 to 10,000 (101 of them),
/// up to `n`. Their spacing is an implicit weight of every fit over k.
std::vector<int64_t> DefaultK(int64_t n);

struct CoverageFitOptions {
  std::vector<int64_t> k;    ///< Ascending, from 1 to the smallest n, not empty.
  int64_t resamples = 1000;  ///< 0: no standard errors and intervals.
  uint64_t seed = 1;
  std::function<void(size_t done, size_t all)> progress;  ///< Of the resamples; may be empty.
};

/// A parameter of a law; absent where it is not determined.
struct FittedParameter {
  std::string_view name;
  std::optional<Estimate> estimate;
};

/// What a law's fit made small.
struct FitObjective {
  std::string_view name;
  std::optional<double> value;
};

struct FittedLaw {
  std::string_view name;
  std::vector<FittedParameter> parameters;
  FitObjective objective;
  size_t points = 0;  ///< Values of k, or problems, that the fit is to.
};

/// Coverage of one group of problems and the laws fitted to it.
struct CoverageFit {
  std::optional<std::string> group;
  size_t problems = 0;
  int64_t fewest_samples = 0;
  int64_t most_samples = 0;
  std::vector<int64_t> k;
  std::vector<Estimate> pass_at_k;  ///< By k.
  /// Always these four:
  ///
  ///   log_log               coverage = exp(-exp(log_prefactor) k^-exponent), ordinary least
  ///                         squares of log(-log coverage) on log k
  ///   exponential_power     coverage = exp(a k^b), least squares on coverage
  ///   beta_binomial         maximum likelihood over the problems' counts
  ///   scaled_beta_binomial  the same with chances below `scale`, which is not fitted; also the
  ///                         log-log exponent of the coverage that it implies
  ///
  /// Objectives are sums of squares over k, and negative log-likelihoods, as means over problems.
  std::vector<FittedLaw> laws;
  std::vector<std::string> warnings;  ///< Sentences.
};

/// Throws Error, naming group and problem, where `k` is above an n: no estimator is unbiased there.
void ExpectEnoughSamples(const CountGroup& group, int64_t k);

/// Fits all laws to `group`. Standard errors and intervals are those of resamples of its problems,
/// each with its counts, for every parameter and for pass@k: points of one curve share their
/// samples, and errors from the curve alone are 7 to 26 times too small. They depend on (seed,
/// resample) alone, whatever the number of OpenMP threads. A resample without a law (all its
/// problems unsolved, say) does not count for that law, and a warning says how many do not. Throws
/// as ExpectEnoughSamples does.
CoverageFit FitCoverage(const CountGroup& group, const CoverageFitOptions& options);

}  // namespace kinetics
