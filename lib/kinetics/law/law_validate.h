#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kinetics/core/statistics.h"
#include "kinetics/cost/log_normal.h"
#include "kinetics/law/law.h"

namespace kinetics {

/// What is held out at a time.
enum class LawFold {
  kRun,       ///< One run.
  kModel,     ///< All runs of a model at a variant.
  kBudget,    ///< All runs of a KV budget; dense ones together.
  kQuestion,  ///< A tenth of the questions.
};

/// "run", "model", "budget" or "question".
std::string_view Name(LawFold fold);

/// A prediction beside what was observed.
struct LawComparison {
  double observed = 0;
  double predicted = 0;  ///< Mean over the posterior.
  Interval interval;     ///< Central 90 % of what would be observed, by the law.
};

struct LawAccuracyComparison {
  int64_t samples = 0;
  LawComparison accuracy;
  double floor = 0;  ///< Standard error of the observation alone: trials drawn, questions fixed.
};

/// One run, predicted from others.
struct LawValidationRow {
  std::string model;
  std::optional<std::string> variant;
  std::optional<Attention> attention;
  std::string held_out;  ///< The fold it was predicted in; empty where no fold was held out.
  std::vector<LawAccuracyComparison> accuracies;  ///< Numbers of samples that the run serves.
  std::optional<LawComparison> length;            ///< Mean tokens, where lengths are known.
  std::optional<LawComparison> seconds;           ///< Mean cost of one sample, where it has one.
};

/// Errors over rows.
struct LawErrors {
  size_t rows = 0;
  double mean_absolute = 0;  ///< Of accuracies: as a fraction; of lengths and costs: relative.
  double bias = 0;           ///< Mean of predicted less observed, likewise.
  double coverage = 0;       ///< Share of rows whose interval holds the observation.
  double floor = 0;          ///< Mean absolute error that the observation's noise alone would give.
};

struct LawValidation {
  std::vector<LawValidationRow> rows;
  std::vector<std::pair<int64_t, LawErrors>> accuracy;  ///< By number of samples, ascending.
  std::optional<LawErrors> length;
  std::optional<LawErrors> seconds;
};

/// What one sample of a run costs in seconds, for validation: as recorded, or of log-normal
/// lengths. Absent where the run's model is not known.
struct SampleCost {
  std::function<double(double prompt_tokens, double tokens)> of_tokens;
  std::function<double(double prompt_tokens, const LogNormalLength& length)> of_law;
};

struct LawValidationOptions {
  std::vector<int64_t> samples = {1, 2, 4, 8};
  int64_t draws = 400;  ///< Of the posterior, for each run.
  uint64_t seed = 1;
  std::vector<std::optional<SampleCost>> costs;  ///< One a run of the records, or none at all.
  std::function<void(size_t done, size_t all)> progress;  ///< May be empty.
};

/// Compares a law with other records: each run is predicted from the law alone, with its model's
/// effects where the law has seen that model at that variant. Questions are matched by id; one that
/// the law has not seen is predicted as the mean of those that it has.
LawValidation ValidateLaw(const Law& law, const Records& records,
                          const std::vector<std::optional<double>>& parameters, ErrorPolicy errors,
                          const LawValidationOptions& options);

/// Fits the law once for every fold, without the runs or questions of that fold, and predicts them.
/// A question that was held out is predicted as the mean of those that were not. Throws Error where
/// holding out leaves nothing to fit.
LawValidation CrossValidateLaw(const Law& law, const Records& records, ErrorPolicy errors,
                               LawFold fold, const LawValidationOptions& options);

}  // namespace kinetics
