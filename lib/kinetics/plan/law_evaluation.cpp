#include "kinetics/plan/law_evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "kinetics/core/error.h"
#include "kinetics/law/law_predict.h"
#include "kinetics/plan/columns.h"
#include "kinetics/plan/law_resampler.h"
#include "kinetics/plan/select.h"

namespace kinetics {
namespace {

constexpr size_t kMostAllocations = 20'000'000;

/// The level that a site's model has in the law.
size_t LevelOf(const Law& law, const Run& run) {
  for (size_t i = 0; i < law.data.levels.size(); ++i) {
    if (law.data.levels[i].model == run.model && law.data.levels[i].variant == run.variant) {
      return i;
    }
  }
  throw Error("the law does not know " + run.model);
}

/// The size that a site is predicted at: that of the law's own runs of its model, which may be
/// unknown, else that of the model that it is costed as.
std::optional<double> LogSizeOf(const Law& law, size_t level, const Model& model) {
  const std::vector<LawRun>& runs = law.data.runs;
  const auto run =
      std::find_if(runs.begin(), runs.end(), [level](const LawRun& r) { return r.level == level; });
  if (run == runs.end()) {
    return LogSize(static_cast<double>(model.active.without_input_embedding));
  }
  return run->parameters ? std::optional(LogSize(*run->parameters)) : std::nullopt;
}

}  // namespace

LawEvaluator::LawEvaluator(const Law& law, const std::vector<PlannedRun>& sites,
                           const LawGrid& grid, const Hardware& hardware,
                           const CostOptions& options)
    : law_(law), sites_(sites), grid_(grid), hardware_(hardware.name), support_(law) {
  if (Size() > kMostAllocations) {
    throw Error(
        fmt::format("{} allocations are more than can be held; consider fewer attentions, "
                    "numbers of samples or of generation tokens",
                    Size()));
  }
  std::vector<std::string> too_large;
  for (const PlannedRun& site : sites) {
    const size_t level = LevelOf(law, *site.run);
    law_sites_.push_back({.attention = site.run->attention,
                          .log_size = LogSizeOf(law, level, site.model),
                          .level = level});
    recorded_limits_.push_back(LimitOf(law, level));
    AddWays(law_sites_.size() - 1, hardware, options);
    const auto fits = [](const Way& way) { return way.served.has_value(); };
    if (!std::all_of(ways_.end() - static_cast<std::ptrdiff_t>(grid.limits.size()), ways_.end(),
                     fits)) {
      too_large.push_back(Describe(site));
    }
  }
  NoteTooLarge(hardware, too_large, notes_);
}

void LawEvaluator::AddWays(size_t site, const Hardware& hardware, const CostOptions& options) {
  const PlannedRun& planned = sites_[site];
  std::shared_ptr<const CostModel> shared;
  const bool is_auto = planned.deployment && planned.deployment->is_auto;
  for (size_t limit = 0; limit < grid_.limits.size(); ++limit) {
    const DecodeMoments mean = planned.deployment ? MeanMoments(site, limit) : DecodeMoments();
    const auto served =
        Serve(planned.model, *planned.run->attention, hardware, options, planned.deployment, mean);
    if (!shared || (is_auto && served)) {
      CostOptions own = served ? served->options : options;
      shared =
          std::make_shared<const CostModel>(planned.model, *planned.run->attention, hardware, own);
    }
    ways_.push_back({shared, served});
  }
}

std::vector<LogNormalLength> LawEvaluator::LengthsAt(const Position& position) const {
  const LawSite& site = law_sites_[position.site];
  const LawCurves curves = EvaluateCurves(law_.state.shared, site, false);
  std::vector<LogNormalLength> lengths;
  lengths.reserve(law_.state.questions.size());
  for (const Eigen::VectorXd& question : law_.state.questions) {
    lengths.push_back(
        LengthOf(MeansOf(curves, question, site.level), position.site, position.limit));
  }
  return lengths;
}

DecodeMoments LawEvaluator::MeanMoments(size_t site, size_t limit) const {
  const std::vector<LogNormalLength> lengths = LengthsAt({.site = site, .limit = limit});
  DecodeMoments sum;
  for (size_t q = 0; q < lengths.size(); ++q) {
    const auto prompt = static_cast<double>(law_.data.questions[q].prompt_tokens);
    sum += ExpectedMoments(RegimesOf(prompt, std::nullopt, Convention::kExact), lengths[q]);
  }
  return sum;
}

size_t LawEvaluator::Size() const {
  return sites_.size() * grid_.limits.size() * grid_.samples.size();
}

LawEvaluator::Position LawEvaluator::At(size_t allocation) const {
  const size_t samples = grid_.samples.size();
  const size_t limits = grid_.limits.size();
  return {.site = allocation / samples / limits,
          .limit = allocation / samples % limits,
          .samples = allocation % samples};
}

LawEvaluator::Position LawEvaluator::PositionOf(const Allocation& allocation) const {
  const auto limit =
      std::find(grid_.limits.begin(), grid_.limits.end(), allocation.generation_tokens);
  return {.site = allocation.run, .limit = static_cast<size_t>(limit - grid_.limits.begin())};
}

std::vector<std::string_view> LawEvaluator::Extrapolation(const Position& position,
                                                          int64_t samples) const {
  return support_.Extrapolation(law_sites_[position.site], grid_.limits[position.limit],
                                recorded_limits_[position.site], samples);
}

std::optional<double> LawEvaluator::RecordedLimit(size_t site) const {
  const std::optional<int64_t>& limit = recorded_limits_[site];
  return limit ? std::optional(static_cast<double>(*limit)) : std::nullopt;
}

LogNormalLength LawEvaluator::LengthOf(const CellMeans& means, size_t site, size_t limit) const {
  LogNormalLength length = {.log_mean = means.log_length,
                            .log_deviation = std::exp(means.log_deviation)};
  if (grid_.limits[limit]) {
    length.limit = static_cast<double>(*grid_.limits[limit]);
  } else if (recorded_limits_[site]) {
    length.limit = static_cast<double>(*recorded_limits_[site]);
  }
  return length;
}

template <typename Visit>
void LawEvaluator::VisitSite(const LawState& state, size_t site, const Visit& visit) const {
  const LawCurves curves = EvaluateCurves(state.shared, law_sites_[site], false);
  std::vector<double> coverage(grid_.samples.size());
  for (size_t q = 0; q < state.questions.size(); ++q) {
    const CellMeans means = MeansOf(curves, state.questions[q], law_sites_[site].level);
    const double concentration = std::exp(means.log_concentration);
    const auto prompt = static_cast<double>(law_.data.questions[q].prompt_tokens);
    const ChanceWithin within(ChanceOf(means), means, law_.correlation.value, RecordedLimit(site));
    for (size_t g = 0; g < grid_.limits.size(); ++g) {
      const std::optional<double> tokens =
          grid_.limits[g] ? std::optional(static_cast<double>(*grid_.limits[g])) : std::nullopt;
      LawCoverage(within.At(tokens), concentration, grid_.samples, coverage);
      const CostModel& model = *ways_[WayOf(site, g)].model;
      visit(q, g, coverage, ExpectedLawCost(model, prompt, LengthOf(means, site, g)));
    }
  }
}

void LawEvaluator::PredictSite(const LawState& state, size_t site, Prediction& prediction) const {
  const size_t samples = grid_.samples.size();
  const double weight = 1 / static_cast<double>(state.questions.size());
  const bool is_linear = ways_[WayOf(site, 0)].model->IsLinear();
  VisitSite(
      state, site,
      [&](size_t, size_t limit, const std::vector<double>& coverage, const ExpectedLawCost& cost) {
        const size_t column = WayOf(site, limit);
        prediction.work[column] += weight * cost.Work();
        for (size_t i = 0; i < samples; ++i) {
          const size_t allocation = column * samples + i;
          prediction.accuracy[allocation] += weight * coverage[i];
          if (!is_linear) {
            prediction.costs[allocation] += weight * cost.At(static_cast<double>(grid_.samples[i]));
          }
        }
      });
}

LawEvaluator::Prediction LawEvaluator::Predict(const LawState& state) const {
  Prediction prediction;
  prediction.accuracy.assign(Size(), 0);
  prediction.work.resize(sites_.size() * grid_.limits.size());
  const auto is_linear = [](const Way& way) { return way.model->IsLinear(); };
  if (!std::all_of(ways_.begin(), ways_.end(), is_linear)) {
    prediction.costs.resize(Size());
  }
#pragma omp parallel for schedule(dynamic)
  for (size_t site = 0; site < sites_.size(); ++site) {
    PredictSite(state, site, prediction);
  }
  const bool is_finite =
      std::all_of(prediction.accuracy.begin(), prediction.accuracy.end(),
                  [](double accuracy) { return std::isfinite(accuracy); }) &&
      std::all_of(prediction.work.begin(), prediction.work.end(), [](const SampleWork& work) {
        return std::isfinite(work.moments.generated + work.moments.attended);
      });
  if (!is_finite) {
    throw Error("the law predicts accuracies or lengths that are no numbers");
  }
  return prediction;
}

Cost LawEvaluator::CostOf(const Prediction& prediction, size_t allocation) const {
  const Position position = At(allocation);
  const CostModel& model = CostModelAt(position);
  if (!model.IsLinear()) {
    return prediction.costs[allocation];
  }
  return model.CostOf(WorkAt(prediction, position),
                      static_cast<double>(grid_.samples[position.samples]));
}

void LawEvaluator::FillQuestions(Evaluation& evaluation) const {
  const std::vector<Question>& questions = law_.data.questions;
  ExpectCells(Size(), questions.size());
  SetColumns(questions.size(), Size(), evaluation);
  const size_t samples = grid_.samples.size();
#pragma omp parallel for schedule(dynamic)
  for (size_t site = 0; site < sites_.size(); ++site) {
    VisitSite(law_.state, site,
              [&](size_t q, size_t limit, const std::vector<double>& coverage,
                  const ExpectedLawCost& expected) {
                const size_t first = WayOf(site, limit) * samples;
                for (size_t i = 0; i < samples; ++i) {
                  SetCell(q, first + i, coverage[i],
                          expected.At(static_cast<double>(grid_.samples[i])), evaluation);
                }
              });
  }
}

void LawEvaluator::FillServing(Evaluation& evaluation) const {
  const size_t samples = grid_.samples.size();
  const double weight = 1 / static_cast<double>(law_.state.questions.size());
#pragma omp parallel for schedule(dynamic)
  for (size_t w = 0; w < ways_.size(); ++w) {
    const Way& way = ways_[w];
    if (!way.served || std::isinf(BatchOf(way.served->options))) {
      continue;
    }
    const std::vector<LogNormalLength> lengths = LengthsAt(At(w * samples));
    std::vector<ServingSums> sums(samples);
    for (size_t q = 0; q < lengths.size(); ++q) {
      const LogNormalLength& length = lengths[q];
      const std::vector<double> longest = length.MeanLongest(grid_.samples);
      const auto prompt = static_cast<double>(law_.data.questions[q].prompt_tokens);
      const Seconds prefill = way.model->PrefillCost(prompt).seconds;
      for (size_t i = 0; i < samples; ++i) {
        sums[i].tokens += weight * static_cast<double>(grid_.samples[i]) * length.Mean();
        sums[i].longest += weight * longest[i];
        sums[i].prefill += weight * prefill;
      }
    }
    for (size_t i = 0; i < samples; ++i) {
      Allocation& allocation = evaluation.allocations[w * samples + i];
      allocation.serving =
          ServingOf(*way.served, allocation.cost.seconds - sums[i].prefill, sums[i]);
    }
  }
}

Evaluation LawEvaluator::Evaluate(bool with_questions) const {
  Evaluation evaluation = {
      .hardware = hardware_, .roofline = ways_.front().model->GetRoofline(), .notes = notes_};
  Prediction prediction = Predict(law_.state);
  evaluation.allocations.resize(Size());
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < Size(); ++i) {
    const Position position = At(i);
    Allocation& allocation = evaluation.allocations[i];
    allocation.run = position.site;
    allocation.generation_tokens = grid_.limits[position.limit];
    allocation.samples = grid_.samples[position.samples];
    allocation.accuracy = prediction.accuracy[i];
    allocation.cost = CostOf(prediction, i);
    allocation.from_law = true;
  }
  FillServing(evaluation);
  if (with_questions) {
    FillQuestions(evaluation);
  }
  evaluation.extrapolation = [this](size_t i) { return Extrapolation(At(i), SamplesAt(At(i))); };
  evaluation.resample = [this, resampler = std::make_shared<const LawResampler>(*this),
                         accuracy = std::move(prediction.accuracy)](
                            const std::vector<size_t>& allocations, int64_t resamples,
                            uint64_t seed) {
    std::vector<LawAllocation> drawn;
    drawn.reserve(allocations.size());
    for (const size_t i : allocations) {
      drawn.push_back({.position = At(i), .samples = SamplesAt(At(i)), .accuracy = accuracy[i]});
    }
    return resampler->Resample(drawn, resamples, seed);
  };
  std::vector<size_t> fitting;
  for (size_t i = 0; i < Size(); ++i) {
    if (ways_[i / grid_.samples.size()].served) {
      fitting.push_back(i);
    }
  }
  KeepAllocations(fitting, evaluation);
  return evaluation;
}

}  // namespace kinetics
