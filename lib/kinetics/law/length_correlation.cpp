#include "kinetics/law/length_correlation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kinetics/core/normal.h"
#include "kinetics/law/law_predict.h"

namespace kinetics {
namespace {

constexpr double kSmallestChance = 1e-9;
constexpr double kLargestCorrelation = 0.95;
constexpr double kLargestError = 0.3;

/// One trial: the threshold of being right, its standardised log length, and what it was.
struct TrialOutcome {
  double threshold = 0;
  double z = 0;
  bool right = false;
};

/// The derivative of an outcome's -ln P by the correlation.
double Derivative(const TrialOutcome& outcome, double correlation) {
  const double root = std::sqrt(1 - correlation * correlation);
  const double sign = outcome.right ? 1 : -1;
  const double u = sign * (outcome.threshold - correlation * outcome.z) / root;
  const double hazard = std::exp(LogNormalDensity(u) - LogNormalTail(-u));
  return -hazard * sign * (correlation * outcome.threshold - outcome.z) / (root * root * root);
}

/// Outcomes of each question.
std::vector<std::vector<TrialOutcome>> Collect(const Records& records, const LawData& data,
                                               const LawState& state) {
  std::vector<std::vector<TrialOutcome>> outcomes(data.questions.size());
  const std::vector<LawSite> sites = SitesOf(data);
  for (size_t r = 0; r < records.runs.size(); ++r) {
    const Run& run = records.runs[r];
    const LawCurves curves = EvaluateCurves(state.shared, sites[r], false);
    const std::optional<int64_t> max_tokens = MaxTokens(records, run);
    for (const TrialList& list : run.trials) {
      if (list.correct.empty()) {
        continue;
      }
      const CellMeans means = MeansOf(curves, state.questions[list.question], data.runs[r].level);
      const double chance = std::clamp(ChanceOf(means), kSmallestChance, 1 - kSmallestChance);
      const double threshold = NormalQuantile(chance);
      for (size_t i = 0; i < list.tokens.size(); ++i) {
        if (list.tokens[i] == 0 || IsCutOff(list.tokens[i], max_tokens)) {
          continue;
        }
        const double log_length = std::log(static_cast<double>(list.tokens[i]));
        outcomes[list.question].push_back(
            {.threshold = threshold,
             .z = (log_length - means.log_length) / std::exp(means.log_deviation),
             .right = list.correct[i] != 0});
      }
    }
  }
  return outcomes;
}

double Gradient(const std::vector<std::vector<TrialOutcome>>& outcomes, double correlation) {
  double sum = 0;
  for (const std::vector<TrialOutcome>& of_question : outcomes) {
    for (const TrialOutcome& outcome : of_question) {
      sum += Derivative(outcome, correlation);
    }
  }
  return sum;
}

/// The square root of sum over questions of gradient^2, over the curvature; for few questions
/// scaled by their number over one less. Infinite where there is only one, or no curvature.
double SandwichError(const std::vector<std::vector<TrialOutcome>>& outcomes, double correlation) {
  constexpr double kStep = 1e-4;
  double squares = 0;
  double questions = 0;
  for (const std::vector<TrialOutcome>& of_question : outcomes) {
    const double gradient = Gradient({of_question}, correlation);
    squares += gradient * gradient;
    questions += of_question.empty() ? 0 : 1;
  }
  const double curvature =
      (Gradient(outcomes, correlation + kStep) - Gradient(outcomes, correlation - kStep)) /
      (2 * kStep);
  if (questions < 2 || !(curvature > 0)) {
    return std::numeric_limits<double>::infinity();
  }
  return std::sqrt(squares * questions / (questions - 1)) / curvature;
}

}  // namespace

LengthCorrelation EstimateLengthCorrelation(const Records& records, const LawData& data,
                                            const LawState& state) {
  const std::vector<std::vector<TrialOutcome>> outcomes = Collect(records, data, state);
  int64_t trials = 0;
  int64_t right = 0;
  for (const std::vector<TrialOutcome>& of_question : outcomes) {
    trials += static_cast<int64_t>(of_question.size());
    right += std::count_if(of_question.begin(), of_question.end(),
                           [](const TrialOutcome& outcome) { return outcome.right; });
  }
  if (right == 0 || right == trials) {
    return {.value = kAssumedLengthCorrelation};
  }
  // The derivative crosses zero once in practice; bisection also holds at an end.
  double low = -kLargestCorrelation;
  double high = kLargestCorrelation;
  constexpr int kSteps = 30;
  for (int i = 0; i < kSteps; ++i) {
    const double middle = (low + high) / 2;
    (Gradient(outcomes, middle) < 0 ? low : high) = middle;
  }
  const double value = (low + high) / 2;
  const double error = SandwichError(outcomes, value);
  if (!(error < kLargestError)) {
    return {.value = kAssumedLengthCorrelation};
  }
  return {.value = value, .standard_error = error, .trials = trials};
}

}  // namespace kinetics
