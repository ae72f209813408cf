#include "kinetics/law/law.h"

#include <omp.h>

#include <algorithm>
#include <cmath>

#include "kinetics/io/catalogue.h"
#include "tests/law/flat.h"
#include "tests/law/simulate.h"
#include "tests/test.h"

namespace kinetics {
namespace {

/// A small task: 3 models with 3 attentions on 5 questions, 6 trials each.
test::Simulation Small() {
  test::SimulationOptions options;
  options.sizes = {1e9, 4e9, 16e9};
  options.attentions = {"dense", "topk:64", "topk:512"};
  options.questions = 5;
  options.trials = 6;
  options.with_correct = true;
  return test::Simulate(options, 3);
}

/// Fits, and checks what must hold of every law.
Law FitAndCheck(const test::Simulation& simulation) {
  Law law = FitLaw(simulation.records, simulation.parameters, {});
  CHECK(law.summary.converged);
  CHECK(law.summary.iterations < 120);
  CHECK(std::isfinite(law.summary.objective));
  const Eigen::VectorXd values = test::Flatten(law.state);
  CHECK(values.allFinite());
  CHECK(values.cwiseAbs().maxCoeff() < 50);
  CHECK(std::isfinite(law.correlation.value));
  const LawPosterior posterior = PosteriorOf(law);
  CHECK(posterior.SharedDeviations().allFinite());
  CHECK(test::Flatten(posterior.Draw(1, 0)).allFinite());
  const LawBootstrap bootstrap = BootstrapLaw(law, 3, 1, {});
  CHECK(bootstrap.not_converged == 0);
  CHECK(bootstrap.shared.allFinite());
  return law;
}

bool Warns(const Law& law, const std::string& text) {
  return std::any_of(law.warnings.begin(), law.warnings.end(), [&](const std::string& warning) {
    return warning.find(text) != std::string::npos;
  });
}

template <typename Change>
test::Simulation Changed(const Change& change) {
  test::Simulation simulation = Small();
  for (Run& run : simulation.records.runs) {
    for (TrialList& list : run.trials) {
      change(run, list);
    }
  }
  return simulation;
}

void KeepRuns(test::Simulation& simulation, size_t first, size_t count) {
  std::vector<Run>& runs = simulation.records.runs;
  runs = {runs.begin() + static_cast<std::ptrdiff_t>(first),
          runs.begin() + static_cast<std::ptrdiff_t>(first + count)};
  simulation.parameters = {
      simulation.parameters.begin() + static_cast<std::ptrdiff_t>(first),
      simulation.parameters.begin() + static_cast<std::ptrdiff_t>(first + count)};
}

TEST_CASE("a law of plain records has no warnings") {
  const Law law = FitAndCheck(Small());
  CHECK(law.warnings.empty());
  CHECK(law.data.levels.size() == 3);
}

TEST_CASE("a law of one question says that priors decide what questions differ by") {
  test::Simulation simulation = Small();
  simulation.records.questions.resize(1);
  for (Run& run : simulation.records.runs) {
    run.trials.resize(1);
    run.trials[0].solved = run.trials[0].correct[0] = 1;
  }
  const Law law = FitAndCheck(simulation);
  CHECK(law.warnings ==
        std::vector<std::string>{"1 question: priors decide what questions differ by"});
}

TEST_CASE("a law of trials that are all right, or all wrong, says so") {
  for (const bool right : {true, false}) {
    const Law law = FitAndCheck(Changed([right](const Run&, TrialList& list) {
      list.solved = right ? static_cast<int64_t>(list.tokens.size()) : 0;
      list.correct.assign(list.tokens.size(), right ? 1 : 0);
    }));
    CHECK(law.warnings ==
          std::vector<std::string>{(right ? std::string("every") : std::string("no")) +
                                   " trial is right: abilities are only bounded by their priors"});
    CHECK_FALSE(law.correlation.standard_error);
  }
}

TEST_CASE("a law of one run, or of two, says that sizes follow their prior") {
  test::Simulation one = Small();
  KeepRuns(one, 0, 1);
  CHECK(FitAndCheck(one).warnings ==
        std::vector<std::string>{"1 known model size: the curve of parameters follows its prior",
                                 "no run has sparse attention: its curves follow their priors"});
  test::Simulation two = Small();
  KeepRuns(two, 2, 2);
  CHECK(FitAndCheck(two).warnings ==
        std::vector<std::string>{"2 known model sizes: the curve of parameters follows its prior"});
}

TEST_CASE("a law of lengths that all reach the limit says that lengths follow their priors") {
  const Law law = FitAndCheck(Changed([](const Run&, TrialList& list) {
    std::fill(list.tokens.begin(), list.tokens.end(), 30000);
  }));
  CHECK(law.warnings == std::vector<std::string>{
                            "no trial has a length below its limit: lengths follow their priors"});
}

TEST_CASE("a law of lengths that are not reported says that lengths follow their priors") {
  const Law law = FitAndCheck(Changed(
      [](const Run&, TrialList& list) { std::fill(list.tokens.begin(), list.tokens.end(), 0); }));
  CHECK(Warns(law, "lengths follow their priors"));
  CHECK(law.state.shared[kLength] == Approx(LawPriors()[kLength].mean));
}

TEST_CASE("a law of records without a limit, of one length, or with wild ones, converges") {
  test::Simulation unlimited = Small();
  unlimited.records.max_tokens = std::nullopt;
  FitAndCheck(unlimited);
  FitAndCheck(Changed([](const Run&, TrialList& list) {
    std::fill(list.tokens.begin(), list.tokens.end(), 1234);
  }));
  unlimited = Changed([](const Run&, TrialList& list) {
    for (size_t i = 0; i < list.tokens.size(); ++i) {
      list.tokens[i] = i % 2 == 0 ? 1 : 1000000000;
    }
  });
  unlimited.records.max_tokens = std::nullopt;
  FitAndCheck(unlimited);
}

TEST_CASE("a law of one trial each, of errors alone, or of 10,000 trials converges") {
  FitAndCheck(Changed([](const Run&, TrialList& list) {
    list.tokens.resize(1);
    list.correct.resize(1);
    list.solved = list.correct[0];
  }));
  const Law errors = FitAndCheck(Changed(
      [](const Run&, TrialList& list) { list = {.question = list.question, .errors = 4}; }));
  CHECK(Warns(errors, "no trial is right"));
  CHECK(Warns(errors, "lengths follow their priors"));
  FitAndCheck(Changed([](const Run&, TrialList& list) {
    const size_t size = list.tokens.size();
    for (size_t i = size; i < 10000; ++i) {
      list.tokens.push_back(list.tokens[i % size]);
    }
    list.solved = list.solved * 10000 / static_cast<int64_t>(size);
    list.correct.clear();
  }));
}

TEST_CASE("laws of one trial a run and question converge, though effects can fit each length",
          "[long]") {
  test::SimulationOptions options;
  options.trials = 1;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const Law law = FitAndCheck(test::Simulate(options, seed));
    // As the lengths were drawn: not all spread told by effects.
    CHECK(law.state.shared[kDeviation] > -3);
  }
}

TEST_CASE("errors alone are no trials where errors are skipped") {
  const test::Simulation simulation =
      Changed([](const Run&, TrialList& list) { list = {.question = list.question, .errors = 4}; });
  CHECK(test::ErrorOf([&] {
          FitLaw(simulation.records, simulation.parameters, {.errors = ErrorPolicy::kSkip});
        }) == "task simulated has no trials to fit a law to");
}

TEST_CASE("records without runs, trials or questions have no law") {
  test::Simulation simulation = Small();
  KeepRuns(simulation, 0, 0);
  const std::string expected = "task simulated has no trials to fit a law to";
  CHECK(test::ErrorOf([&] { FitLaw(simulation.records, {}, {}); }) == expected);
  simulation.records.questions.clear();
  CHECK(test::ErrorOf([&] { FitLaw(simulation.records, {}, {}); }) == expected);
}

TEST_CASE("questions that repeat one another's data converge to the same effects") {
  test::Simulation simulation = Small();
  for (Run& run : simulation.records.runs) {
    for (TrialList& list : run.trials) {
      const size_t question = list.question;
      list = run.trials.front();
      list.question = question;
    }
  }
  const Law law = FitAndCheck(simulation);
  CHECK((law.state.questions[0] - law.state.questions[4]).norm() < 1e-6);
}

TEST_CASE("runs of unknown attention count as dense ones") {
  test::Simulation simulation = Small();
  test::Simulation dense = simulation;
  for (size_t r = 0; r < simulation.records.runs.size(); ++r) {
    simulation.records.runs[r].attention = std::nullopt;
    dense.records.runs[r].attention = Attention{};
  }
  const Law law = FitAndCheck(simulation);
  CHECK(Warns(law, "no run has sparse attention"));
  CHECK(test::Flatten(law.state) == test::Flatten(FitAndCheck(dense).state));
}

TEST_CASE("variants of a model are levels of their own, whose size tells nothing") {
  test::Simulation simulation = Small();
  simulation.records.runs[0].variant = "high";
  simulation.records.runs[1].variant = "low";
  const Law law = FitAndCheck(simulation);
  REQUIRE(law.data.levels.size() == 5);
  CHECK(law.data.levels[0].variant == "high");
  CHECK_FALSE(law.data.levels[0].has_size);
  CHECK_FALSE(law.data.levels[2].has_size);
  CHECK(law.data.levels[3].has_size);
}

TEST_CASE("a model that the law has not seen is added once, with the spread of its priors") {
  Law law = FitAndCheck(Small());
  CHECK(FindOrAddLevel(law, "model 1", std::nullopt, true) == 1);
  CHECK(FindOrAddLevel(law, "new", std::nullopt, false) == 3);
  CHECK(FindOrAddLevel(law, "new", std::nullopt, false) == 3);
  CHECK(FindOrAddLevel(law, "new", "high", false) == 4);
  const LawPosterior posterior = PosteriorOf(law);
  CHECK(posterior.SharedDeviations()[LevelIndex(3, kLevelAbility)] ==
        Approx(LevelDeviation(kLevelAbility, false)));
  CHECK(test::Flatten(posterior.Draw(1, 1)).allFinite());
}

TEST_CASE("a bootstrap gives the same bytes with one thread and with two, and reports progress") {
  const Law law = FitAndCheck(Small());
  const int threads = omp_get_max_threads();
  size_t last = 0;
  omp_set_num_threads(1);
  const LawBootstrap one = BootstrapLaw(law, 20, 5, [&](size_t done, size_t all) {
    CHECK(done == last + 1);
    CHECK(all == 20);
    last = done;
  });
  omp_set_num_threads(2);
  const LawBootstrap two = BootstrapLaw(law, 20, 5, {});
  omp_set_num_threads(threads);
  CHECK(last == 20);
  CHECK(one.shared == two.shared);
  CHECK(one.shared != BootstrapLaw(law, 20, 6, {}).shared);
}

}  // namespace
}  // namespace kinetics
