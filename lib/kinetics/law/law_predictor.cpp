#include "kinetics/law/law_predictor.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kinetics/law/law_predict.h"
#include "kinetics/records/coverage.h"

namespace kinetics {
namespace {

constexpr double kLevel = 0.9;

/// Variance of the unbiased estimate of pass@k from n trials of chance p in (0, 1), over all
/// outcomes.
double EstimatorVariance(int64_t n, double p, int64_t k) {
  double log_chance = static_cast<double>(n) * std::log1p(-p);  // of no success
  const double log_odds = std::log(p) - std::log1p(-p);
  double mean = 0;
  double square = 0;
  for (int64_t c = 0; c <= n; ++c) {
    const double value = Coverage(n, c, k);
    mean += std::exp(log_chance) * value;
    square += std::exp(log_chance) * value * value;
    log_chance += log_odds + std::log(static_cast<double>(n - c) / static_cast<double>(c + 1));
  }
  return std::max(0.0, square - mean * mean);
}

}  // namespace

Interval LawPredictor::Simulation::IntervalOf(Eigen::Index column, double high) const {
  const double shift = predicted[column] - expected.col(column).mean();
  Interval interval = PercentileInterval(imagined.col(column).array() + shift, kLevel);
  return {.low = std::clamp(interval.low, 0.0, high), .high = std::clamp(interval.high, 0.0, high)};
}

LawPredictor::LawPredictor(const LawPosterior& posterior, const Records& records,
                           std::vector<std::vector<size_t>> donors,
                           const LawValidationOptions& options)
    : posterior_(posterior), records_(records), donors_(std::move(donors)), options_(options) {
  draws_.reserve(static_cast<size_t>(options.draws));
  for (int64_t d = 0; d < options.draws; ++d) {
    draws_.push_back(posterior.Draw(options.seed, static_cast<uint64_t>(d)));
  }
}

std::optional<LawValidationRow> LawPredictor::Predict(const LawTarget& target,
                                                      const std::vector<uint8_t>& only) const {
  std::vector<const TrialList*> lists;
  for (const TrialList& list : target.run->trials) {
    if (only[list.question] != 0 && Attempts(list, target.errors) > 0) {
      lists.push_back(&list);
    }
  }
  if (lists.empty()) {
    return std::nullopt;
  }
  LawValidationRow row = {.model = target.run->model,
                          .variant = target.run->variant,
                          .attention = target.run->attention};
  std::vector<int64_t> samples;
  for (const int64_t k : options_.samples) {
    const bool serves = std::all_of(lists.begin(), lists.end(), [&](const TrialList* list) {
      return Attempts(*list, target.errors) >= k;
    });
    if (serves) {
      samples.push_back(k);
    }
  }
  Simulation simulation(samples.size(), options_.draws);
  simulation.predicted = Expect(target, lists, samples);
  for (int64_t d = 0; d < options_.draws; ++d) {
    Simulate(target, lists, samples, d, simulation);
  }
  for (size_t i = 0; i < samples.size(); ++i) {
    row.accuracies.push_back(CompareAccuracy(target, lists, samples[i], simulation, i));
  }
  AddLengths(target, lists, simulation, row);
  return row;
}

int64_t LawPredictor::KnownLengths(const TrialList& list) {
  return std::count_if(list.tokens.begin(), list.tokens.end(),
                       [](int64_t tokens) { return tokens > 0; });
}

size_t LawPredictor::DonorOf(const TrialList& list, int64_t draw) const {
  const std::vector<size_t>& donors = donors_[list.question];
  SplitMix64 random(options_.seed + list.question, static_cast<uint64_t>(draw));
  return donors[random.Below(static_cast<uint32_t>(donors.size()))];
}

LogNormalLength LawPredictor::LengthOf(const LawTarget& target, const CellMeans& means) const {
  LogNormalLength length = {.log_mean = means.log_length,
                            .log_deviation = std::exp(means.log_deviation)};
  if (target.max_tokens) {
    length.limit = static_cast<double>(*target.max_tokens);
  }
  return length;
}

double LawPredictor::PromptOf(const TrialList& list) const {
  return static_cast<double>(records_.questions[list.question].prompt_tokens);
}

template <typename Numbers>
void LawPredictor::AddExpectations(const LawTarget& target, const TrialList& list,
                                   const CellMeans& means, const std::vector<int64_t>& samples,
                                   double weight, Numbers&& numbers) const {
  std::vector<double> coverage(samples.size());
  LawCoverage(ChanceOf(means), std::exp(means.log_concentration), samples, coverage);
  for (size_t i = 0; i < samples.size(); ++i) {
    numbers[static_cast<Eigen::Index>(i)] += weight * coverage[i];
  }
  if (KnownLengths(list) == 0) {
    return;
  }
  const auto tokens = static_cast<Eigen::Index>(samples.size());
  const LogNormalLength length = LengthOf(target, means);
  numbers[tokens] += weight * length.Mean();
  if (target.cost != nullptr) {
    numbers[tokens + 1] += weight * target.cost->of_law(PromptOf(list), length);
  }
}

Eigen::VectorXd LawPredictor::Expect(const LawTarget& target,
                                     const std::vector<const TrialList*>& lists,
                                     const std::vector<int64_t>& samples) const {
  const LawState& mode = posterior_.Mode();
  const LawCurves curves = EvaluateCurves(mode.shared, target.site, false);
  Eigen::VectorXd numbers = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(samples.size()) + 2);
  for (const TrialList* list : lists) {
    const std::vector<size_t>& donors = donors_[list->question];
    const double weight = 1 / static_cast<double>(lists.size() * donors.size());
    for (const size_t donor : donors) {
      const CellMeans means = MeansOf(curves, mode.questions[donor], target.level);
      AddExpectations(target, *list, means, samples, weight, numbers);
    }
  }
  return numbers;
}

void LawPredictor::Simulate(const LawTarget& target, const std::vector<const TrialList*>& lists,
                            const std::vector<int64_t>& samples, int64_t d,
                            Simulation& simulation) const {
  const LawState& state = draws_[static_cast<size_t>(d)];
  Draws draws(SplitMix64(options_.seed ^ 0x9e3779b9U, static_cast<uint64_t>(d)));
  LawCurves curves = EvaluateCurves(state.shared, target.site, false);
  curves.values[LawCurves::kAbilityRow] += kRunAbilityDeviation * draws.Normal();
  curves.values[LawCurves::kLengthRow] += kRunLengthDeviation * draws.Normal();
  const double share = 1 / static_cast<double>(lists.size());
  for (const TrialList* list : lists) {
    const CellMeans means = MeansOf(curves, state.questions[DonorOf(*list, d)], target.level);
    AddExpectations(target, *list, means, samples, share, simulation.expected.row(d));
    const double chance = ChanceOf(means);
    const double concentration = std::exp(means.log_concentration);
    const double realised = draws.Beta(chance * concentration, (1 - chance) * concentration);
    const int64_t attempts = Attempts(*list, target.errors);
    const int64_t solved = draws.Binomial(attempts, realised);
    for (size_t i = 0; i < samples.size(); ++i) {
      simulation.imagined(d, static_cast<Eigen::Index>(i)) +=
          share * Coverage(attempts, solved, samples[i]);
    }
    SimulateLengths(target, *list, means, draws, share, simulation.imagined.row(d).tail<2>());
  }
}

template <typename Numbers>
void LawPredictor::SimulateLengths(const LawTarget& target, const TrialList& list,
                                   const CellMeans& means, Draws& draws, double share,
                                   Numbers&& numbers) const {
  const int64_t known = KnownLengths(list);
  const LogNormalLength length = LengthOf(target, means);
  const double weight = share / static_cast<double>(std::max<int64_t>(known, 1));
  for (int64_t i = 0; i < known; ++i) {
    const double tokens =
        std::min(length.limit, std::exp(length.log_mean + length.log_deviation * draws.Normal()));
    numbers[0] += weight * tokens;
    if (target.cost != nullptr) {
      numbers[1] += weight * target.cost->of_tokens(PromptOf(list), tokens);
    }
  }
}

LawAccuracyComparison LawPredictor::CompareAccuracy(const LawTarget& target,
                                                    const std::vector<const TrialList*>& lists,
                                                    int64_t samples, const Simulation& simulation,
                                                    size_t index) {
  LawAccuracyComparison comparison = {.samples = samples};
  const auto column = static_cast<Eigen::Index>(index);
  const double share = 1 / static_cast<double>(lists.size());
  double variance = 0;
  for (const TrialList* list : lists) {
    const int64_t n = Attempts(*list, target.errors);
    comparison.accuracy.observed += Coverage(n, list->solved, samples);
    // Jeffreys' estimate: the plug-in c / n has no variance at 0 and at n.
    const double p = (static_cast<double>(list->solved) + 0.5) / (static_cast<double>(n) + 1);
    variance += share * share * EstimatorVariance(n, p, samples);
  }
  comparison.accuracy.observed /= static_cast<double>(lists.size());
  comparison.floor = std::sqrt(variance);
  comparison.accuracy.predicted = simulation.predicted[column];
  comparison.accuracy.interval = simulation.IntervalOf(column, 1);
  return comparison;
}

void LawPredictor::AddLengths(const LawTarget& target, const std::vector<const TrialList*>& lists,
                              const Simulation& simulation, LawValidationRow& row) const {
  LawComparison length;
  LawComparison seconds;
  const double share = 1 / static_cast<double>(lists.size());
  for (const TrialList* list : lists) {
    const int64_t known = KnownLengths(*list);
    if (known == 0) {
      return;  // without lengths for all questions no mean is comparable
    }
    for (const int64_t tokens : list->tokens) {
      if (tokens > 0) {
        const double weight = share / static_cast<double>(known);
        length.observed += weight * static_cast<double>(tokens);
        if (target.cost != nullptr) {
          seconds.observed +=
              weight * target.cost->of_tokens(PromptOf(*list), static_cast<double>(tokens));
        }
      }
    }
  }
  const Eigen::Index first = simulation.predicted.size() - 2;
  const auto fill = [&](LawComparison& comparison, Eigen::Index column) {
    comparison.predicted = simulation.predicted[column];
    comparison.interval = simulation.IntervalOf(column, std::numeric_limits<double>::infinity());
  };
  fill(length, first);
  row.length = length;
  if (target.cost != nullptr) {
    fill(seconds, first + 1);
    row.seconds = seconds;
  }
}

}  // namespace kinetics
