#include "kinetics/plan/growth.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "kinetics/core/error.h"

namespace kinetics {
namespace {

constexpr int kAround = 8;      // budgets to either side of one
constexpr double kReach = 1.5;  // doublings to either side
constexpr double kStep = kReach / kAround;

using Values = std::array<double, kGrowthQuantities>;

/// The best allocations under one set of parameters.
class BestBy {
 public:
  BestBy(const LawEvaluator& evaluator, const LawState& state, CostUnit unit)
      : evaluator_(evaluator), prediction_(evaluator.Predict(state)) {
    offers_.reserve(evaluator.Size());
    for (size_t i = 0; i < evaluator.Size(); ++i) {
      offers_.push_back({Measure(evaluator.CostOf(prediction_, i), unit), prediction_.accuracy[i]});
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

  double Accuracy(size_t allocation) const { return offers_[allocation].accuracy; }

  /// The cheapest cost that reaches a share of the highest accuracy.
  double CostOfShare(double share) const {
    const double wanted = share * offers_[frontier_.back()].accuracy;
    const auto reaches = std::find_if(frontier_.begin(), frontier_.end(),
                                      [&](size_t i) { return offers_[i].accuracy >= wanted; });
    return offers_[*reaches].cost;
  }

  Values ValuesOf(size_t allocation) const {
    const LawEvaluator::Position position = evaluator_.At(allocation);
    const DecodeMoments& moments = evaluator_.MomentsAt(prediction_, position);
    const CostModel& model = evaluator_.GetCostModel(position.site);
    const Cost linear = model.FromTerms(model.TermsOf({.tokens = 1}, 1));
    const Cost attended = model.FromTerms(model.TermsOf({.generated = 1, .attended = 1}, 1));
    const auto samples = static_cast<double>(evaluator_.SamplesAt(position));
    const double kv_budget = moments.attended / moments.tokens;
    return {kv_budget, kv_budget + linear.seconds.value / attended.seconds.value, samples * moments.tokens,
            samples, evaluator_.ParametersAt(position)};
  }

 private:
  const LawEvaluator& evaluator_;
  LawEvaluator::Prediction prediction_;
  std::vector<Offer> offers_;
  std::vector<size_t> frontier_;
};

/// Slopes of the logarithms of all quantities around a budget; nullopt where a smaller budget buys
/// nothing.
std::optional<Values> ElasticitiesAt(const BestBy& best, double budget) {
  Values slopes{};
  double squares = 0;
  for (int i = -kAround; i <= kAround; ++i) {
    const double x = i * kStep * std::log(2.0);
    const std::optional<size_t> allocation = best.Under(budget * std::exp(x));
    if (!allocation) {
      return std::nullopt;
    }
    const Values values = best.ValuesOf(*allocation);
    squares += x * x;
    for (size_t k = 0; k < values.size(); ++k) {
      slopes[k] += x * std::log(values[k]);  // x sums to 0: no mean to take off
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
  double budget = std::exp2(std::ceil(std::log2(best.CostOfShare(kFirst))));
  for (int i = 0; i < kMost && (i == 0 || budget <= last); ++i) {
    budgets.push_back({.value = budget, .unit = unit});
    budget *= 2;
  }
  return budgets;
}

}  // namespace

std::string_view Name(GrowthQuantity quantity) {
  constexpr std::array<std::string_view, kGrowthQuantities> kNames = {
      "kv_budget", "kv_budget_balanced", "tokens", "samples", "parameters"};
  return kNames[static_cast<size_t>(quantity)];
}

Growth MeasureGrowth(const Law& law, const LawEvaluator& evaluator, const GrowthOptions& options) {
  const BestBy best(evaluator, law.state, options.unit);
  const std::vector<Budget> budgets =
      options.budgets.empty() ? DefaultBudgets(best, options.unit) : options.budgets;
  Growth growth;
  for (const Budget& budget : budgets) {
    const std::optional<Values> elasticities = ElasticitiesAt(best, budget.value);
    if (!elasticities) {
      throw Error(
          fmt::format("no allocation fits {:g} {}, from which on growth around {:g} is "
                      "measured; ask for larger budgets",
                      budget.value * std::exp2(-kReach), Name(budget.unit), budget.value));
    }
    const size_t allocation = *best.Under(budget.value);
    const Values values = best.ValuesOf(allocation);
    growth.accuracies.push_back(best.Accuracy(allocation));
    for (size_t k = 0; k < values.size(); ++k) {
      growth.rows.push_back({.budget = budget,
                             .quantity = static_cast<GrowthQuantity>(k),
                             .value = values[k],
                             .elasticity = {.value = (*elasticities)[k]}});
    }
  }
  if (options.draws == 0) {
    return growth;
  }
  const LawPosterior posterior = PosteriorOf(law);
  std::vector<std::vector<double>> draws(growth.rows.size());
  for (int64_t d = 0; d < options.draws; ++d) {
    const LawState state = posterior.Draw(options.seed, static_cast<uint64_t>(d));
    const BestBy of_draw(evaluator, state, options.unit);
    for (size_t b = 0; b < budgets.size(); ++b) {
      // A draw in which a budget buys nothing has no growth there.
      if (const auto elasticities = ElasticitiesAt(of_draw, budgets[b].value)) {
        for (size_t k = 0; k < elasticities->size(); ++k) {
          draws[b * kGrowthQuantities + k].push_back((*elasticities)[k]);
        }
      }
    }
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
