#include "kinetics/plan/cascade_search.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "kinetics/core/random.h"
#include "kinetics/plan/select.h"
#include "tests/plan/policy_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using test::PolicySetting;
using test::RandomRecords;

struct Stages {
  Eigen::MatrixXd accuracy;
  Eigen::MatrixXd costs;
  std::vector<size_t> runs;
};

/// Some runs of four stages each.
Stages RandomStages(Eigen::Index questions, size_t runs, uint64_t seed) {
  SplitMix64 random(seed);
  const auto columns = static_cast<Eigen::Index>(4 * runs);
  Stages stages = {Eigen::MatrixXd(questions, columns), Eigen::MatrixXd(questions, columns), {}};
  for (Eigen::Index i = 0; i < columns; ++i) {
    stages.runs.push_back(static_cast<size_t>(i) / 4);
    const double price = std::exp2(random.Below(8));
    for (Eigen::Index q = 0; q < questions; ++q) {
      stages.accuracy(q, i) = random.Below(9) / 8.0;
      stages.costs(q, i) = price * (1 + random.Below(100) / 25.0);
    }
  }
  return stages;
}

/// All ordered pairs of different runs, question by question.
std::vector<CascadePair> AllPairs(const Stages& stages) {
  std::vector<CascadePair> pairs;
  const auto questions = static_cast<double>(stages.accuracy.rows());
  for (size_t a = 0; a < stages.runs.size(); ++a) {
    for (size_t b = 0; b < stages.runs.size(); ++b) {
      if (stages.runs[a] == stages.runs[b]) {
        continue;
      }
      CascadePair pair = {.first = a, .second = b};
      const auto i = static_cast<Eigen::Index>(a);
      const auto j = static_cast<Eigen::Index>(b);
      for (Eigen::Index q = 0; q < stages.accuracy.rows(); ++q) {
        const double p1 = stages.accuracy(q, i);
        const double p2 = stages.accuracy(q, j);
        pair.accuracy += (1 - (1 - p1) * (1 - p2)) / questions;
        pair.cost += (stages.costs(q, i) + (1 - p1) * stages.costs(q, j)) / questions;
      }
      pairs.push_back(pair);
    }
  }
  return pairs;
}

TEST_CASE("a cascade costs its second stage where the first fails", "[policy][cascade]") {
  Stages stages = {Eigen::MatrixXd(2, 2), Eigen::MatrixXd(2, 2), {0, 1}};
  stages.accuracy << 0.5, 0.75, 0.25, 1;
  stages.costs << 1, 10, 3, 20;
  const auto found = SearchCascades(stages.accuracy, stages.costs, stages.runs, {});
  REQUIRE(found.size() == 1);
  CHECK(found[0].first == 0);
  // 1 - 0.5 * 0.25 and 1; 1 + 0.5 * 10 and 3 + 0.75 * 20. The other order: 10.25 and 20.
  CHECK(found[0].accuracy == Approx((0.875 + 1) / 2));
  CHECK(found[0].cost == Approx((6 + 18) / 2.0));
}

TEST_CASE("the search finds the best cascade of all ordered pairs", "[policy][cascade][property]") {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    // More stages than one block of the search holds.
    const Stages stages = RandomStages(7, seed % 2 == 0 ? 5 : 40, seed);
    const std::vector<CascadePair> all = AllPairs(stages);
    const double budget = std::exp2(seed % 7);
    const auto best_of = [&](const std::vector<CascadePair>& pairs) {
      double best = 0;
      for (const CascadePair& pair : pairs) {
        best = pair.cost <= budget * (1 + 1e-12) ? std::max(best, pair.accuracy) : best;
      }
      return best;
    };
    const auto cheapest_of = [](const std::vector<CascadePair>& pairs, double accuracy) {
      double cheapest = 1e9;
      for (const CascadePair& pair : pairs) {
        cheapest = pair.accuracy >= accuracy - 1e-12 ? std::min(cheapest, pair.cost) : cheapest;
      }
      return cheapest;
    };
    const auto found = SearchCascades(stages.accuracy, stages.costs, stages.runs,
                                      {.budgets = {budget}, .nearest = 3});
    CHECK(best_of(found) == Approx(best_of(all)).epsilon(1e-13));
    const auto reaching = SearchCascades(stages.accuracy, stages.costs, stages.runs,
                                         {.min_accuracy = 0.8, .nearest = 3});
    CHECK(cheapest_of(reaching, 0.8) == Approx(cheapest_of(all, 0.8)).epsilon(1e-13));
    std::set<std::pair<size_t, size_t>> unique;
    for (const CascadePair& pair : found) {
      CHECK(stages.runs[pair.first] != stages.runs[pair.second]);
      unique.emplace(std::minmax(pair.first, pair.second));
    }
    CHECK(unique.size() == found.size());
  }
}

TEST_CASE("what the search leaves out is dominated and not among the nearest",
          "[policy][cascade][property]") {
  const Stages stages = RandomStages(5, 6, 11);
  const auto found = SearchCascades(stages.accuracy, stages.costs, stages.runs, {.nearest = 4});
  const Eigen::RowVectorXd costs = stages.costs.colwise().mean();
  const Eigen::RowVectorXd accuracies = stages.accuracy.colwise().mean();
  for (const CascadePair& pair : AllPairs(stages)) {
    const auto covers = [&pair](double cost, double accuracy) {
      return cost <= pair.cost + 1e-9 && accuracy >= pair.accuracy - 1e-12;
    };
    bool covered = false;
    for (const CascadePair& other : found) {
      covered = covered || covers(other.cost, other.accuracy);
    }
    for (Eigen::Index i = 0; i < costs.size(); ++i) {
      covered = covered || covers(costs[i], accuracies[i]);
    }
    CHECK(covered);
  }
}

TEST_CASE("a cascade is never worse than its better stage alone at the same budget",
          "[policy][cascade][property]") {
  size_t better = 0;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const PolicySetting setting(
        RandomRecords({"Qwen3-0.6B", "Qwen3-4B", "Qwen3-32B"}, 6, seed, seed % 2 == 0));
    const Evaluation singles = setting.Evaluated({Policy::kCoverage});
    std::vector<Budget> budgets;
    for (const Allocation& allocation : singles.allocations) {
      budgets.push_back({allocation.cost.seconds.value});
    }
    const PlanOptions options = {.budgets = budgets, .bootstrap = 0};
    const Plan alone = MakePlan(singles, setting.runs, options);
    const Plan cascades =
        MakePlan(setting.Evaluated({Policy::kCascade}, options), setting.runs, options);
    for (size_t i = 0; i < budgets.size(); ++i) {
      const PlanRow& cascade = *cascades.choices[i].best;
      const PlanRow& single = *alone.choices[i].best;
      CHECK(cascade.policy == Policy::kCascade);
      CHECK(cascade.accuracy >= single.accuracy - 1e-12);
      better += cascade.accuracy > single.accuracy + 1e-12 ? 1 : 0;
    }
  }
  CHECK(better > 20);  // of some hundred
}

TEST_CASE("a cascade's figures are those of its stages, question by question",
          "[policy][cascade]") {
  const PolicySetting setting(RandomRecords({"Qwen3-0.6B", "Qwen3-8B"}, 4, 5, true));
  const PlanOptions options = {.per_question = true};
  const Evaluation evaluation = setting.Evaluated({Policy::kCoverage, Policy::kCascade}, options);
  size_t cascades = 0;
  for (size_t i = 0; i < evaluation.allocations.size(); ++i) {
    const Allocation& cascade = evaluation.allocations[i];
    if (cascade.policy != Policy::kCascade) {
      continue;
    }
    ++cascades;
    const auto stage = [&](size_t run, int64_t samples) {
      const auto& all = evaluation.allocations;
      return std::find_if(all.begin(), all.end(),
                          [&](const Allocation& a) {
                            return a.policy == Policy::kCoverage && a.run == run &&
                                   a.samples == samples;
                          }) -
             all.begin();
    };
    const Eigen::Index first = stage(cascade.run, cascade.samples);
    const Eigen::Index second = stage(cascade.second->run, cascade.second->samples);
    const auto column = static_cast<Eigen::Index>(i);
    const Eigen::ArrayXd left = 1 - evaluation.accuracy.col(first).array();
    for (const auto matrix : kEvaluationMatrices) {
      const Eigen::MatrixXd& values = evaluation.*matrix;
      CHECK(values.col(column).isApprox(
          (values.col(first).array() + left * values.col(second).array()).matrix(), 1e-12));
    }
    CHECK(cascade.cost.seconds.value == Approx(evaluation.seconds.col(column).mean()));
    CHECK(*cascade.mean_samples ==
          Approx(static_cast<double>(cascade.samples) +
                 left.mean() * static_cast<double>(cascade.second->samples)));
  }
  CHECK(cascades > 0);
}

TEST_CASE("more cascades than can be searched are an error", "[policy][cascade]") {
  const TrialList list = {.question = 0, .tokens = {10}, .solved = 1, .errors = 60'000};
  Records records = {.task = "toy", .questions = {{"0", 100}}};
  records.runs = {{.model = "Qwen3-0.6B", .attention = Attention{}, .trials = {list}},
                  {.model = "Qwen3-8B", .attention = Attention{}, .trials = {list}}};
  CHECK(test::ErrorOf([&] { PolicySetting(records).Evaluated({Policy::kCascade}); }) ==
        "cascades of 120002 allocations are more pairs than can be searched; consider fewer "
        "numbers of samples or of generation tokens");
}

TEST_CASE("a cascade takes as long as both stages where the first always fails",
          "[policy][cascade]") {
  Records records = RandomRecords({"Qwen3-0.6B", "Qwen3-8B"}, 3, 5, false);
  for (Run& run : records.runs) {
    for (TrialList& list : run.trials) {
      list.solved = 0;
    }
  }
  const PolicySetting setting(std::move(records), {.batch = 8, .prefill = true});
  const Evaluation evaluation = setting.Evaluated({Policy::kCoverage, Policy::kCascade});
  const auto single = [&](size_t run, int64_t samples) -> const Allocation& {
    return *std::find_if(evaluation.allocations.begin(), evaluation.allocations.end(),
                         [&](const Allocation& a) { return a.run == run && a.samples == samples; });
  };
  size_t cascades = 0;
  for (const Allocation& cascade : evaluation.allocations) {
    if (!cascade.second) {
      continue;
    }
    CHECK(cascade.run == 0);  // of orders that cost the same, the cheaper stage comes first
    const Allocation& first = single(0, cascade.samples);
    const Allocation& second = single(1, cascade.second->samples);
    CHECK(cascade.serving.latency->value ==
          Approx(first.serving.latency->value + second.serving.latency->value));
    CHECK(cascade.cost.seconds.value ==
          Approx(first.cost.seconds.value + second.cost.seconds.value));
    CHECK(cascade.serving.tokens == Approx(first.serving.tokens + second.serving.tokens));
    ++cascades;
  }
  CHECK(cascades > 0);
}

TEST_CASE("runs that are served in several ways are not paired with themselves",
          "[policy][cascade]") {
  Records records = RandomRecords({"Qwen3-0.6B"}, 3, 5, false);
  PolicySetting setting(std::move(records));
  setting.runs.push_back(setting.runs.front());
  setting.runs[0].deployment = Deployment{.batch = 8};
  setting.runs[1].deployment = Deployment{.batch = 64};
  for (const Allocation& allocation : setting.Evaluated({Policy::kCascade}).allocations) {
    CHECK_FALSE(allocation.second);
  }
}

TEST_CASE("within a limit a cascade has the bounds of its stages", "[policy][cascade]") {
  AllocationGrid grid;
  grid.generation_tokens = CountList{.counts = {4000}};
  const PolicySetting setting(RandomRecords({"Qwen3-0.6B", "Qwen3-8B"}, 4, 7, false), {}, grid);
  const Evaluation evaluation = setting.Evaluated({Policy::kCascade});
  const Allocation& cascade = evaluation.allocations.back();
  REQUIRE(cascade.second);
  // The bound again, from the records.
  double upper = 0;
  for (size_t q = 0; q < 4; ++q) {
    double missed = 1;
    for (const auto& [run, samples] : {std::pair(cascade.run, cascade.samples),
                                       std::pair(cascade.second->run, cascade.second->samples)}) {
      const TrialList& list = setting.records.runs[run].trials[q];
      const auto longer = std::count_if(list.tokens.begin(), list.tokens.end(),
                                        [](int64_t tokens) { return tokens > 4000; });
      const auto trials = static_cast<int64_t>(list.tokens.size());
      const int64_t wrong = trials + list.errors - std::min(list.solved, trials - longer);
      for (int64_t i = 0; i < samples; ++i) {
        missed *= static_cast<double>(std::max<int64_t>(wrong - i, 0)) /
                  static_cast<double>(trials + list.errors - i);
      }
    }
    upper += (1 - missed) / 4;
  }
  CHECK(*cascade.accuracy_upper == Approx(upper));
  CHECK(*cascade.accuracy_upper > cascade.accuracy);
}

}  // namespace
}  // namespace kinetics
