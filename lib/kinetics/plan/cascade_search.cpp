#include "kinetics/plan/cascade_search.h"

#include <algorithm>
#include <limits>
#include <map>

#include "kinetics/plan/frontier.h"

namespace kinetics {
namespace {

/// Pairs that no other dominates, ascending in cost and accuracy.
class ParetoPairs {
 public:
  void Offer(const CascadePair& pair) {
    const auto after =
        std::upper_bound(pairs_.begin(), pairs_.end(), pair.cost,
                         [](double cost, const CascadePair& other) { return cost < other.cost; });
    if (after != pairs_.begin() && std::prev(after)->accuracy >= pair.accuracy) {
      return;
    }
    // What costs as much is less accurate, as is what costs more up to the first that is not.
    auto begin = after;
    while (begin != pairs_.begin() && std::prev(begin)->cost == pair.cost) {
      --begin;
    }
    const auto end = std::find_if(after, pairs_.end(), [&pair](const CascadePair& other) {
      return other.accuracy > pair.accuracy;
    });
    pairs_.insert(pairs_.erase(begin, end), pair);
  }

  const std::vector<CascadePair>& Pairs() const { return pairs_; }

 private:
  std::vector<CascadePair> pairs_;
};

/// The pairs nearest to the best under one budget.
class NearestPairs {
 public:
  NearestPairs(double budget, const CascadeSearchOptions& options)
      // The means of what is kept are summed again, in another order.
      : budget_(budget * (1 + kSlack)),
        least_(options.min_accuracy.value_or(0) - kSameAccuracy),
        by_cost_(options.min_accuracy.has_value()),
        most_(options.nearest) {}

  void Offer(const CascadePair& pair) {
    if (pair.cost > budget_ || pair.accuracy < least_ ||
        (pairs_.size() == most_ && !IsNearer(pair, pairs_.back()))) {
      return;
    }
    const auto place =
        std::find_if(pairs_.begin(), pairs_.end(),
                     [this, &pair](const CascadePair& other) { return IsNearer(pair, other); });
    pairs_.insert(place, pair);
    if (pairs_.size() > most_) {
      pairs_.pop_back();
    }
  }

  const std::vector<CascadePair>& Pairs() const { return pairs_; }

 private:
  static constexpr double kSlack = 1e-12;

  bool IsNearer(const CascadePair& a, const CascadePair& b) const {
    if (by_cost_) {
      return a.cost < b.cost || (a.cost == b.cost && a.accuracy > b.accuracy);
    }
    return a.accuracy > b.accuracy || (a.accuracy == b.accuracy && a.cost < b.cost);
  }

  double budget_;
  double least_;
  bool by_cost_;
  size_t most_;
  std::vector<CascadePair> pairs_;
};

/// Looks through all pairs; methods share its inputs.
class CascadeSearcher {
 public:
  CascadeSearcher(const Eigen::MatrixXd& accuracy, const Eigen::MatrixXd& costs,
                  const std::vector<size_t>& runs, const CascadeSearchOptions& options)
      : miss_(1 - accuracy.array()),
        costs_(costs),
        runs_(runs),
        mean_costs_(costs.colwise().mean()) {
    const Eigen::RowVectorXd means = accuracy.colwise().mean();
    for (size_t i = 0; i < runs.size(); ++i) {
      const auto column = static_cast<Eigen::Index>(i);
      pareto_.Offer(
          {.first = i, .second = i, .cost = mean_costs_[column], .accuracy = means[column]});
    }
    for (const double budget : options.budgets) {
      nearest_.emplace_back(budget, options);
    }
    if (options.budgets.empty()) {
      nearest_.emplace_back(std::numeric_limits<double>::max(), options);
    }
  }

  void Search() {
    constexpr Eigen::Index kBlock = 64;
    for (Eigen::Index begin = 0; begin < miss_.cols(); begin += kBlock) {
      SearchBlock(begin, std::min(kBlock, miss_.cols() - begin));
    }
  }

  std::vector<CascadePair> Found() const {
    std::map<std::pair<size_t, size_t>, CascadePair> found;
    const auto add = [&found](const std::vector<CascadePair>& pairs) {
      for (const CascadePair& pair : pairs) {
        if (pair.first != pair.second) {
          found.emplace(std::make_pair(pair.first, pair.second), pair);
        }
      }
    };
    add(pareto_.Pairs());
    for (const NearestPairs& nearest : nearest_) {
      add(nearest.Pairs());
    }
    std::vector<CascadePair> pairs;
    pairs.reserve(found.size());
    for (const auto& entry : found) {
      pairs.push_back(entry.second);
    }
    return pairs;
  }

 private:
  /// Pairs of the `rows` stages from `begin` on with each other and with all later ones.
  void SearchBlock(Eigen::Index begin, Eigen::Index rows) {
    const Eigen::Index later = miss_.cols() - begin;
    const double weight = 1 / static_cast<double>(miss_.rows());
    const auto block_miss = miss_.middleCols(begin, rows).transpose();
    const auto block_costs = costs_.middleCols(begin, rows).transpose();
    both_miss_.noalias() = weight * block_miss * miss_.rightCols(later);
    cost_after_.noalias() = weight * block_miss * costs_.rightCols(later);
    cost_before_.noalias() = weight * block_costs * miss_.rightCols(later);
    for (Eigen::Index j = 0; j < later; ++j) {
      for (Eigen::Index i = 0; i < std::min(rows, j); ++i) {
        OfferPair(begin, i, j);
      }
    }
  }

  void OfferPair(Eigen::Index begin, Eigen::Index i, Eigen::Index j) {
    const auto a = static_cast<size_t>(begin + i);
    const auto b = static_cast<size_t>(begin + j);
    if (runs_[a] == runs_[b]) {
      return;
    }
    const double a_first = mean_costs_[begin + i] + cost_after_(i, j);
    const double b_first = mean_costs_[begin + j] + cost_before_(i, j);
    const bool in_order = a_first < b_first ||
                          (a_first == b_first && mean_costs_[begin + i] <= mean_costs_[begin + j]);
    const CascadePair pair = {.first = in_order ? a : b,
                              .second = in_order ? b : a,
                              .cost = in_order ? a_first : b_first,
                              .accuracy = 1 - both_miss_(i, j)};
    pareto_.Offer(pair);
    for (NearestPairs& nearest : nearest_) {
      nearest.Offer(pair);
    }
  }

  Eigen::MatrixXd miss_;
  const Eigen::MatrixXd& costs_;
  const std::vector<size_t>& runs_;
  Eigen::RowVectorXd mean_costs_;
  ParetoPairs pareto_;
  std::vector<NearestPairs> nearest_;
  // Of one block with all later stages: the chance that both are wrong, what the later one costs
  // where the block's is wrong, and the reverse.
  Eigen::MatrixXd both_miss_;
  Eigen::MatrixXd cost_after_;
  Eigen::MatrixXd cost_before_;
};

}  // namespace

std::vector<CascadePair> SearchCascades(const Eigen::MatrixXd& accuracy,
                                        const Eigen::MatrixXd& costs,
                                        const std::vector<size_t>& runs,
                                        const CascadeSearchOptions& options) {
  CascadeSearcher searcher(accuracy, costs, runs, options);
  searcher.Search();
  return searcher.Found();
}

}  // namespace kinetics
