#include "kinetics/records/records.h"

#include <algorithm>

namespace kinetics {

std::optional<int64_t> MaxTokens(const Records& records, const Run& run) {
  return run.max_tokens ? run.max_tokens : records.max_tokens;
}

bool IsCutOff(int64_t tokens, std::optional<int64_t> max_tokens) {
  constexpr int64_t kSlack = 3;
  return max_tokens && tokens >= *max_tokens - kSlack;
}

std::string Describe(const Run& run) {
  std::string text = run.model;
  if (run.attention) {
    text += " " + FormatSpec(*run.attention);
  }
  if (run.variant) {
    text += " (" + *run.variant + ")";
  }
  return text;
}

int64_t Attempts(const TrialList& list, ErrorPolicy policy) {
  return static_cast<int64_t>(list.tokens.size()) +
         (policy == ErrorPolicy::kWrong ? list.errors : 0);
}

int64_t ServedSamples(const Run& run, size_t questions, ErrorPolicy policy) {
  if (run.trials.size() < questions || run.trials.empty()) {
    return 0;
  }
  int64_t served = Attempts(run.trials.front(), policy);
  for (const TrialList& list : run.trials) {
    served = std::min(served, Attempts(list, policy));
  }
  return served;
}

}  // namespace kinetics
