#include "kinetics/plan/law_resampler.h"

#include <algorithm>
#include <cmath>

#include "kinetics/core/draws.h"
#include "kinetics/core/error.h"
#include "kinetics/core/resample.h"
#include "kinetics/law/law_predict.h"

namespace kinetics {
namespace {

/// x^n by squaring: the exponents are small, and there are millions of them.
double WholePower(double x, int64_t n) {
  double result = 1;
  for (; n > 0; n /= 2) {
    result *= n % 2 == 1 ? x : 1;
    x *= x;
  }
  return result;
}

/// The chance that one of the samples of a question is right, where one alone is not with the
/// chance `failure`.
double ChanceOfAny(const LawAllocation& allocation, size_t question, double failure) {
  if (allocation.by_question == nullptr) {
    return 1 - WholePower(failure, allocation.samples);
  }
  const QuestionSamples& numbers = *allocation.by_question;
  const double chance = 1 - WholePower(failure, numbers.samples[question]);
  if (!numbers.lot || numbers.lot->question != question) {
    return chance;
  }
  const double other = 1 - WholePower(failure, numbers.lot->samples);
  return chance + numbers.lot->share * (other - chance);
}

}  // namespace

LawResampler::LawResampler(const LawEvaluator& evaluator)
    : evaluator_(evaluator), posterior_(PosteriorOf(evaluator.law_)) {}

void LawResampler::DrawSite(const LawState& state, size_t site, const Columns& columns,
                            const Eigen::VectorXd& counts, uint64_t seed,
                            Eigen::RowVectorXd& row) const {
  const LawEvaluator& e = evaluator_;
  const LawSite& at = e.law_sites_[site];
  const uint64_t family =
      4 * *at.level + static_cast<uint64_t>(at.attention->kind);  // deviates together
  LawCurves curves = EvaluateCurves(state.shared, at, false);
  Draws of_run(SplitMix64(seed, family));
  curves.values[LawCurves::kAbilityRow] += kRunAbilityDeviation * of_run.Normal();
  curves.values[LawCurves::kLengthRow] += kRunLengthDeviation * of_run.Normal();
  const double share = 1 / counts.sum();
  for (size_t q = 0; q < state.questions.size(); ++q) {
    const double weight = share * counts[static_cast<Eigen::Index>(q)];
    if (weight == 0) {
      continue;
    }
    const CellMeans means = MeansOf(curves, state.questions[q], at.level);
    const double chance = ChanceOf(means);
    const double concentration = std::exp(means.log_concentration);
    Draws of_question(SplitMix64(seed + family, q + 1));
    const double realised = of_question.Beta(chance * concentration, (1 - chance) * concentration);
    const ChanceWithin within(realised, means, e.law_.correlation.value, e.RecordedLimit(site));
    for (const auto& [limit, of_limit] : columns) {
      const std::optional<int64_t>& tokens = e.grid_.limits[limit];
      const double failure =
          1 - within.At(tokens ? std::optional(static_cast<double>(*tokens)) : std::nullopt);
      for (const auto& [column, allocation] : of_limit) {
        row[column] += weight * ChanceOfAny(*allocation, q, failure);
      }
    }
  }
}

Eigen::MatrixXd LawResampler::Resample(const std::vector<LawAllocation>& allocations,
                                       int64_t resamples, uint64_t seed) const {
  std::map<size_t, Columns> sites;
  for (size_t i = 0; i < allocations.size(); ++i) {
    const LawEvaluator::Position& position = allocations[i].position;
    sites[position.site][position.limit].emplace_back(static_cast<Eigen::Index>(i),
                                                      &allocations[i]);
  }
  const auto questions = static_cast<Eigen::Index>(evaluator_.law_.data.questions.size());
  Eigen::MatrixXd draws(resamples, static_cast<Eigen::Index>(allocations.size()));
#pragma omp parallel for schedule(dynamic, 8)
  for (int64_t r = 0; r < resamples; ++r) {
    const LawState state = posterior_.Draw(seed, static_cast<uint64_t>(r));
    const Eigen::VectorXd counts = DrawCounts(questions, seed, r);
    const uint64_t seed_of_run = SplitMix64(~seed, static_cast<uint64_t>(r)).Next();
    Eigen::RowVectorXd row = Eigen::RowVectorXd::Zero(draws.cols());
    for (const auto& [site, columns] : sites) {
      DrawSite(state, site, columns, counts, seed_of_run, row);
    }
    draws.row(r) = row;
  }
  if (!draws.allFinite()) {
    throw Error("the law draws accuracies that are no numbers");
  }
  for (size_t i = 0; i < allocations.size(); ++i) {
    const auto column = static_cast<Eigen::Index>(i);
    const double shift = allocations[i].accuracy - draws.col(column).mean();
    draws.col(column) = (draws.col(column).array() + shift).max(0).min(1);
  }
  return draws;
}

}  // namespace kinetics
