#include "kinetics/records/summary.h"

#include "tests/test.h"

namespace kinetics {
namespace {

/// Two questions: 1 of 2 right, and 0 of 1 with one error.
Records TwoQuestions() {
  return {.task = "toy",
          .max_tokens = 100,
          .questions = {{"0", 10}, {"1", 20}},
          .runs = {{.model = "m",
                    .trials = {{.question = 0, .tokens = {40, 98}, .solved = 1},
                               {.question = 1, .tokens = {0}, .errors = 1}}}}};
}

TEST_CASE("errors count as wrong attempts, or not at all", "[records]") {
  const Records records = TwoQuestions();
  const RunSummary wrong = Summarize(records, records.runs[0], ErrorPolicy::kWrong);
  CHECK(wrong.accuracy == 0.25);
  CHECK(wrong.served_samples == 2);
  CHECK(wrong.max_coverage == 0.5);
  const RunSummary skip = Summarize(records, records.runs[0], ErrorPolicy::kSkip);
  CHECK(skip.served_samples == 1);
}

TEST_CASE("unreported lengths count for accuracy alone", "[records]") {
  const Records records = TwoQuestions();
  const RunSummary summary = Summarize(records, records.runs[0], ErrorPolicy::kWrong);
  CHECK(summary.trials == 3);
  CHECK(summary.unreported == 1);
  CHECK(summary.mean_tokens == 69);
  CHECK(summary.longest_tokens == 98);
}

TEST_CASE("a trial within three tokens of the limit was cut off", "[records]") {
  CHECK(IsCutOff(97, 100));
  CHECK_FALSE(IsCutOff(96, 100));
  CHECK_FALSE(IsCutOff(1'000'000, std::nullopt));
  const Records records = TwoQuestions();
  CHECK(Summarize(records, records.runs[0], ErrorPolicy::kWrong).cut_off == 0.5);
}

TEST_CASE("a run without trials for some question serves no samples", "[records]") {
  Records records = TwoQuestions();
  records.runs[0].trials.pop_back();
  CHECK(ServedSamples(records.runs[0], 2, ErrorPolicy::kWrong) == 0);
}

}  // namespace
}  // namespace kinetics
