#include "kinetics/law/law_validate.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

#include "kinetics/core/error.h"
#include "kinetics/law/law_folds.h"
#include "kinetics/law/law_predictor.h"

namespace kinetics {
namespace {

class ErrorSum {
 public:
  void Add(const LawComparison& comparison, double scale, double floor) {
    const double error = (comparison.predicted - comparison.observed) / scale;
    ++errors_.rows;
    errors_.mean_absolute += std::abs(error);
    errors_.bias += error;
    const double rounding = 1e-9 * comparison.observed;  // where every trial is right
    const bool inside = comparison.interval.low - rounding <= comparison.observed &&
                        comparison.observed <= comparison.interval.high + rounding;
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
  std::vector<LawTarget> targets;
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
  const LawPredictor predictor(posterior, records, donors, options);
  const std::vector<uint8_t> every(records.questions.size(), 1);
  LawValidation validation;
  for (const LawTarget& target : targets) {
    if (auto row = predictor.Predict(target, every)) {
      validation.rows.push_back(std::move(*row));
    }
  }
  Summarise(validation);
  return validation;
}

LawValidation CrossValidateLaw(const Law& law, const Records& records, ErrorPolicy errors,
                               LawFold fold, const LawValidationOptions& options) {
  const std::vector<LawFoldParts> folds = FoldsOf(law.data, fold);
  if (folds.size() < 2) {
    throw Error(fmt::format("--cross-validate {}: task {} has only one to hold out", Name(fold),
                            law.data.task));
  }
  const std::vector<LawSite> sites = SitesOf(law.data);
  std::vector<std::vector<LawValidationRow>> rows(folds.size());
  size_t done = 0;
#pragma omp parallel for schedule(dynamic)
  for (size_t f = 0; f < folds.size(); ++f) {
    const LawFoldParts& held = folds[f];
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
    const LawPredictor predictor(posterior, records, DonorsOf(held, held.questions.size()),
                                 options);
    for (const size_t r : held.runs) {
      const LawTarget target = {.run = &records.runs[r],
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
