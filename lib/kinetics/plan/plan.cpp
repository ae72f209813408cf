#include "kinetics/plan/plan.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "kinetics/plan/bootstrap.h"
#include "kinetics/plan/chances.h"
#include "kinetics/plan/frontier.h"

namespace kinetics {
namespace {

constexpr size_t kMostRivals = 5;

/// Makes a plan of one evaluation; methods share its inputs.
class Planner {
 public:
  Planner(const Evaluation& evaluation, const std::vector<PlannedRun>& runs,
          const PlanOptions& options)
      : evaluation_(evaluation), runs_(runs), options_(options) {
    offers_.reserve(evaluation.allocations.size());
    for (const Allocation& allocation : evaluation.allocations) {
      offers_.push_back(
          {Measure(allocation.cost, options.Unit(), evaluation.rates), allocation.accuracy});
    }
    frontier_ = ParetoFrontier(offers_, [this](size_t a, size_t b) { return Precedes(a, b); });
  }

  std::vector<PlanRow> Frontier() const {
    const auto largest =
        std::max_element(options_.budgets.begin(), options_.budgets.end(),
                         [](const Budget& a, const Budget& b) { return a.value < b.value; });
    std::vector<size_t> within;
    for (const size_t i : frontier_) {
      if (largest == options_.budgets.end() || offers_[i].cost <= largest->value) {
        within.push_back(i);
      }
    }
    return Rows(within);
  }

  /// The ends of the whole frontier; nothing without allocations.
  double LowestCost() const { return frontier_.empty() ? 0 : offers_[frontier_.front()].cost; }
  double HighestAccuracy() const {
    return frontier_.empty() ? 0 : offers_[frontier_.back()].accuracy;
  }

  std::vector<PlanRow> All() const {
    std::vector<size_t> all(offers_.size());
    std::iota(all.begin(), all.end(), size_t{0});
    // Draws of so many predictions would take longer than all the rest.
    return evaluation_.resample ? Rows(all, {}) : Rows(all);
  }

  Choice Choose(std::optional<Budget> budget) const {
    Choice choice = {.budget = budget};
    const auto fits = [&](size_t i) {
      return (!budget || offers_[i].cost <= budget->value) && Reaches(i);
    };
    std::optional<size_t> best;
    for (const size_t i : frontier_) {
      if (fits(i) && !(best && options_.min_accuracy)) {
        best = i;
      }
    }
    if (!best) {
      return choice;
    }
    std::vector<size_t> ranked = {*best};
    for (const size_t i : NearestTo(*best, fits)) {
      ranked.push_back(i);
    }
    const Eigen::MatrixXd means = Resample(ranked);
    std::vector<PlanRow> rows = Rows(ranked, means);
    if (options_.candidates > 0) {
      FillChances(means, rows);
    }
    choice.best = rows.front();
    choice.rivals = Rivals(rows, means);
    if (options_.candidates > 0) {
      choice.candidates = std::move(rows);
    }
    return choice;
  }

 private:
  bool Reaches(size_t i) const {
    return !options_.min_accuracy || offers_[i].accuracy >= *options_.min_accuracy - kSameAccuracy;
  }

  static int64_t AllSamples(const Allocation& allocation) {
    return allocation.samples + (allocation.second ? allocation.second->samples : 0);
  }

  auto SecondKey(const Allocation& allocation) const {
    const Run* run = allocation.second ? runs_[allocation.second->run].run : nullptr;
    return std::make_tuple(run ? run->model : "", run ? run->attention : std::nullopt,
                           run ? run->variant : std::nullopt,
                           run ? allocation.second->generation_tokens : std::nullopt,
                           run ? allocation.second->samples : 0);
  }

  /// Fewer samples, then fewer parameters, then name; the rest makes the order total.
  bool Precedes(size_t a, size_t b) const {
    const auto key = [this](size_t i) {
      const Allocation& allocation = evaluation_.allocations[i];
      const PlannedRun& planned = runs_[allocation.run];
      return std::make_tuple(AllSamples(allocation), planned.model.active.all, planned.run->model,
                             planned.run->attention, planned.run->variant,
                             allocation.generation_tokens, allocation.serving.gpus,
                             allocation.serving.batch, allocation.policy, SecondKey(allocation));
    };
    return key(a) < key(b);
  }

  /// The allocations that fit, without `best`, nearest first: in accuracy, or in cost where an
  /// accuracy is asked for.
  template <typename Fits>
  std::vector<size_t> NearestTo(size_t best, const Fits& fits) const {
    std::vector<size_t> near;
    for (size_t i = 0; i < offers_.size(); ++i) {
      if (i != best && fits(i)) {
        near.push_back(i);
      }
    }
    const auto nearer = [this](size_t a, size_t b) { return IsNearer(a, b); };
    KeepOneOfEachCurve(best, near);
    const size_t wanted = std::max(kMostRivals, std::max<size_t>(options_.candidates, 1) - 1);
    const size_t kept = std::min(near.size(), wanted);
    std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(kept), near.end(),
                      nearer);
    near.resize(kept);
    return near;
  }

  bool IsNearer(size_t a, size_t b) const {
    const Offer& x = offers_[a];
    const Offer& y = offers_[b];
    const auto better = std::make_tuple(-x.accuracy, x.cost) < std::make_tuple(-y.accuracy, y.cost);
    const auto cheaper =
        std::make_tuple(x.cost, -x.accuracy) < std::make_tuple(y.cost, -y.accuracy);
    if (x.accuracy == y.accuracy && x.cost == y.cost) {
      return Precedes(a, b);
    }
    return options_.min_accuracy ? cheaper : better;
  }

  /// Of adaptive allocations of one run under one limit only the nearest is a rival: the others
  /// differ from it by a sample of some question. The best has its own among them.
  void KeepOneOfEachCurve(size_t best, std::vector<size_t>& near) const {
    const auto is_adaptive = [this](size_t i) {
      return evaluation_.allocations[i].policy == Policy::kAdaptive;
    };
    const auto curve_of = [this](size_t i) {
      const Allocation& allocation = evaluation_.allocations[i];
      return std::make_pair(allocation.run, allocation.generation_tokens);
    };
    std::map<std::pair<size_t, std::optional<int64_t>>, size_t> nearest;
    if (is_adaptive(best)) {
      nearest[curve_of(best)] = best;
    }
    for (const size_t i : near) {
      if (is_adaptive(i)) {
        const auto [found, is_first] = nearest.emplace(curve_of(i), i);
        if (!is_first && found->second != best && IsNearer(i, found->second)) {
          found->second = i;
        }
      }
    }
    std::erase_if(near, [&](size_t i) { return is_adaptive(i) && nearest.at(curve_of(i)) != i; });
  }

  /// Means of the allocations' accuracies over resamples; empty where there are none.
  Eigen::MatrixXd Resample(const std::vector<size_t>& allocations) const {
    if (options_.bootstrap == 0 || allocations.empty()) {
      return {};
    }
    if (evaluation_.resample) {
      return evaluation_.resample(allocations, options_.bootstrap, options_.seed);
    }
    Eigen::MatrixXd columns(evaluation_.accuracy.rows(),
                            static_cast<Eigen::Index>(allocations.size()));
    for (size_t i = 0; i < allocations.size(); ++i) {
      columns.col(static_cast<Eigen::Index>(i)) =
          evaluation_.accuracy.col(static_cast<Eigen::Index>(allocations[i]));
    }
    return BootstrapMeans(columns, options_.bootstrap, options_.seed);
  }

  std::vector<PlanRow> Rows(const std::vector<size_t>& allocations) const {
    return Rows(allocations, Resample(allocations));
  }

  /// `means`: of these allocations, from Resample.
  std::vector<PlanRow> Rows(const std::vector<size_t>& allocations,
                            const Eigen::MatrixXd& means) const {
    std::vector<PlanRow> rows;
    rows.reserve(allocations.size());
    for (size_t i = 0; i < allocations.size(); ++i) {
      rows.push_back(Row(allocations[i]));
      if (means.size() > 0) {
        rows.back().accuracy_interval = PercentileInterval(means.col(static_cast<Eigen::Index>(i)));
      }
    }
    return rows;
  }

  bool IsServed(const Allocation& allocation) const {
    return runs_[allocation.run].price ||
           (allocation.second && runs_[allocation.second->run].price);
  }

  /// Of device time and a bill; where some is billed, no more than usd is known of the whole.
  Spend SpendOn(Seconds seconds, double billed_usd, bool is_served) const {
    const Spend on_device = SpendOf(seconds, evaluation_.rates);
    if (!is_served) {
      return on_device;
    }
    if (seconds.value == 0) {
      return {.usd = billed_usd};
    }
    return {.usd = on_device.usd ? std::optional(billed_usd + *on_device.usd) : std::nullopt};
  }

  PlanRow Row(size_t index) const {
    const Allocation& allocation = evaluation_.allocations[index];
    const Run& run = *runs_[allocation.run].run;
    const bool is_served = IsServed(allocation);
    PlanRow row = {
        .model = run.model,
        .variant = run.variant,
        .attention = run.attention,
        .generation_tokens = allocation.generation_tokens,
        .samples = allocation.samples,
        .policy = allocation.policy,
        .mean_samples = allocation.mean_samples.value_or(static_cast<double>(allocation.samples)),
        .accuracy = allocation.accuracy,
        .cost = allocation.cost,
        .spend = SpendOn(allocation.cost.seconds, allocation.cost.billed_usd, is_served),
        .serving = allocation.serving,
        .is_served = is_served,
        .from_law = allocation.from_law};
    if (allocation.second) {
      const Run& second = *runs_[allocation.second->run].run;
      row.second = PlanStage{.model = second.model,
                             .variant = second.variant,
                             .attention = second.attention,
                             .generation_tokens = allocation.second->generation_tokens,
                             .samples = allocation.second->samples,
                             .serving = allocation.second->serving,
                             .is_served = runs_[allocation.second->run].price.has_value()};
    }
    if (allocation.from_law) {
      row.extrapolation = evaluation_.extrapolation(index);
    }
    if (allocation.accuracy_upper) {
      row.accuracy_bound = Interval{allocation.accuracy, *allocation.accuracy_upper};
    }
    const Eigen::Index questions = options_.per_question ? evaluation_.accuracy.rows() : 0;
    const auto column = static_cast<Eigen::Index>(index);
    for (Eigen::Index q = 0; q < questions; ++q) {
      const Seconds seconds = {evaluation_.seconds(q, column)};
      row.questions.push_back(
          {.accuracy = evaluation_.accuracy(q, column),
           .seconds = seconds,
           .flops = {evaluation_.flops(q, column)},
           .bytes = {evaluation_.bytes(q, column)},
           .eflops = seconds * evaluation_.roofline.peak,
           .spend = SpendOn(seconds, evaluation_.billed_usd(q, column), is_served)});
    }
    return row;
  }

  void FillChances(const Eigen::MatrixXd& means, std::vector<PlanRow>& rows) const {
    if (means.size() == 0) {
      return;
    }
    std::vector<double> costs;
    costs.reserve(rows.size());
    for (const PlanRow& row : rows) {
      costs.push_back(Measure(row, options_.Unit()));
    }
    const std::vector<double> chances = options_.min_accuracy
                                            ? ChancesToSuffice(means, costs, *options_.min_accuracy)
                                            : ChancesToLead(means);
    for (size_t i = 0; i < rows.size(); ++i) {
      rows[i].chance_best = chances[i];
    }
  }

  /// `rows` and the columns of `means`: the best and then its rivals.
  static std::vector<Rival> Rivals(const std::vector<PlanRow>& rows, const Eigen::MatrixXd& means) {
    std::vector<Rival> rivals;
    for (size_t i = 1; i < std::min(rows.size(), kMostRivals + 1); ++i) {
      Rival rival = {.row = rows[i], .difference = rows[0].accuracy - rows[i].accuracy};
      if (means.size() > 0) {
        const Eigen::VectorXd difference = means.col(0) - means.col(static_cast<Eigen::Index>(i));
        rival.difference_interval = PercentileInterval(difference);
        rival.wins = (difference.array() < -kSameAccuracy).cast<double>().mean();
      }
      rivals.push_back(std::move(rival));
    }
    return rivals;
  }

  const Evaluation& evaluation_;
  const std::vector<PlannedRun>& runs_;
  const PlanOptions& options_;
  std::vector<Offer> offers_;
  std::vector<size_t> frontier_;
};

}  // namespace

bool IsUpperBound(const PlanRow& row) { return NeedsHindsight(row.policy) && !row.from_law; }

double Measure(const PlanRow& row, CostUnit unit) {
  return IsSpend(unit) ? Measure(row.spend, unit) : Measure(row.cost, unit, {});
}

Plan MakePlan(const Evaluation& evaluation, const std::vector<PlannedRun>& runs,
              const PlanOptions& options) {
  const Planner planner(evaluation, runs, options);
  Plan plan = {.hardware = evaluation.hardware,
               .roofline = evaluation.roofline,
               .rates = evaluation.rates,
               .lowest_cost = planner.LowestCost(),
               .highest_accuracy = planner.HighestAccuracy()};
  for (const Budget& budget : options.budgets) {
    plan.choices.push_back(planner.Choose(budget));
  }
  if (options.budgets.empty()) {
    plan.choices.push_back(planner.Choose(std::nullopt));
  }
  plan.frontier = planner.Frontier();
  if (options.all_allocations) {
    plan.allocations = planner.All();
  }
  return plan;
}

}  // namespace kinetics
