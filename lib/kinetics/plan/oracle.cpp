#include "kinetics/plan/oracle.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "kinetics/plan/bootstrap.h"
#include "kinetics/plan/columns.h"
#include "kinetics/plan/frontier.h"

namespace kinetics {
namespace {

constexpr int kGridPoints = 30;

/// Answers oracle questions about one evaluation; methods share its inputs.
class Oracle {
 public:
  Oracle(const Evaluation& evaluation, const std::vector<PlannedRun>& runs,
         const PlanOptions& options)
      : evaluation_(evaluation), runs_(runs), options_(options) {
    cost_ = CostsIn(evaluation, options.Unit());
    for (size_t i = 0; i < evaluation.allocations.size(); ++i) {
      by_model_[runs[evaluation.allocations[i].run].run->model].push_back(
          static_cast<Eigen::Index>(i));
    }
  }

  /// The row of the best model, with its interval.
  OracleRow At(const Budget& budget) const {
    Choice best = Choose(budget.value);
    best.row.budget = budget;
    best.row.spend = best.row.is_served ? Spend{.usd = best.spent}
                                        : SpendOf(best.row.seconds, evaluation_.rates);
    if (best.row.model && options_.bootstrap > 0) {
      const Eigen::MatrixXd means =
          BootstrapMeans(best.accuracy, options_.bootstrap, options_.seed);
      best.row.accuracy_interval = PercentileInterval(means.col(0));
    }
    return best.row;
  }

  /// The smallest budget, among the costs at which a question's choice can change, that reaches the
  /// accuracy: accuracy never falls as the budget grows, so a binary search finds it.
  std::optional<Budget> CheapestReaching(double accuracy) const {
    std::vector<double> steps(cost_.data(), cost_.data() + cost_.size());
    std::sort(steps.begin(), steps.end());
    const auto step = std::partition_point(steps.begin(), steps.end(), [&](double budget) {
      return Choose(budget).row.accuracy < accuracy - kSameAccuracy;
    });
    return step == steps.end() ? std::nullopt
                               : std::optional<Budget>({.value = *step, .unit = options_.Unit()});
  }

  /// Log-spaced from the cheapest allocation's mean cost to the dearest's; none without
  /// allocations.
  std::vector<Budget> DefaultGrid() const {
    if (cost_.cols() == 0) {
      return {};
    }
    const Eigen::RowVectorXd means = cost_.colwise().mean();
    const double first = means.minCoeff();
    const double last = means.maxCoeff();
    std::vector<Budget> grid;
    if (!(first > 0) || first == last) {
      return {{.value = last, .unit = options_.Unit()}};
    }
    for (int i = 0; i < kGridPoints; ++i) {
      const double share = static_cast<double>(i) / (kGridPoints - 1);
      grid.push_back({.value = first * std::pow(last / first, share), .unit = options_.Unit()});
    }
    grid.back().value = last;  // pow rounds; the end is exact
    return grid;
  }

 private:
  struct Choice {
    double spent = 0;  // in the budgets' unit
    OracleRow row;
    Eigen::MatrixXd accuracy;  // by question
  };

  /// The most accurate model; of equals the one that spends less.
  Choice Choose(double budget) const {
    Choice best;
    for (const auto& [model, allocations] : by_model_) {
      Choice choice = {.row = {}, .accuracy = Eigen::VectorXd::Zero(cost_.rows())};
      for (Eigen::Index q = 0; q < cost_.rows(); ++q) {
        if (const auto chosen = BestFor(q, allocations, budget)) {
          choice.row.model = model;
          choice.row.is_served =
              runs_[evaluation_.allocations[static_cast<size_t>(*chosen)].run].price.has_value();
          choice.accuracy(q, 0) = evaluation_.accuracy(q, *chosen);
          choice.row.seconds += Seconds{evaluation_.seconds(q, *chosen)};
          choice.spent += cost_(q, *chosen);
        }
      }
      choice.row.accuracy = choice.accuracy.mean();
      choice.row.seconds = 1 / static_cast<double>(cost_.rows()) * choice.row.seconds;
      choice.spent /= static_cast<double>(cost_.rows());
      if (choice.row.model && (!best.row.model || IsBetter(choice, best))) {
        best = std::move(choice);
      }
    }
    return best;
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

  static bool IsBetter(const Choice& a, const Choice& b) {
    return a.row.accuracy > b.row.accuracy + kSameAccuracy ||
           (a.row.accuracy >= b.row.accuracy - kSameAccuracy && a.spent < b.spent);
  }

  const Evaluation& evaluation_;
  const std::vector<PlannedRun>& runs_;
  const PlanOptions& options_;
  Eigen::MatrixXd cost_;  // questions x allocations, in the budgets' unit
  std::map<std::string, std::vector<Eigen::Index>> by_model_;
};

}  // namespace

OraclePlan MakeOraclePlan(const Evaluation& evaluation, const std::vector<PlannedRun>& runs,
                          const PlanOptions& options) {
  const Oracle oracle(evaluation, runs, options);
  OraclePlan plan = {
      .hardware = evaluation.hardware, .roofline = evaluation.roofline, .rates = evaluation.rates};
  std::vector<Budget> budgets = options.budgets;
  if (options.min_accuracy) {
    const auto least = oracle.CheapestReaching(*options.min_accuracy);
    if (budgets.empty() && least) {
      budgets = {*least};
    }
    for (const Budget& budget : budgets) {
      const bool fits = least && least->value <= budget.value;
      plan.rows.push_back(fits ? oracle.At(*least) : OracleRow{.budget = budget});
    }
  } else {
    if (budgets.empty()) {
      budgets = oracle.DefaultGrid();
    }
    for (const Budget& budget : budgets) {
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
