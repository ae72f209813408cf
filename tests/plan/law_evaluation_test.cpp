#include "kinetics/plan/law_evaluation.h"

#include <omp.h>

#include <cmath>

#include "kinetics/io/catalogue.h"
#include "kinetics/plan/combine.h"
#include "tests/plan/law_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using test::BundledLaw;
using test::LawPlan;

/// What recorded runs are evaluated at beside a law.
AllocationGrid BesideLaw(const std::vector<int64_t>& samples,
                         const std::vector<int64_t>& limits = {}) {
  AllocationGrid grid;
  grid.samples = {.counts = samples};
  if (!limits.empty()) {
    grid.generation_tokens = CountList{.counts = limits};
  }
  grid.beside_law = true;
  return grid;
}

double Normal(double z) { return std::erfc(-z / std::sqrt(2.0)) / 2; }

/// E[1 - (1 - P)^k] for P ~ Beta(p K, (1 - p) K), by the trapezoidal rule over ln(P / (1 - P)).
double SlowCoverage(double p, double concentration, double k) {
  const double a = p * concentration;
  const double b = (1 - p) * concentration;
  constexpr int kSteps = 4000;
  const double low = -40 / std::min(a, 1.0);
  const double high = 40 / std::min(b, 1.0);
  double sum = 0;
  double weights = 0;
  for (int i = 0; i <= kSteps; ++i) {
    // Finer where the density lies: cubic in the step.
    const double u = -1 + 2.0 * i / kSteps;
    const double z = std::log(a / b) + u * u * u * (u < 0 ? -low : high);
    const double log_right = -std::log1p(std::exp(-z));
    const double log_wrong = -std::log1p(std::exp(z));
    const double weight = u * u * (u < 0 ? -low : high) *
                          std::exp(a * log_right + b * log_wrong - a * std::log(a / (a + b)) -
                                   b * std::log(b / (a + b)));
    sum += weight * -std::expm1(k * log_wrong);
    weights += weight;
  }
  return sum / weights;
}

/// E[seconds(min(L, limit))] on 4,000 lengths.
double SlowSeconds(const CostModel& model, double prompt, const CellMeans& means, double limit,
                   double samples) {
  constexpr int kSteps = 4000;
  const double s = std::exp(means.log_deviation);
  double sum = 0;
  double weights = 0;
  for (int i = 0; i <= kSteps; ++i) {
    const double z = -8 + 16.0 * i / kSteps;
    const double weight = std::exp(-z * z / 2);
    const double tokens = std::min(limit, std::exp(means.log_length + s * z));
    sum += weight * model.Of(prompt, tokens, samples).seconds.value;
    weights += weight;
  }
  return sum / weights;
}

struct Slow {
  double accuracy = 0;
  double seconds = 0;
};

/// One allocation, question by question.
Slow Evaluate(const Law& law, const Model& model, const std::string& attention,
              std::optional<double> limit, double samples, const CostOptions& options) {
  const CostModel cost(model, ParseAttention(attention), LoadHardware("b200"), options);
  size_t level = 0;
  while (law.data.levels[level].model != model.name) {
    ++level;
  }
  const LawSite site = {
      .attention = ParseAttention(attention),
      .log_size = std::log(static_cast<double>(model.active.without_input_embedding) / 8e9),
      .level = level};
  const LawCurves curves = EvaluateCurves(law.state.shared, site, false);
  constexpr double kRecorded = 30767;
  Slow mean;
  for (size_t q = 0; q < law.state.questions.size(); ++q) {
    const CellMeans means = MeansOf(curves, law.state.questions[q], level);
    const double s = std::exp(means.log_deviation);
    const auto below = [&](double tokens) {
      return Normal((std::log(tokens) - means.log_length) / s);
    };
    double p = 1 / (1 + std::exp(-means.logit));
    p *= limit ? below(*limit) / below(kRecorded) : 1;
    const double share = 1 / static_cast<double>(law.state.questions.size());
    mean.accuracy += share * SlowCoverage(p, std::exp(means.log_concentration), samples);
    mean.seconds +=
        share * SlowSeconds(cost, static_cast<double>(law.data.questions[q].prompt_tokens), means,
                            limit.value_or(kRecorded), samples);
  }
  return mean;
}

TEST_CASE("accuracy and cost of a law are integrals over its distributions", "[plan][law]") {
  for (const Rule rule : {Rule::kAdditive, Rule::kMax}) {
    const CostOptions options = {.rule = rule};
    const LawPlan plan({"Qwen3-1.7B", "Qwen3-14B"}, {"dense", "topk:200", "block_topk:32x16"},
                       {6000, 0}, {1, 7}, options);
    const Evaluation evaluation = plan.Evaluator().Evaluate(false);
    REQUIRE(evaluation.allocations.size() == 24);
    for (const Allocation& allocation : evaluation.allocations) {
      const PlannedRun& site = plan.Sites()[allocation.run];
      const auto tokens = allocation.generation_tokens;
      const Slow slow =
          Evaluate(plan.GetLaw(), site.model, FormatSpec(*site.run->attention),
                   tokens ? std::optional(static_cast<double>(*tokens)) : std::nullopt,
                   static_cast<double>(allocation.samples), options);
      INFO(site.model.name << " " << FormatSpec(*site.run->attention) << " " << allocation.samples);
      CHECK(allocation.from_law);
      CHECK(allocation.accuracy == Approx(slow.accuracy).margin(5e-4));  // the trapezoidal rule
      // In closed form, but under perfect overlap by quadrature.
      CHECK(allocation.cost.seconds.value ==
            Approx(slow.seconds).epsilon(rule == Rule::kMax ? 3e-3 : 1e-4));
    }
  }
}

TEST_CASE("questions average to the allocation, in accuracy and in cost", "[plan][law]") {
  for (const CostOptions& options : {CostOptions{}, CostOptions{.rule = Rule::kMax},
                                     CostOptions{.convention = Convention::kPublished}}) {
    const LawPlan plan({"Qwen3-8B"}, {"dense", "topk:64", "block_topk:16x64"}, {4096, 0}, {1, 2, 9},
                       options);
    const Evaluation evaluation = plan.Evaluator().Evaluate(true);
    REQUIRE(evaluation.accuracy.rows() == 30);
    REQUIRE(evaluation.accuracy.cols() == 18);
    for (size_t i = 0; i < evaluation.allocations.size(); ++i) {
      const Allocation& allocation = evaluation.allocations[i];
      const auto column = static_cast<Eigen::Index>(i);
      // Sums of 30 numbers in another order.
      CHECK(evaluation.accuracy.col(column).mean() == Approx(allocation.accuracy).epsilon(1e-12));
      CHECK(evaluation.seconds.col(column).mean() ==
            Approx(allocation.cost.seconds.value).epsilon(1e-12));
      CHECK(evaluation.flops.col(column).mean() ==
            Approx(TotalFlops(allocation.cost.terms).value).epsilon(1e-12));
      CHECK(evaluation.bytes.col(column).mean() ==
            Approx(TotalBytes(allocation.cost.terms).value).epsilon(1e-12));
    }
  }
}

TEST_CASE("accuracy does not fall with samples nor with generation tokens", "[plan][law]") {
  const std::vector<int64_t> samples = {1, 2, 3, 8, 32};
  const std::vector<int64_t> limits = {500, 4000, 16000, 30000, 0};
  const LawPlan plan({"Qwen3-0.6B", "Qwen3-32B"}, {"dense", "topk:32"}, limits, samples);
  const LawEvaluator::Prediction prediction = plan.Evaluator().Predict(plan.GetLaw().state);
  for (size_t i = 0; i < plan.Evaluator().Size(); ++i) {
    const LawEvaluator::Position position = plan.Evaluator().At(i);
    if (position.samples + 1 < samples.size()) {
      CHECK(prediction.accuracy[i + 1] >= prediction.accuracy[i]);
    }
    if (position.limit + 1 < limits.size()) {
      CHECK(prediction.accuracy[i + samples.size()] >= prediction.accuracy[i]);
    }
  }
}

TEST_CASE("where runs were recorded a law is close to them", "[plan][law]") {
  const Records records = LoadRecords("aime24-qwen3");
  std::vector<PlannedRun> runs;
  for (const Run& run : records.runs) {
    runs.push_back({.run = &run, .model = LoadModel(run.model)});
  }
  const Evaluation recorded = Evaluate(records, runs, BesideLaw({1, 8}), LoadHardware("b200"), {});
  const LawGrid grid = {.limits = {std::nullopt}, .samples = {1, 8}};
  const Hardware hardware = LoadHardware("b200");
  const Evaluation law = LawEvaluator(BundledLaw(), runs, grid, hardware, {}).Evaluate(false);
  REQUIRE(law.allocations.size() == recorded.allocations.size());
  double accuracy = 0;
  double seconds = 0;
  for (size_t i = 0; i < law.allocations.size(); ++i) {
    REQUIRE(law.allocations[i].run == recorded.allocations[i].run);
    accuracy += std::abs(law.allocations[i].accuracy - recorded.allocations[i].accuracy) / 70;
    seconds += std::abs(law.allocations[i].cost.seconds.value /
                            recorded.allocations[i].cost.seconds.value -
                        1) /
               70;
  }
  CHECK(accuracy < 0.02);
  CHECK(seconds < 0.05);
}

TEST_CASE("what lies outside of the data is said, and only that", "[plan][law]") {
  using Reasons = std::vector<std::string_view>;
  const LawPlan plan(
      BundledLaw(),
      {LoadModel("Qwen3-8B"), test::Scaled("Qwen3-8B", 0.9), test::Scaled("Qwen3-32B", 2)},
      {"dense", "topk:512", "topk:4096"}, {1000, 0, 40000}, {1, 32, 33});
  const Evaluation evaluation = plan.Evaluator().Evaluate(false);
  for (size_t i = 0; i < evaluation.allocations.size(); ++i) {
    const auto [site, limit, samples] = plan.Evaluator().At(i);
    Reasons expected;
    if (site >= 3) {
      expected.emplace_back("model");
    }
    if (site >= 6) {
      expected.emplace_back("size");
    }
    if (site % 3 == 2 || site == 7) {
      expected.emplace_back("kv_budget");
    }
    if (limit == 2) {
      expected.emplace_back("generation_tokens");
    }
    if (samples == 2) {
      expected.emplace_back("samples");
    }
    CHECK(evaluation.extrapolation(i) == expected);
  }
}

TEST_CASE("a model that was fitted without a size is predicted without one", "[plan][law]") {
  Law law = BundledLaw();
  for (LawRun& run : law.data.runs) {
    if (run.model == "Qwen3-8B") {
      run.parameters.reset();
    }
  }
  Model twice = LoadModel("Qwen3-8B");
  twice.active.without_input_embedding *= 2;
  const LawPlan plan(law, {LoadModel("Qwen3-8B")}, {"topk:512"}, {0}, {1});
  const LawPlan doubled(law, {twice}, {"topk:512"}, {0}, {1});
  const Evaluation evaluation = plan.Evaluator().Evaluate(false);
  const Evaluation of_doubled = doubled.Evaluator().Evaluate(false);
  CHECK(evaluation.allocations[0].accuracy == of_doubled.allocations[0].accuracy);
  CHECK(evaluation.allocations[0].cost.terms.flops.linear.value * 2 ==
        Approx(of_doubled.allocations[0].cost.terms.flops.linear.value));
  CHECK(evaluation.extrapolation(0).empty());
}

Eigen::MatrixXd Resample(const Evaluation& evaluation, int threads, uint64_t seed) {
  std::vector<size_t> all(evaluation.allocations.size());
  for (size_t i = 0; i < all.size(); ++i) {
    all[i] = i;
  }
  const int before = omp_get_max_threads();
  omp_set_num_threads(threads);
  Eigen::MatrixXd draws = evaluation.resample(all, 300, seed);
  omp_set_num_threads(before);
  return draws;
}

TEST_CASE("draws of a law are the same for any number of threads", "[plan][law]") {
  const LawPlan plan({"Qwen3-4B"}, {"dense", "topk:100"}, {8000, 0}, {1, 4});
  const Evaluation evaluation = plan.Evaluator().Evaluate(false);
  const Eigen::MatrixXd draws = Resample(evaluation, 1, 5);
  CHECK(draws == Resample(evaluation, 2, 5));
  CHECK(draws != Resample(evaluation, 1, 6));
  REQUIRE(draws.rows() == 300);
  CHECK(draws.minCoeff() >= 0);
  CHECK(draws.maxCoeff() <= 1);
  for (Eigen::Index i = 0; i < draws.cols(); ++i) {
    // Moved to have this mean, but where that leads below 0 or above 1.
    CHECK(draws.col(i).mean() ==
          Approx(evaluation.allocations[static_cast<size_t>(i)].accuracy).margin(1e-3));
  }
}

TEST_CASE("a model that nobody ran has wider intervals", "[plan][law]") {
  const LawPlan plan(BundledLaw(), {LoadModel("Qwen3-8B"), test::Scaled("Qwen3-8B", 1)},
                     {"topk:256"}, {0}, {1});
  const Evaluation evaluation = plan.Evaluator().Evaluate(false);
  const Eigen::MatrixXd draws = Resample(evaluation, 2, 1);
  CHECK(StandardDeviation(draws.col(1)) > 1.05 * StandardDeviation(draws.col(0)));
}

TEST_CASE("records come before a law, and their draws ask the same questions", "[plan][law]") {
  const Records records = LoadRecords("aime24-qwen3");
  std::vector<PlannedRun> runs;
  for (const Run& run : records.runs) {
    if (run.model == "Qwen3-8B" && run.attention->kind == AttentionKind::kTopk) {
      runs.push_back({.run = &run, .model = LoadModel(run.model)});
    }
  }
  const Evaluation recorded = Evaluate(records, runs, BesideLaw({1, 4}), LoadHardware("b200"), {});
  const size_t count = recorded.allocations.size();
  const size_t recorded_runs = runs.size();
  const LawPlan plan({"Qwen3-8B"}, {"topk:512", "topk:300"}, {4096, 0}, {1, 4});
  runs.insert(runs.end(), plan.Sites().begin(), plan.Sites().end());
  const Evaluation both = Combine(recorded, plan.Evaluator().Evaluate(true), runs, recorded_runs);
  // Of the law's eight, topk:512 without a limit was recorded at both numbers of samples.
  REQUIRE(both.allocations.size() == count + 6);
  CHECK(both.accuracy.cols() == static_cast<Eigen::Index>(count + 6));
  for (size_t i = 0; i < both.allocations.size(); ++i) {
    const Allocation& allocation = both.allocations[i];
    CHECK(allocation.from_law == (i >= count));
    if (i < count) {
      CHECK(allocation.accuracy == recorded.allocations[i].accuracy);
    } else {
      CHECK(allocation.run >= recorded_runs);
      CHECK((runs[allocation.run].run->attention->top_tokens == 300 ||
             allocation.generation_tokens == 4096));
      CHECK(both.extrapolation(i).empty());
    }
    CHECK(both.accuracy.col(static_cast<Eigen::Index>(i)).mean() ==
          Approx(allocation.accuracy).epsilon(1e-12));
  }
  // Both without a limit, at four samples.
  const Eigen::MatrixXd draws = both.resample({1, both.allocations.size() - 1}, 400, 3);
  const Eigen::VectorXd a = draws.col(0).array() - draws.col(0).mean();
  const Eigen::VectorXd b = draws.col(1).array() - draws.col(1).mean();
  CHECK(a.dot(b) / (a.norm() * b.norm()) > 0.3);  // questions that both find hard
}

TEST_CASE("records that are only known within bounds leave an allocation to the law",
          "[plan][law]") {
  const Records records = LoadRecords("aime24-qwen3");
  std::vector<PlannedRun> runs = {{.run = &records.runs[0], .model = LoadModel("Qwen3-1.7B")}};
  REQUIRE(records.runs[0].model == "Qwen3-1.7B");
  const Evaluation recorded =
      Evaluate(records, runs, BesideLaw({1, 100}, {4096, 50000}), LoadHardware("b200"), {});
  const LawPlan plan({"Qwen3-1.7B"}, {"topk:128"}, {4096}, {1});
  runs.push_back(plan.Sites().front());
  const Evaluation both = Combine(recorded, plan.Evaluator().Evaluate(false), runs, 1);
  REQUIRE(both.allocations.size() == 2);
  CHECK(both.allocations[0].generation_tokens == 50000);
  CHECK_FALSE(both.allocations[0].accuracy_upper);
  CHECK(both.allocations[1].from_law);
}

TEST_CASE("a law answers where the records serve nothing", "[plan][law]") {
  const Records records = LoadRecords("aime24-qwen3");
  std::vector<PlannedRun> runs = {{.run = &records.runs[0], .model = LoadModel("Qwen3-1.7B")}};
  const Evaluation recorded = Evaluate(records, runs, BesideLaw({100}), LoadHardware("b200"), {});
  CHECK(recorded.allocations.empty());
  const LawPlan plan({"Qwen3-1.7B"}, {"topk:128"}, {0}, {100});
  runs.push_back(plan.Sites().front());
  const Evaluation both = Combine(recorded, plan.Evaluator().Evaluate(true), runs, 1);
  REQUIRE(both.allocations.size() == 1);
  CHECK(both.allocations[0].run == 1);
  CHECK(both.resample({0}, 10, 1).rows() == 10);
}

}  // namespace
}  // namespace kinetics
