#include "kinetics/law/law_validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

#include "kinetics/core/draws.h"
#include "kinetics/core/error.h"
#include "kinetics/law/law_predict.h"
#include "kinetics/records/coverage.h"

namespace kinetics {
namespace {

constexpr double kLevel = 0.9;
constexpr int64_t kFoldsOfQuestions = 10;

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

/// A run to predict: its recorded trials and where it lies under the law.
struct Target {
  const Run* run = nullptr;
  LawSite site;
  size_t level = 0;
  std::optional<int64_t> max_tokens;
  ErrorPolicy errors = ErrorPolicy::kWrong;
  const SampleCost* cost = nullptr;
};

/// Predicts runs from draws of a posterior.
class Predictor {
 public:
  /// `questions`: for each of the records' questions the law's questions that stand for it.
  Predictor(const LawPosterior& posterior, const Records& records,
            std::vector<std::vector<size_t>> questions, const LawValidationOptions& options)
      : posterior_(posterior),
        records_(records),
        questions_(std::move(questions)),
        options_(options) {
    draws_.reserve(static_cast<size_t>(options.draws));
    for (int64_t d = 0; d < options.draws; ++d) {
      draws_.push_back(posterior.Draw(options.seed, static_cast<uint64_t>(d)));
    }
  }

  /// `only`: lists to predict; a list that is not among them is left out of both sides.
  std::optional<LawValidationRow> Predict(const Target& target,
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

 private:
  /// What each draw predicts, as its expectation and as one imagined recording of it.
  struct Simulation {
    Simulation(size_t samples, int64_t draws)
        : expected(Eigen::MatrixXd::Zero(draws, static_cast<Eigen::Index>(samples) + 2)),
          imagined(expected) {}

    /// Percentiles of what would be observed. The draws are symmetric about the mode where the
    /// posterior is not: their deviations from their own mean are put around the prediction.
    Interval IntervalOf(Eigen::Index column, double high) const {
      const double shift = predicted[column] - expected.col(column).mean();
      Interval interval = PercentileInterval(imagined.col(column).array() + shift, kLevel);
      return {.low = std::max(0.0, interval.low), .high = std::min(high, interval.high)};
    }

    Eigen::VectorXd predicted;  // accuracy at each number of samples, mean tokens, seconds
    Eigen::MatrixXd expected;   // the same of each draw
    Eigen::MatrixXd imagined;   // and of one imagined recording of it
  };

  static int64_t KnownLengths(const TrialList& list) {
    return std::count_if(list.tokens.begin(), list.tokens.end(),
                         [](int64_t tokens) { return tokens > 0; });
  }

  size_t DonorOf(const TrialList& list, int64_t draw) const {
    const std::vector<size_t>& donors = questions_[list.question];
    SplitMix64 random(options_.seed + list.question, static_cast<uint64_t>(draw));
    return donors[random.Below(static_cast<uint32_t>(donors.size()))];
  }

  LogNormalLength LengthOf(const Target& target, const CellMeans& means) const {
    LogNormalLength length = {.log_mean = means.log_length,
                              .log_deviation = std::exp(means.log_deviation)};
    if (target.max_tokens) {
      length.limit = static_cast<double>(*target.max_tokens);
    }
    return length;
  }

  double PromptOf(const TrialList& list) const {
    return static_cast<double>(records_.questions[list.question].prompt_tokens);
  }

  /// Adds one question's expectations, times `weight`, to a row or column of numbers.
  template <typename Numbers>
  void AddExpectations(const Target& target, const TrialList& list, const CellMeans& means,
                       const std::vector<int64_t>& samples, double weight,
                       Numbers&& numbers) const {
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

  /// The prediction at the mode. A question that was held out is the mean over its donors.
  Eigen::VectorXd Expect(const Target& target, const std::vector<const TrialList*>& lists,
                         const std::vector<int64_t>& samples) const {
    const LawState& mode = posterior_.Mode();
    const LawCurves curves = EvaluateCurves(mode.shared, target.site, false);
    Eigen::VectorXd numbers = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(samples.size()) + 2);
    for (const TrialList* list : lists) {
      const std::vector<size_t>& donors = questions_[list->question];
      const double weight = 1 / static_cast<double>(lists.size() * donors.size());
      for (const size_t donor : donors) {
        const CellMeans means = MeansOf(curves, mode.questions[donor], target.level);
        AddExpectations(target, *list, means, samples, weight, numbers);
      }
    }
    return numbers;
  }

  void Simulate(const Target& target, const std::vector<const TrialList*>& lists,
                const std::vector<int64_t>& samples, int64_t d, Simulation& simulation) const {
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
  void SimulateLengths(const Target& target, const TrialList& list, const CellMeans& means,
                       Draws& draws, double share, Numbers&& numbers) const {
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

  static LawAccuracyComparison CompareAccuracy(const Target& target,
                                               const std::vector<const TrialList*>& lists,
                                               int64_t samples, const Simulation& simulation,
                                               size_t index) {
    LawAccuracyComparison comparison = {.samples = samples};
    const auto column = static_cast<Eigen::Index>(index);
    const double share = 1 / static_cast<double>(lists.size());
    double variance = 0;
    for (const TrialList* list : lists) {
      const int64_t n = Attempts(*list, target.errors);
      comparison.accuracy.observed += share * Coverage(n, list->solved, samples);
      // Jeffreys' estimate: the plug-in c / n has no variance at 0 and at n.
      const double p = (static_cast<double>(list->solved) + 0.5) / (static_cast<double>(n) + 1);
      variance += share * share * EstimatorVariance(n, p, samples);
    }
    comparison.floor = std::sqrt(variance);
    comparison.accuracy.predicted = simulation.predicted[column];
    comparison.accuracy.interval = simulation.IntervalOf(column, 1);
    return comparison;
  }

  void AddLengths(const Target& target, const std::vector<const TrialList*>& lists,
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

  const LawPosterior& posterior_;
  const Records& records_;
  std::vector<std::vector<size_t>> questions_;
  const LawValidationOptions& options_;
  std::vector<LawState> draws_;
};

/// The records' runs that are predicted together, and what is left to fit.
struct Fold {
  std::string name;
  std::vector<size_t> runs;
  std::vector<uint8_t> used_runs;  // to fit to
  std::vector<uint8_t> questions;  // to predict
};

/// What runs share that are held out together.
std::string KeyOf(const LawRun& run, LawFold fold) {
  switch (fold) {
    case LawFold::kRun:
      return run.model + (run.attention ? " " + FormatSpec(*run.attention) : "") +
             (run.variant ? " (" + *run.variant + ")" : "");
    case LawFold::kModel:
      return run.model + (run.variant ? " (" + *run.variant + ")" : "");
    default: {
      const auto budget = run.attention ? KvBudget(*run.attention) : std::nullopt;
      return budget ? fmt::format("KV budget {}", *budget) : "dense";
    }
  }
}

std::vector<Fold> FoldsOf(const LawData& data, LawFold kind) {
  std::vector<Fold> folds;
  const size_t runs = data.runs.size();
  const size_t questions = data.questions.size();
  if (kind == LawFold::kQuestion) {
    const size_t count = std::min<size_t>(kFoldsOfQuestions, questions);
    for (size_t f = 0; f < count; ++f) {
      Fold fold = {.name = fmt::format("questions, part {} of {}", f + 1, count)};
      fold.runs.resize(runs);
      std::iota(fold.runs.begin(), fold.runs.end(), size_t{0});
      fold.questions.assign(questions, 0);
      for (size_t q = f; q < questions; q += count) {
        fold.questions[q] = 1;
      }
      folds.push_back(std::move(fold));
    }
    return folds;
  }
  std::map<std::string, size_t> index;
  for (size_t r = 0; r < runs; ++r) {
    const auto [entry, is_new] = index.emplace(KeyOf(data.runs[r], kind), folds.size());
    if (is_new) {
      Fold fold = {.name = entry->first};
      fold.used_runs.assign(runs, 1);
      fold.questions.assign(questions, 1);
      folds.push_back(std::move(fold));
    }
    folds[entry->second].runs.push_back(r);
    folds[entry->second].used_runs[r] = 0;
  }
  return folds;
}

/// For each question the law's questions that stand for it: itself, or where it was held out all
/// the others.
std::vector<std::vector<size_t>> DonorsOf(const Fold& fold, size_t questions) {
  const bool holds_out_questions = fold.used_runs.empty();
  std::vector<size_t> others;
  for (size_t q = 0; q < questions; ++q) {
    if (fold.questions[q] == 0) {
      others.push_back(q);
    }
  }
  std::vector<std::vector<size_t>> donors(questions);
  for (size_t q = 0; q < questions; ++q) {
    const bool held_out = holds_out_questions && fold.questions[q] != 0;
    donors[q] = held_out ? others : std::vector<size_t>{q};
  }
  return donors;
}

class ErrorSum {
 public:
  void Add(const LawComparison& comparison, double scale, double floor) {
    const double error = (comparison.predicted - comparison.observed) / scale;
    ++errors_.rows;
    errors_.mean_absolute += std::abs(error);
    errors_.bias += error;
    const bool inside = comparison.interval.low <= comparison.observed &&
                        comparison.observed <= comparison.interval.high;
    errors_.coverage += inside ? 1 : 0;
    errors_.floor += floor;
  }

  LawErrors Mean() const {
    LawErrors mean = errors_;
    const auto rows = static_cast<double>(errors_.rows);
    mean.mean_absolute /= rows;
    mean.bias /= rows;
    mean.coverage /= rows;
    mean.floor /= rows;
    return mean;
  }

 private:
  LawErrors errors_;
};

void Summarise(LawValidation& validation) {
  std::map<int64_t, ErrorSum> accuracy;
  ErrorSum length;
  ErrorSum seconds;
  size_t lengths = 0;
  size_t costs = 0;
  // The mean absolute value of a normal error is its standard deviation times this.
  const double absolute = std::sqrt(2 / std::numbers::pi);
  for (const LawValidationRow& row : validation.rows) {
    for (const LawAccuracyComparison& comparison : row.accuracies) {
      accuracy[comparison.samples].Add(comparison.accuracy, 1, absolute * comparison.floor);
    }
    if (row.length) {
      length.Add(*row.length, row.length->observed, 0);
      ++lengths;
    }
    if (row.seconds) {
      seconds.Add(*row.seconds, row.seconds->observed, 0);
      ++costs;
    }
  }
  for (const auto& [samples, sum] : accuracy) {
    validation.accuracy.emplace_back(samples, sum.Mean());
  }
  if (lengths > 0) {
    validation.length = length.Mean();
  }
  if (costs > 0) {
    validation.seconds = seconds.Mean();
  }
}

const SampleCost* CostOf(const LawValidationOptions& options, size_t run) {
  return run < options.costs.size() && options.costs[run] ? &*options.costs[run] : nullptr;
}

}  // namespace

std::string_view Name(LawFold fold) {
  switch (fold) {
    case LawFold::kRun:
      return "run";
    case LawFold::kModel:
      return "model";
    case LawFold::kBudget:
      return "budget";
    default:
      return "question";
  }
}

LawValidation ValidateLaw(const Law& law, const Records& records,
                          const std::vector<std::optional<double>>& parameters, ErrorPolicy errors,
                          const LawValidationOptions& options) {
  Law extended = law;
  std::vector<Target> targets;
  targets.reserve(records.runs.size());
  for (size_t r = 0; r < records.runs.size(); ++r) {
    const Run& run = records.runs[r];
    const size_t level =
        FindOrAddLevel(extended, run.model, run.variant, parameters[r].has_value());
    LawSite site = {.attention = run.attention, .level = level};
    if (parameters[r]) {
      site.log_size = LogSize(*parameters[r]);
    }
    targets.push_back({.run = &run,
                       .site = site,
                       .level = level,
                       .max_tokens = MaxTokens(records, run),
                       .errors = errors,
                       .cost = CostOf(options, r)});
  }
  std::map<std::string, size_t> known;
  std::vector<size_t> all(law.data.questions.size());
  std::iota(all.begin(), all.end(), size_t{0});
  for (const size_t q : all) {
    known[law.data.questions[q].id] = q;
  }
  std::vector<std::vector<size_t>> donors;
  donors.reserve(records.questions.size());
  for (const Question& question : records.questions) {
    const auto found = law.data.task == records.task ? known.find(question.id) : known.end();
    donors.push_back(found != known.end() ? std::vector<size_t>{found->second} : all);
  }
  const LawPosterior posterior = PosteriorOf(extended);
  const Predictor predictor(posterior, records, donors, options);
  const std::vector<uint8_t> every(records.questions.size(), 1);
  LawValidation validation;
  for (const Target& target : targets) {
    if (auto row = predictor.Predict(target, every)) {
      validation.rows.push_back(std::move(*row));
    }
  }
  Summarise(validation);
  return validation;
}

LawValidation CrossValidateLaw(const Law& law, const Records& records, ErrorPolicy errors,
                               LawFold fold, const LawValidationOptions& options) {
  const std::vector<Fold> folds = FoldsOf(law.data, fold);
  if (folds.size() < 2) {
    throw Error(fmt::format("--cross-validate {}: task {} has only one to hold out", Name(fold),
                            law.data.task));
  }
  const std::vector<LawSite> sites = SitesOf(law.data);
  std::vector<std::vector<LawValidationRow>> rows(folds.size());
  size_t done = 0;
#pragma omp parallel for schedule(dynamic)
  for (size_t f = 0; f < folds.size(); ++f) {
    const Fold& held = folds[f];
    Eigen::VectorXd weights;
    if (held.used_runs.empty()) {
      weights.setOnes(static_cast<Eigen::Index>(held.questions.size()));
      for (size_t q = 0; q < held.questions.size(); ++q) {
        weights[static_cast<Eigen::Index>(q)] -= held.questions[q];
      }
    }
    const LawObjective objective(law.data, weights, held.used_runs);
    const LawFit fit = FitLaw(objective, law.state);
    const LawPosterior posterior(objective, fit.state);
    const Predictor predictor(posterior, records, DonorsOf(held, held.questions.size()), options);
    for (const size_t r : held.runs) {
      const Target target = {.run = &records.runs[r],
                             .site = sites[r],
                             .level = law.data.runs[r].level,
                             .max_tokens = law.data.runs[r].max_tokens,
                             .errors = errors,
                             .cost = CostOf(options, r)};
      if (auto row = predictor.Predict(target, held.questions)) {
        row->held_out = held.name;
        rows[f].push_back(std::move(*row));
      }
    }
    if (options.progress) {
#pragma omp critical(kinetics_law_progress)
      options.progress(++done, folds.size());
    }
  }
  LawValidation validation;
  for (std::vector<LawValidationRow>& of_fold : rows) {
    validation.rows.insert(validation.rows.end(), of_fold.begin(), of_fold.end());
  }
  Summarise(validation);
  return validation;
}

}  // namespace kinetics
