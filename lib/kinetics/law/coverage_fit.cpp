#include "kinetics/law/coverage_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <iterator>
#include <map>
#include <utility>

#include "kinetics/core/error.h"
#include "kinetics/core/resample.h"
#include "kinetics/core/text.h"
#include "kinetics/law/coverage_laws.h"
#include "kinetics/law/coverage_warnings.h"
#include "kinetics/law/scaled_beta_binomial.h"

namespace kinetics {
namespace {

using Eigen::VectorXd;

constexpr size_t kParameters = 10;
using LawValues = std::array<std::optional<double>, kParameters>;

/// The parameters of all laws in the order of FittedLaws.
LawValues Flatten(const CoverageLaws& laws) {
  LawValues values;
  if (laws.log_log) {
    values[0] = laws.log_log->exponent;
    values[1] = laws.log_log->log_prefactor;
  }
  if (laws.exponential_power) {
    values[2] = laws.exponential_power->a;
    values[3] = laws.exponential_power->b;
  }
  if (laws.beta_binomial) {
    values[4] = laws.beta_binomial->alpha;
    values[5] = laws.beta_binomial->beta;
  }
  if (laws.scaled_beta_binomial) {
    values[6] = laws.scaled_beta_binomial->law.alpha;
    values[7] = laws.scaled_beta_binomial->law.beta;
    values[8] = laws.scaled_beta_binomial->scale;
    values[9] = laws.scaled_beta_binomial->implied_exponent;
  }
  return values;
}

/// The laws without standard errors and intervals.
std::vector<FittedLaw> FittedLaws(const CoverageLaws& laws, const CoverageData& data) {
  const LawValues values = Flatten(laws);
  size_t next = 0;
  const auto parameter = [&](std::string_view name) {
    const std::optional<double> value = values[next++];
    return FittedParameter{name, value ? std::optional(Estimate{.value = *value}) : std::nullopt};
  };
  const auto value_of = [](const auto& law, auto member) {
    return law ? std::optional((*law).*member) : std::nullopt;
  };
  std::vector<FittedLaw> fitted(4);
  fitted[0] = {"log_log", {parameter("exponent"), parameter("log_prefactor")}, {}, 0};
  fitted[1] = {"exponential_power", {parameter("a"), parameter("b")}, {}, data.k.size()};
  fitted[2] = {"beta_binomial", {parameter("alpha"), parameter("beta")}, {}, data.term_of.size()};
  fitted[3] = {
      "scaled_beta_binomial",
      {parameter("alpha"), parameter("beta"), parameter("scale"), parameter("implied_exponent")},
      {},
      data.term_of.size()};
  fitted[0].points = laws.log_log ? static_cast<size_t>(laws.log_log->points) : 0;
  fitted[0].objective = {"sum_of_squares", value_of(laws.log_log, &LogLogLaw::sum_of_squares)};
  fitted[1].objective = {"sum_of_squares",
                         value_of(laws.exponential_power, &ExponentialPowerLaw::sum_of_squares)};
  constexpr const char* kLoss = "negative_log_likelihood";
  const auto& scaled = laws.scaled_beta_binomial;
  fitted[2].objective = {kLoss,
                         value_of(laws.beta_binomial, &BetaBinomialLaw::negative_log_likelihood)};
  fitted[3].objective = {
      kLoss, scaled ? std::optional(scaled->law.negative_log_likelihood) : std::nullopt};
  return fitted;
}

/// What the resamples gave.
struct CoverageDraws {
  Eigen::MatrixXd pass_at_k;  // resamples x k
  std::vector<LawValues> parameters;
};

CoverageDraws Bootstrap(const CoverageData& data, const CoverageLaws& point,
                        const CoverageFitOptions& options) {
  const auto problems = static_cast<Eigen::Index>(data.term_of.size());
  const auto weights_of = [&](int64_t resample) {
    return data.Weights(DrawCounts(problems, options.seed, resample));
  };
  CoverageDraws draws = {
      .pass_at_k = Eigen::MatrixXd(options.resamples, data.log_k.size()),
      .parameters = std::vector<LawValues>(static_cast<size_t>(options.resamples))};
  // A resample's scale is that of its largest c / n, of which there are few: what depends on the
  // scale alone is made once for each.
  std::map<double, std::vector<int64_t>> by_scale;
  for (int64_t r = 0; r < options.resamples; ++r) {
    by_scale[data.Scale(weights_of(r))].push_back(r);
  }
  size_t done = 0;
  for (const auto& [scale, members] : by_scale) {
    const ScaledBetaBinomial distribution(data.terms, scale);
    const ScaledCoverage coverage(data.k, scale);
    const ScaledModel scaled = {.scale = scale, .distribution = distribution, .coverage = coverage};
    const auto count = static_cast<int64_t>(members.size());
    const std::vector<int64_t>& resamples = members;
#pragma omp parallel for schedule(dynamic)
    for (int64_t i = 0; i < count; ++i) {
      const int64_t r = resamples[static_cast<size_t>(i)];
      const VectorXd weights = weights_of(r);
      draws.pass_at_k.row(r) = data.Coverage(weights).transpose();
      draws.parameters[static_cast<size_t>(r)] = Flatten(RefitLaws(data, weights, scaled, point));
      if (options.progress) {
#pragma omp critical(kinetics_coverage_progress)
        options.progress(++done, draws.parameters.size());
      }
    }
  }
  return draws;
}

/// Adds standard error and interval where there are two draws at least.
void AddSpread(const VectorXd& draws, Estimate& estimate) {
  if (draws.size() >= 2) {
    estimate.standard_error = StandardDeviation(draws);
    estimate.interval = PercentileInterval(draws);
  }
}

/// Adds the spread of each parameter, and returns for each law how many resamples lack it.
std::vector<int64_t> AddParameterSpreads(const CoverageDraws& draws, std::vector<FittedLaw>& laws) {
  std::vector<int64_t> missing;
  size_t index = 0;
  for (FittedLaw& law : laws) {
    int64_t most_missing = 0;
    for (FittedParameter& parameter : law.parameters) {
      VectorXd values(static_cast<Eigen::Index>(draws.parameters.size()));
      Eigen::Index size = 0;
      for (const LawValues& draw : draws.parameters) {
        if (draw[index]) {
          values[size++] = *draw[index];
        }
      }
      ++index;
      if (parameter.estimate) {
        most_missing = std::max<int64_t>(most_missing, values.size() - size);
        values.conservativeResize(size);
        AddSpread(values, *parameter.estimate);
      }
    }
    missing.push_back(most_missing);
  }
  return missing;
}

}  // namespace

std::vector<int64_t> DefaultK(int64_t n) {
  constexpr std::array<int16_t, 101> kValues = {
      1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   12,   14,   16,   18,   20,
      24,   28,   32,   36,   40,   44,   48,   52,   56,   64,   68,   72,   76,   80,   84,
      88,   92,   96,   100,  105,  110,  115,  120,  125,  130,  135,  140,  145,  150,  156,
      162,  168,  175,  182,  189,  193,  200,  216,  233,  267,  300,  333,  367,  400,  433,
      467,  500,  550,  600,  650,  700,  750,  800,  850,  900,  950,  1000, 1067, 1133, 1200,
      1367, 1500, 1750, 2000, 2333, 2667, 3000, 3333, 3667, 4000, 4333, 4667, 5000, 5333, 5667,
      6000, 6333, 6667, 7000, 7333, 7667, 8000, 8500, 9000, 9500, 10000};
  std::vector<int64_t> k;
  std::copy_if(kValues.begin(), kValues.end(), std::back_inserter(k),
               [n](int64_t value) { return value <= n; });
  return k;
}

void ExpectEnoughSamples(const CountGroup& group, int64_t k) {
  for (const ProblemCount& problem : group.problems) {
    if (problem.n < k) {
      throw Error(fmt::format("{}problem '{}': expected k of at most its {} samples, found {}",
                              group.name ? "group '" + Excerpt(*group.name) + "', " : "",
                              Excerpt(problem.problem), problem.n, k));
    }
  }
}

CoverageFit FitCoverage(const CountGroup& group, const CoverageFitOptions& options) {
  assert(!options.k.empty() && !group.problems.empty());
  ExpectEnoughSamples(group, options.k.back());
  const CoverageData data(group, options.k);
  const VectorXd weights =
      data.Weights(VectorXd::Ones(static_cast<Eigen::Index>(group.problems.size())));
  const CoverageLaws point = FitLaws(data, weights);
  CoverageFit fit = {.group = group.name,
                     .problems = group.problems.size(),
                     .fewest_samples = FewestSamples(group),
                     .most_samples = MostSamples(group),
                     .k = data.k,
                     .laws = FittedLaws(point, data)};
  const VectorXd coverage = data.Coverage(weights);
  fit.pass_at_k.resize(data.k.size());
  for (size_t i = 0; i < data.k.size(); ++i) {
    fit.pass_at_k[i].value = coverage[static_cast<Eigen::Index>(i)];
  }
  fit.warnings = CoverageWarnings(group, data, weights, point);
  // The resamples of one problem are all that problem.
  if (options.resamples > 0 && fit.problems > 1) {
    constexpr size_t kFewProblems = 10;
    if (fit.problems < kFewProblems) {
      fit.warnings.push_back(fmt::format(
          "{} problems: standard errors and intervals of so few are rough", fit.problems));
    }
    const CoverageDraws draws = Bootstrap(data, point, options);
    for (size_t i = 0; i < data.k.size(); ++i) {
      AddSpread(draws.pass_at_k.col(static_cast<Eigen::Index>(i)), fit.pass_at_k[i]);
    }
    const std::vector<int64_t> missing = AddParameterSpreads(draws, fit.laws);
    for (size_t i = 0; i < missing.size(); ++i) {
      if (missing[i] > 0) {
        fit.warnings.push_back(fmt::format(
            "{}: {} of {} resamples have no such fit; errors and intervals are of the others",
            fit.laws[i].name, missing[i], options.resamples));
      }
    }
  }
  return fit;
}

}  // namespace kinetics
