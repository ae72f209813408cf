#include "kinetics/plan/oracle.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "kinetics/plan/frontier.h"

namespace kinetics {
namespace {

constexpr int kGridPoints = 30;

/// Answers oracle questions about one evaluation; methods share its inputs.
class Oracle {
 public:
  Oracle(const Evaluation& evaluation, const std::vector<PlannedRun>& runs,
         const Roofline& roofline, const PlanOptions& options)
      : evaluation_(evaluation), options_(options) {
    const CostUnit unit =
        options.budgets.empty() ? CostUnit::kSeconds : options.budgets.front().unit;
    const double scale = unit == CostUnit::kEflops ? roofline.peak.value : 1;
    cost_ = scale * (unit == CostUnit::kFlops ? evaluation.flops : evaluation.seconds);
    for (size_t i = 0; i < evaluation.allocations.size(); ++i) {
      by_model_[runs[evaluation.allocations[i].run].run->model].push_back(
          static_cast<Eigen::Index>(i));
    }
  }

  /// The most accurate model; of equals the one that spends less.
  OracleRow At(const Budget& budget) const {
    OracleRow best = {.budget = budget};
    Eigen::MatrixXd best_accuracy;
    for (const auto& [model, allocations] : by_model_) {
      Eigen::VectorXd accuracy = Eigen::VectorXd::Zero(cost_.rows());
      double seconds = 0;
      bool any_fits = false;
      for (Eigen::Index q = 0; q < cost_.rows(); ++q) {
        if (const auto chosen = BestFor(q, allocations, budget.value)) {
          any_fits = true;
          accuracy[q] = evaluation_.accuracy(q, *chosen);
          seconds += evaluation_.seconds(q, *chosen);
        }
      }
      const OracleRow row = {.budget = budget,
                             .model = model,
                             .accuracy = accuracy.mean(),
                             .seconds = {seconds / static_cast<double>(cost_.rows())}};
      if (any_fits && (!best.model || IsBetter(row, best))) {
        best = row;
        best_accuracy = accuracy;
      }
    }
    if (best.model && options_.bootstrap > 0) {
      const Eigen::MatrixXd means =
          BootstrapMeans(best_accuracy, options_.bootstrap, options_.seed);
      best.accuracy_interval = PercentileInterval(means.col(0));
    }
    return best;
  }

  /// The smallest budget, among the costs at which a question's choice can change, that reaches the
  /// accuracy: accuracy never falls as the budget grows, so a binary search finds it.
  std::optional<OracleRow> CheapestReaching(double accuracy, std::optional<Budget> limit) const {
    std::vector<double> steps(cost_.data(), cost_.data() + cost_.size());
    std::sort(steps.begin(), steps.end());
    const auto reaches = [&](double step) {
      return At({.value = step, .unit = Unit()}).accuracy >= accuracy - kSameAccuracy;
    };
    const auto step =
        std::partition_point(steps.begin(), steps.end(), [&](double s) { return !reaches(s); });
    if (step == steps.end() || (limit && *step > limit->value)) {
      return std::nullopt;
    }
    return At({.value = *step, .unit = Unit()});
  }

  /// Log-spaced from the cheapest allocation's mean cost to the dearest's.
  std::vector<Budget> DefaultGrid() const {
    const Eigen::RowVectorXd means = cost_.colwise().mean();
    const double first = means.minCoeff();
    const double last = means.maxCoeff();
    std::vector<Budget> grid;
    if (!(first > 0) || first == last) {
      return {{.value = last, .unit = Unit()}};
    }
    for (int i = 0; i < kGridPoints; ++i) {
      const double share = static_cast<double>(i) / (kGridPoints - 1);
      grid.push_back({.value = first * std::pow(last / first, share), .unit = Unit()});
    }
    grid.back().value = last;  // pow rounds; the end is exact
    return grid;
  }

 private:
  CostUnit Unit() const {
    return options_.budgets.empty() ? CostUnit::kSeconds : options_.budgets.front().unit;
  }

  std::optional<Eigen::Index> BestFor(Eigen::Index question,
                                      const std::vector<Eigen::Index>& allocations,
                                      double budget) const {
    std::optional<Eigen::Index> best;
    for (const Eigen::Index i : allocations) {
      if (cost_(question, i) > budget) {
        continue;
      }
      const double gain =
          best ? evaluation_.accuracy(question, i) - evaluation_.accuracy(question, *best) : 1;
      if (gain > kSameAccuracy ||
          (gain >= -kSameAccuracy && cost_(question, i) < cost_(question, *best))) {
        best = i;
      }
    }
    return best;
  }

  static bool IsBetter(const OracleRow& a, const OracleRow& b) {
    return a.accuracy > b.accuracy + kSameAccuracy ||
           (a.accuracy >= b.accuracy - kSameAccuracy && a.seconds < b.seconds);
  }

  const Evaluation& evaluation_;
  const PlanOptions& options_;
  Eigen::MatrixXd cost_;  // questions x allocations, in the budgets' unit
  std::map<std::string, std::vector<Eigen::Index>> by_model_;
};

}  // namespace

OraclePlan MakeOraclePlan(const Evaluation& evaluation, const std::vector<PlannedRun>& runs,
                          const Hardware& hardware, const Roofline& roofline,
                          const PlanOptions& options) {
  const Oracle oracle(evaluation, runs, roofline, options);
  OraclePlan plan = {.hardware = hardware.name, .roofline = roofline};
  if (options.min_accuracy) {
    const std::vector<std::optional<Budget>> unlimited = {std::nullopt};
    const auto limits =
        options.budgets.empty()
            ? unlimited
            : std::vector<std::optional<Budget>>(options.budgets.begin(), options.budgets.end());
    for (const auto& limit : limits) {
      if (const auto row = oracle.CheapestReaching(*options.min_accuracy, limit)) {
        plan.rows.push_back(*row);
      }
    }
  } else {
    for (const Budget& budget : options.budgets.empty() ? oracle.DefaultGrid() : options.budgets) {
      plan.rows.push_back(oracle.At(budget));
    }
  }
  for (const OracleRow& row : plan.rows) {
    if (row.model && (!plan.best || row.accuracy > plan.best->accuracy + kSameAccuracy)) {
      plan.best = row;
    }
  }
  return plan;
}

}  // namespace kinetics
