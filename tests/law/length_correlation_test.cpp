#include "kinetics/law/length_correlation.h"

#include <cmath>

#include "tests/law/simulate.h"
#include "tests/test.h"

namespace kinetics {
namespace {

test::SimulationOptions CorrelatedOptions(double correlation) {
  test::SimulationOptions options;
  options.sizes = {1.7e9, 8e9, 32e9};
  options.attentions = {"dense", "topk:256"};
  options.questions = 30;
  options.correlation = correlation;
  options.with_correct = true;
  return options;
}

/// Of records of a known law, at that law. With a concentration of 400 chances vary little within
/// a run's question, as the estimate takes them to.
LengthCorrelation EstimateOf(const test::SimulationOptions& options, uint64_t seed) {
  const test::Simulation simulation = test::Simulate(options, seed, {{kConcentration, 6}});
  const LawData data =
      ReduceRecords(simulation.records, simulation.parameters, ErrorPolicy::kWrong);
  return EstimateLengthCorrelation(simulation.records, data, simulation.truth);
}

TEST_CASE("the correlation of lengths with being wrong is found, within its standard error") {
  for (const double correlation : {-0.4, 0.0, 0.3, 0.7}) {
    int told = 0;
    int inside = 0;
    double sum = 0;
    for (uint64_t seed = 1; seed <= 25; ++seed) {
      const LengthCorrelation estimate = EstimateOf(CorrelatedOptions(correlation), seed);
      if (!estimate.standard_error) {
        continue;  // a law whose trials are nearly all right, or all wrong
      }
      const double error = estimate.value - correlation;
      told += 1;
      inside += std::abs(error) < 2 * *estimate.standard_error ? 1 : 0;
      sum += error;
    }
    INFO("correlation " << correlation);
    CHECK(told >= 20);
    CHECK(std::abs(sum / told) < 0.04);
    CHECK(told - inside <= 5);  // of 25 at 95 %, more than 5 have a chance of 0.1 %
  }
}

TEST_CASE("a correlation that trials barely tell is not guessed at") {
  test::SimulationOptions options = CorrelatedOptions(0.5);
  options.questions = 1;  // no second question to tell how sure it is
  CHECK_FALSE(EstimateOf(options, 1).standard_error);
  options.questions = 3;
  options.trials = 1;
  CHECK(EstimateOf(options, 1).value == kAssumedLengthCorrelation);
}

TEST_CASE("without trials that say which were right, or only one kind, zero is assumed") {
  test::SimulationOptions options = CorrelatedOptions(0.5);
  options.with_correct = false;
  const LengthCorrelation unknown = EstimateOf(options, 1);
  CHECK(unknown.value == kAssumedLengthCorrelation);
  CHECK_FALSE(unknown.standard_error);
  CHECK(unknown.trials == 0);

  test::Simulation simulation = test::Simulate(CorrelatedOptions(0.5), 1);
  for (Run& run : simulation.records.runs) {
    for (TrialList& list : run.trials) {
      list.solved = static_cast<int64_t>(list.tokens.size());
      list.correct.assign(list.tokens.size(), 1);
    }
  }
  const LawData data =
      ReduceRecords(simulation.records, simulation.parameters, ErrorPolicy::kWrong);
  CHECK_FALSE(EstimateLengthCorrelation(simulation.records, data, simulation.truth).standard_error);
}

TEST_CASE("trials that were cut off or of unknown length say nothing of the correlation") {
  test::Simulation simulation = test::Simulate(CorrelatedOptions(0.3), 2);
  const LawData data =
      ReduceRecords(simulation.records, simulation.parameters, ErrorPolicy::kWrong);
  const LengthCorrelation before =
      EstimateLengthCorrelation(simulation.records, data, simulation.truth);
  for (Run& run : simulation.records.runs) {
    for (TrialList& list : run.trials) {
      for (const int64_t tokens : {int64_t{0}, int64_t{29998}, int64_t{30000}}) {
        list.tokens.push_back(tokens);
        list.correct.push_back(1);
        list.solved += 1;
      }
    }
  }
  const LengthCorrelation after =
      EstimateLengthCorrelation(simulation.records, data, simulation.truth);
  CHECK(after.value == before.value);
  CHECK(after.trials == before.trials);
}

}  // namespace
}  // namespace kinetics
