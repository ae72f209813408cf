#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kinetics/model/attention.h"
#include "kinetics/records/records.h"

namespace kinetics {

/// What a law keeps of the trials of one run on one question: all that its likelihood needs.
struct LawCell {
  size_t run = 0;                  ///< Index into LawData::runs.
  int64_t attempts = 0;            ///< n: trials, and errors where they count.
  int64_t solved = 0;              ///< c
  int64_t finished = 0;            ///< Trials of known length that were not cut off.
  int64_t cut_off = 0;             ///< Trials cut off at the limit of their run.
  double mean_log_length = 0;      ///< Over finished trials, natural logarithm of tokens.
  double variance_log_length = 0;  ///< Over finished trials, divided by their number.
  double mean_length = 0;          ///< Recorded tokens, over all trials of known length.
  int64_t longest = 0;             ///< Recorded tokens of the longest trial.
};

/// A run as a law sees it.
struct LawRun {
  std::string model;
  std::optional<std::string> variant;
  std::optional<Attention> attention;  ///< Absent: unknown, taken as dense.
  std::optional<double> parameters;    ///< Active, but the input embedding; absent: unknown.
  std::optional<int64_t> max_tokens;   ///< The limit it ran under.
  size_t level = 0;                    ///< Index into LawData::levels.
};

/// A model at one variant: what runs have in common beyond their attention.
struct LawLevel {
  std::string model;
  std::optional<std::string> variant;
  /// Whether its size tells something: it is known, and the model has no other variant.
  bool has_size = false;
};

/// Recorded evaluations reduced to what a law is fitted to.
struct LawData {
  std::string task;
  std::vector<Question> questions;
  std::vector<LawRun> runs;
  std::vector<LawLevel> levels;
  std::vector<std::vector<LawCell>> cells;  ///< One list a question; runs ascend in each.
};

/// Reduces `records`. `parameters` holds each run's number of active parameters where it is known.
/// A trial within three tokens of its run's limit was cut off. Throws Error without a trial.
LawData ReduceRecords(const Records& records, const std::vector<std::optional<double>>& parameters,
                      ErrorPolicy errors);

}  // namespace kinetics
