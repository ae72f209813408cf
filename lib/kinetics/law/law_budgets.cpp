#include "kinetics/law/law_budgets.h"

#include <algorithm>

#include "kinetics/law/law_predict.h"

namespace kinetics {
namespace {

bool HasLengths(const Run& run) {
  return std::any_of(run.trials.begin(), run.trials.end(), [](const TrialList& list) {
    return std::any_of(list.tokens.begin(), list.tokens.end(),
                       [](int64_t tokens) { return tokens > 0; });
  });
}

/// The mean over the questions that the run attempted.
double PredictWithin(const Law& law, const Run& run, size_t index, const LawCurves& curves,
                     int64_t limit, ErrorPolicy errors) {
  const LawRun& fitted = law.data.runs[index];
  const std::optional<double> recorded_limit =
      fitted.max_tokens ? std::optional(static_cast<double>(*fitted.max_tokens)) : std::nullopt;
  double sum = 0;
  double questions = 0;
  for (const TrialList& list : run.trials) {
    if (Attempts(list, errors) > 0) {
      const CellMeans means = MeansOf(curves, law.state.questions[list.question], fitted.level);
      const auto tokens = static_cast<double>(limit);
      const ChanceWithin within(ChanceOf(means), means, law.correlation.value, recorded_limit);
      sum += within.At(recorded_limit ? std::min(tokens, *recorded_limit) : tokens);
      ++questions;
    }
  }
  return questions > 0 ? sum / questions : 0;
}

}  // namespace

std::vector<TokenBudgetRow> CompareTokenBudgets(const Law& law, const Records& records,
                                                const std::vector<int64_t>& limits,
                                                ErrorPolicy errors) {
  std::vector<TokenBudgetRow> rows;
  const std::vector<LawSite> sites = SitesOf(law.data);
  for (size_t r = 0; r < records.runs.size(); ++r) {
    const Run& run = records.runs[r];
    if (!HasLengths(run)) {
      continue;
    }
    const LawCurves curves = EvaluateCurves(law.state.shared, sites[r], false);
    for (const int64_t limit : limits) {
      if (const auto observed = AccuracyWithin(run, limit, errors)) {
        rows.push_back({.run = r,
                        .generation_tokens = limit,
                        .observed = *observed,
                        .predicted = PredictWithin(law, run, r, curves, limit, errors)});
      }
    }
  }
  return rows;
}

}  // namespace kinetics
