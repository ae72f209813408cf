#pragma once

#include <cstdint>
#include <optional>

#include "kinetics/records/records.h"

namespace kinetics {

/// What one run amounts to. Means are over questions of the mean over trials.
struct RunSummary {
  size_t questions = 0;                ///< Questions with trials or errors.
  int64_t trials = 0;                  ///< Recorded generations.
  int64_t errors = 0;                  ///< Attempts that ended without an answer.
  int64_t unreported = 0;              ///< Trials whose length is not known.
  int64_t served_samples = 0;          ///< See ServedSamples.
  std::optional<double> accuracy;      ///< pass@1; absent without any attempt.
  std::optional<double> max_coverage;  ///< pass@served_samples; absent where none are served.
  std::optional<double> mean_tokens;   ///< Of reported lengths.
  int64_t longest_tokens = 0;
  std::optional<double>
      cut_off;  ///< Share of reported trials that ran into max_tokens, where known.
};

/// Summarises `run`, one of `records`' runs.
RunSummary Summarize(const Records& records, const Run& run, ErrorPolicy policy);

}  // namespace kinetics
