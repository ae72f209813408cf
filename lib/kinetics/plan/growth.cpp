#include "kinetics/plan/growth.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace kinetics {
namespace {

constexpr int kAround = 8;      // budgets to either side of one
constexpr double kReach = 1.5;  // doublings to either side
constexpr double kStep = kReach / kAround;

using GrowthValues = std::array<double, kGrowthQuantities>;

/// The best allocations under one set of parameters.
class BestBy {
 public:
  BestBy(const LawEvaluator& evaluator, const LawState& state, const GrowthOptions& options)
      : evaluator_(evaluator), prediction_(evaluator.Predict(state)) {
    offers_.reserve(evaluator.Size());
    for (size_t i = 0; i < evaluator.Size(); ++i) {
      offers_.push_back({Measure(evaluator.CostOf(prediction_, i), options.unit, options.rates),
                         prediction_.accuracy[i]});
    }
    frontier_ = ParetoFrontier(offers_, std::less<>());
  }

  /// The best that fits; nullopt where none does.
  std::optional<size_t> Under(double budget) const {
    const auto after =
        std::upper_bound(frontier_.begin(), frontier_.end(), budget,
                         [this](double limit, size_t i) { return limit < offers_[i].cost; });
    return after == frontier_.begin() ? std::nullopt : std::optional(*std::prev(after));
  }

  /// What the ends of the frontier cost.
  double Cheapest() const { return offers_[frontier_.front()].cost; }
  double Dearest() const { return offers_[frontier_.back()].cost; }

  double Accuracy(size_t allocation) const { return offers_[allocation].accuracy; }

  /// The cheapest cost that reaches a share of the highest accuracy.
  double CostOfShare(double share) const {
    const double wanted = share * offers_[frontier_.back()].accuracy;
    const auto reaches = std::find_if(frontier_.begin(), frontier_.end(),
                                      [&](size_t i) { return offers_[i].accuracy >= wanted; });
    return offers_[*reaches].cost;
  }

  GrowthValues ValuesOf(size_t allocation) const {
    const LawEvaluator::Position position = evaluator_.At(allocation);
    const DecodeMoments& moments = evaluator_.WorkAt(prediction_, position).moments;
    const CostModel& model = evaluator_.CostModelAt(position);
    const Cost linear = model.RooflineCost(model.TermsOf({.tokens = 1}, 1));
    const Cost attended = model.RooflineCost(model.TermsOf({.generated = 1, .attended = 1}, 1));
    const auto samples = static_cast<double>(evaluator_.SamplesAt(position));
    const double kv_budget = moments.attended / moments.tokens;
    return {kv_budget, kv_budget + linear.seconds.value / attended.seconds.value,
            samples * moments.tokens, samples, evaluator_.ParametersAt(position)};
  }

 private:
  const LawEvaluator& evaluator_;
  LawEvaluator::Prediction prediction_;
  std::vector<Offer> offers_;
  std::vector<size_t> frontier_;
};

/// Slopes of the logarithms of all quantities around a budget; nullopt where a smaller budget buys
/// nothing. Budgets are taken in pairs about it: a quantity that is the same at all of them has the
/// slope 0, not the rounding of a sum.
std::optional<GrowthValues> ElasticitiesAt(const BestBy& best, double budget) {
  constexpr double kRounding = 1e-13;  // of what was computed in two ways
  GrowthValues slopes{};
  double squares = 0;
  for (int i = kAround; i > 0; --i) {
    const double x = i * kStep * std::log(2.0);
    const std::optional<size_t> below = best.Under(budget * std::exp(-x));
    if (!below) {
      return std::nullopt;
    }
    const GrowthValues low = best.ValuesOf(*below);
    const GrowthValues high = best.ValuesOf(*best.Under(budget * std::exp(x)));
    squares += 2 * x * x;
    for (size_t k = 0; k < slopes.size(); ++k) {
      const double step = std::log(high[k] / low[k]);
      slopes[k] += std::abs(step) > kRounding ? x * step : 0;
    }
  }
  for (double& slope : slopes) {
    slope /= squares;
  }
  return slopes;
}

std::vector<Budget> DefaultBudgets(const BestBy& best, CostUnit unit) {
  constexpr double kFirst = 0.25;
  constexpr double kLast = 0.98;
  constexpr int kMost = 40;
  const double last = best.CostOfShare(kLast);
  std::vector<Budget> budgets;
  const double first = std::max(best.CostOfShare(kFirst), best.Cheapest() * std::exp2(kReach));
  double budget = std::exp2(std::ceil(std::log2(first)));
  for (int i = 0; i < kMost && (i == 0 || budget <= last); ++i) {
    budgets.push_back({.value = budget, .unit = unit});
    budget *= 2;
  }
  return budgets;
}

/// Says where growth around a budget is that of the grid.
void NoteEnds(const BestBy& best, const Budget& budget, Growth& growth) {
  const double low = budget.value * std::exp2(-kReach);
  const double high = budget.value * std::exp2(kReach);
  if (low < best.Cheapest()) {
    growth.notes.push_back(
        fmt::format("growth around {0:.3g} {1} left out: it is measured from {2:.3g} {1} on, and "
                    "the cheapest allocation costs {3:.3g} {1}",
                    budget.value, Name(budget.unit), low, best.Cheapest()));
  } else if (high > best.Dearest()) {
    growth.notes.push_back(
        fmt::format("growth around {0:.3g} {1} ends with the grid: it is measured up to {2:.3g} "
                    "{1}, and nothing is better than the allocation for {3:.3g} {1}",
                    budget.value, Name(budget.unit), high, best.Dearest()));
  }
}

/// Growth under the law's own parameters, without intervals.
Growth GrowthOf(const BestBy& best, const std::vector<Budget>& budgets) {
  Growth growth;
  for (const Budget& budget : budgets) {
    NoteEnds(best, budget, growth);
    const std::optional<GrowthValues> elasticities = ElasticitiesAt(best, budget.value);
    if (!elasticities) {
      continue;
    }
    const size_t allocation = *best.Under(budget.value);
    const GrowthValues values = best.ValuesOf(allocation);
    growth.accuracies.push_back(best.Accuracy(allocation));
    for (size_t k = 0; k < values.size(); ++k) {
      growth.rows.push_back({.budget = budget,
                             .quantity = static_cast<GrowthQuantity>(k),
                             .value = values[k],
                             .elasticity = {.value = (*elasticities)[k]}});
    }
  }
  return growth;
}

/// Adds each row's elasticity under one draw; one in which a budget buys nothing has none there.
void AddDraw(const BestBy& of_draw, const Growth& growth, std::vector<std::vector<double>>& draws) {
  for (size_t first = 0; first < growth.rows.size(); first += kGrowthQuantities) {
    if (const auto elasticities = ElasticitiesAt(of_draw, growth.rows[first].budget.value)) {
      for (size_t k = 0; k < elasticities->size(); ++k) {
        draws[first + k].push_back((*elasticities)[k]);
      }
    }
  }
}

}  // namespace

std::string_view Name(GrowthQuantity quantity) {
  constexpr std::array<std::string_view, kGrowthQuantities> kNames = {
      "kv_budget", "kv_budget_balanced", "tokens", "samples", "parameters"};
  return kNames[static_cast<size_t>(quantity)];
}

Growth MeasureGrowth(const Law& law, const LawEvaluator& evaluator, const GrowthOptions& options) {
  const BestBy best(evaluator, law.state, options);
  Growth growth = GrowthOf(
      best, options.budgets.empty() ? DefaultBudgets(best, options.unit) : options.budgets);
  if (options.draws == 0 || growth.rows.empty()) {
    return growth;
  }
  const LawPosterior posterior = PosteriorOf(law);
  std::vector<std::vector<double>> draws(growth.rows.size());
  for (int64_t d = 0; d < options.draws; ++d) {
    const LawState state = posterior.Draw(options.seed, static_cast<uint64_t>(d));
    AddDraw(BestBy(evaluator, state, options), growth, draws);
    if (options.progress) {
      options.progress(static_cast<size_t>(d) + 1, static_cast<size_t>(options.draws));
    }
  }
  for (size_t i = 0; i < draws.size(); ++i) {
    if (!draws[i].empty()) {
      const Eigen::VectorXd values = Eigen::Map<const Eigen::VectorXd>(
          draws[i].data(), static_cast<Eigen::Index>(draws[i].size()));
      growth.rows[i].elasticity.standard_error = StandardDeviation(values);
      growth.rows[i].elasticity.interval = PercentileInterval(values);
    }
  }
  return growth;
}

}  // namespace kinetics
