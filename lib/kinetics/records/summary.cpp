#include "kinetics/records/summary.h"

#include <algorithm>

#include "kinetics/records/coverage.h"

namespace kinetics {
namespace {

/// A mean that is absent while nothing was added.
class Mean {
 public:
  void Add(double x) {
    sum_ += x;
    ++count_;
  }
  std::optional<double> Value() const {
    return count_ == 0 ? std::nullopt : std::optional(sum_ / static_cast<double>(count_));
  }

 private:
  double sum_ = 0;
  int64_t count_ = 0;
};

}  // namespace

RunSummary Summarize(const Records& records, const Run& run, ErrorPolicy policy) {
  RunSummary summary;
  summary.questions = run.trials.size();
  summary.served_samples = ServedSamples(run, records.questions.size(), policy);
  const auto max_tokens = MaxTokens(records, run);
  Mean accuracy;
  Mean coverage;
  Mean tokens;
  Mean cut_off;
  for (const TrialList& list : run.trials) {
    summary.trials += static_cast<int64_t>(list.tokens.size());
    summary.errors += list.errors;
    const int64_t attempts = Attempts(list, policy);
    if (attempts > 0) {
      accuracy.Add(Coverage(attempts, list.solved, 1));
      coverage.Add(Coverage(attempts, list.solved, std::min(attempts, summary.served_samples)));
    }
    Mean length;
    for (const int64_t t : list.tokens) {
      if (t == 0) {
        ++summary.unreported;
        continue;
      }
      length.Add(static_cast<double>(t));
      summary.longest_tokens = std::max(summary.longest_tokens, t);
      if (max_tokens) {
        cut_off.Add(IsCutOff(t, max_tokens) ? 1 : 0);
      }
    }
    if (length.Value()) {
      tokens.Add(*length.Value());
    }
  }
  summary.accuracy = accuracy.Value();
  if (summary.served_samples > 0) {
    summary.max_coverage = coverage.Value();
  }
  summary.mean_tokens = tokens.Value();
  summary.cut_off = cut_off.Value();
  return summary;
}

}  // namespace kinetics
