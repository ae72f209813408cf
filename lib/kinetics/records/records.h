#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kinetics/model/attention.h"

namespace kinetics {

/// One problem of a task.
struct Question {
  std::string id;  ///< An integer in the file where it reads as one.
  int64_t prompt_tokens = 0;
};

/// The recorded generations of one run for one question.
struct TrialList {
  size_t question = 0;          ///< Index into Records::questions.
  std::vector<int64_t> tokens;  ///< Generated tokens of each trial; 0 where not reported.
  int64_t solved = 0;           ///< Trials that were right.
  std::vector<uint8_t>
      correct;  ///< 1 where the trial was right; empty where only `solved` is known.
  std::vector<std::string> answers;  ///< One a trial, or empty.
  int64_t errors = 0;                ///< Further attempts that ended without an answer.
};

/// One model with one attention on a task.
struct Run {
  std::string model;
  std::optional<std::string> variant;  ///< Tells runs of one model and attention apart.
  std::optional<Attention> attention;  ///< Absent where it is not known.
  std::optional<int64_t> max_tokens;   ///< Overrides Records::max_tokens.
  std::vector<TrialList> trials;       ///< At most one list a question, in any order.
};

/// Recorded evaluations of a task (schema kinetics.records/1).
struct Records {
  std::string task;
  std::string source_json;            ///< Free-form; "" where absent.
  std::optional<int64_t> max_tokens;  ///< The limit that generations ran under.
  std::vector<Question> questions;
  std::vector<Run> runs;
};

/// The limit that `run` was generated under, where known.
std::optional<int64_t> MaxTokens(const Records& records, const Run& run);

/// Whether a trial of this length was cut off at `max_tokens`: engines stop up to three tokens
/// early.
bool IsCutOff(int64_t tokens, std::optional<int64_t> max_tokens);

/// "Qwen3-8B topk:512 (high)": model, attention where known, variant where there is one.
std::string Describe(const Run& run);

/// What to do with attempts that ended without an answer.
enum class ErrorPolicy {
  kWrong,  ///< They count as wrong trials that cost nothing.
  kSkip,   ///< They are left out.
};

/// n of the unbiased estimator: trials, and errors where they count.
int64_t Attempts(const TrialList& list, ErrorPolicy policy);

/// The largest number of samples that `run` can answer for: the smallest n of its questions.
/// 0 where a question of the task has no trials.
int64_t ServedSamples(const Run& run, size_t questions, ErrorPolicy policy);

}  // namespace kinetics
