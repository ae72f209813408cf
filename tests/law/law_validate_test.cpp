#include "kinetics/law/law_validate.h"

#include <cmath>
#include <map>

#include "kinetics/io/catalogue.h"
#include "tests/law/simulate.h"
#include "tests/test.h"

namespace kinetics {
namespace {

struct Bundled {
  Records records = LoadRecords("aime24-qwen3");
  Law law = FitLaw(records, test::ParametersOf(records), {});
};

LawErrors AtSamples(const LawValidation& validation, int64_t samples) {
  for (const auto& [k, errors] : validation.accuracy) {
    if (k == samples) {
      return errors;
    }
  }
  FAIL("no row serves " << samples << " samples");
  return {};
}

TEST_CASE("runs of the bundled records are predicted from all others within 2.2 points", "[long]") {
  const Bundled bundled;
  const LawValidation validation =
      CrossValidateLaw(bundled.law, bundled.records, ErrorPolicy::kWrong, LawFold::kRun, {});
  REQUIRE(validation.rows.size() == 35);
  CHECK(AtSamples(validation, 1).mean_absolute <= 0.022);
  CHECK(AtSamples(validation, 8).mean_absolute <= 0.027);
  for (const auto& [samples, errors] : validation.accuracy) {
    INFO(samples << " samples");
    CHECK(errors.rows == 35);
    CHECK(errors.coverage >= 0.80);
    CHECK(errors.coverage <= 0.97);
    CHECK(std::abs(errors.bias) < 0.01);
    CHECK(errors.floor < errors.mean_absolute);
  }
  REQUIRE(validation.length);
  CHECK(validation.length->mean_absolute <= 0.08);
  CHECK(validation.length->coverage >= 0.80);
  CHECK(validation.length->coverage <= 0.97);
  CHECK_FALSE(validation.seconds);
}

TEST_CASE("models of the bundled records are predicted from all others, at worst within 5 points",
          "[long]") {
  const Bundled bundled;
  const LawValidation validation =
      CrossValidateLaw(bundled.law, bundled.records, ErrorPolicy::kWrong, LawFold::kModel, {});
  std::map<std::string, std::pair<double, double>> models;  // sum of errors and rows
  for (const LawValidationRow& row : validation.rows) {
    const LawComparison& accuracy = row.accuracies.front().accuracy;
    CHECK(row.held_out == row.model);
    models[row.model].first += std::abs(accuracy.predicted - accuracy.observed);
    models[row.model].second += 1;
  }
  REQUIRE(models.size() == 6);
  double sum = 0;
  for (const auto& [model, errors] : models) {
    INFO(model);
    CHECK(errors.first / errors.second <= 0.05);
    sum += errors.first / errors.second;
  }
  CHECK(sum / 6 <= 0.025);
}

TEST_CASE(
    "a law that is compared with its own records predicts better than when they are held out") {
  test::SimulationOptions options;
  options.questions = 10;
  options.trials = 8;
  options.sizes = {1e9, 4e9, 16e9};
  const test::Simulation simulation = test::Simulate(options, 4);
  const Law law = FitLaw(simulation.records, simulation.parameters, {});
  LawValidationOptions validation;
  validation.samples = {1, 4};
  validation.draws = 100;
  validation.costs.assign(
      simulation.records.runs.size(),
      SampleCost{
          .of_tokens = [](double, double tokens) { return 2 * tokens; },
          .of_law = [](double, const LogNormalLength& length) { return 2 * length.Mean(); }});
  const LawValidation own =
      ValidateLaw(law, simulation.records, simulation.parameters, ErrorPolicy::kWrong, validation);
  const LawValidation held = CrossValidateLaw(law, simulation.records, ErrorPolicy::kWrong,
                                              LawFold::kQuestion, validation);
  CHECK(AtSamples(own, 1).mean_absolute < AtSamples(held, 1).mean_absolute);
  CHECK(AtSamples(own, 4).rows == 12);
  REQUIRE(own.seconds);
  for (const LawValidationRow& row : own.rows) {
    CHECK(row.held_out.empty());
    CHECK(row.seconds->observed == Approx(2 * row.length->observed));
    CHECK(row.seconds->predicted == Approx(2 * row.length->predicted));
    CHECK(row.accuracies[0].accuracy.interval.low >= 0);
    CHECK(row.accuracies[0].accuracy.interval.high <= 1);
  }
}

TEST_CASE("models and questions that a law has not seen are predicted with wider intervals") {
  test::SimulationOptions options;
  options.questions = 10;
  options.trials = 8;
  options.sizes = {1e9, 4e9, 16e9};
  const test::Simulation simulation = test::Simulate(options, 4);
  const Law law = FitLaw(simulation.records, simulation.parameters, {});
  Records unseen = simulation.records;
  for (Run& run : unseen.runs) {
    run.model += " of another family";
  }
  const auto width = [&](const Records& records) {
    const LawValidation validation =
        ValidateLaw(law, records, simulation.parameters, ErrorPolicy::kWrong, {});
    double sum = 0;
    for (const LawValidationRow& row : validation.rows) {
      sum += row.accuracies[0].accuracy.interval.high - row.accuracies[0].accuracy.interval.low;
    }
    return sum;
  };
  const double known = width(simulation.records);
  CHECK(width(unseen) > known);
  Records other_task = simulation.records;
  other_task.task = "another";
  CHECK(width(other_task) > known);
}

TEST_CASE("one fold alone is not held out") {
  test::SimulationOptions options;
  options.questions = 2;
  options.sizes = {4e9};
  options.attentions = {"dense"};
  const test::Simulation simulation = test::Simulate(options, 1);
  const Law law = FitLaw(simulation.records, simulation.parameters, {});
  CHECK(test::ErrorOf([&] {
          CrossValidateLaw(law, simulation.records, ErrorPolicy::kWrong, LawFold::kModel, {});
        }) == "--cross-validate model: task simulated has only one to hold out");
  CHECK(CrossValidateLaw(law, simulation.records, ErrorPolicy::kWrong, LawFold::kQuestion, {})
            .rows.size() == 2);
}

}  // namespace
}  // namespace kinetics
