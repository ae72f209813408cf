#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kinetics/core/statistics.h"
#include "kinetics/law/law_fit.h"

namespace kinetics {

/// How much longer wrong trials are; see RightLengths.
struct LengthCorrelation {
  double value = 0;
  std::optional<double> standard_error;  ///< Absent where the value is assumed.
  int64_t trials = 0;                    ///< That it was estimated from.
};

/// What is assumed where records only say how many trials were right: that on one question and run
/// wrong trials are as long as right ones. Of the bundled OTIS Mock AIME records, which say which
/// trials were right, the estimate is -0.02 with a standard error of 0.05.
inline constexpr double kAssumedLengthCorrelation = 0;

/// A fitted law of a task: the reduced records, the most probable parameters, and with both the
/// posterior around them.
struct Law {
  LawData data;
  LawState state;
  LawFitSummary summary;
  LengthCorrelation correlation;
  std::vector<std::string> warnings;  ///< What the data leave open, a line each.
};

struct LawOptions {
  ErrorPolicy errors = ErrorPolicy::kWrong;
  LawFitOptions fit;
};

/// Fits the law of all runs of `records`. `parameters` holds each run's number of active parameters
/// where it is known; a run without attention counts as dense. Throws Error without a trial.
Law FitLaw(const Records& records, const std::vector<std::optional<double>>& parameters,
           const LawOptions& options);

/// The index of a level; one that the law has not seen is added, its effects unknown but for their
/// priors. `has_size`: whether its parameters are known.
size_t FindOrAddLevel(Law& law, const std::string& model, const std::optional<std::string>& variant,
                      bool has_size);

/// The law's posterior: what plans and predictions draw from.
LawPosterior PosteriorOf(const Law& law);

/// What a bootstrap gives: each row a resample, each column a shared parameter or effect.
struct LawBootstrap {
  Eigen::MatrixXd shared;
  size_t not_converged = 0;
};

/// Fits again to `resamples` resamples of the questions, each with all its trials, from the law's
/// own parameters on. In parallel; the same bytes for the same seed. `progress` may be empty; it is
/// called from one thread at a time.
LawBootstrap BootstrapLaw(const Law& law, int64_t resamples, uint64_t seed,
                          const std::function<void(size_t done, size_t all)>& progress);

}  // namespace kinetics
