#include "kinetics/plan/policy_sequential.h"

#include "kinetics/io/catalogue.h"
#include "kinetics/records/sequential.h"
#include "tests/plan/policy_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using test::PolicySetting;
using test::RandomRecords;

const std::vector<Policy> kBoth = {Policy::kCoverage, Policy::kSequential};

/// Fails the test unless every sequential allocation is as accurate as the parallel one of as many
/// samples, on no question dearer, and with one sample as dear.
void CheckNeverDearer(const Evaluation& evaluation) {
  const size_t half = evaluation.allocations.size() / 2;
  REQUIRE(half > 0);
  for (size_t i = 0; i < half; ++i) {
    const Allocation& parallel = evaluation.allocations[i];
    const Allocation& sequential = evaluation.allocations[half + i];
    REQUIRE(sequential.policy == Policy::kSequential);
    REQUIRE(sequential.run == parallel.run);
    REQUIRE(sequential.samples == parallel.samples);
    CHECK(sequential.accuracy == parallel.accuracy);
    CHECK(sequential.cost.seconds.value <= parallel.cost.seconds.value * (1 + 1e-12));
    CHECK(*sequential.mean_samples <= static_cast<double>(parallel.samples) * (1 + 1e-15));
    const auto column = static_cast<Eigen::Index>(i);
    const auto other = static_cast<Eigen::Index>(half + i);
    for (const auto matrix : {&Evaluation::seconds, &Evaluation::flops, &Evaluation::bytes}) {
      const auto& values = evaluation.*matrix;
      // A sum of hundreds of terms differs in the last places with its order.
      CHECK((values.col(other).array() <= values.col(column).array() * (1 + 1e-12)).all());
      if (parallel.samples == 1) {
        CHECK(sequential.cost.seconds == parallel.cost.seconds);
        CHECK(values.col(other).isApprox(values.col(column), 1e-12));
      }
    }
  }
}

TEST_CASE("sequential sampling is never dearer where no prompt is shared", "[policy][property]") {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const bool with_correct = seed % 2 == 0;
    const CostOptions options = {.rule = seed % 3 == 0 ? Rule::kMax : Rule::kAdditive,
                                 .batch = 1.0 + static_cast<double>(seed)};
    const AllocationGrid grid = {.errors =
                                     seed % 5 == 0 ? ErrorPolicy::kSkip : ErrorPolicy::kWrong};
    const PolicySetting setting(RandomRecords({"Qwen3-0.6B", "Qwen3-8B"}, 5, seed, with_correct),
                                options, grid);
    CheckNeverDearer(setting.Evaluated(kBoth));
  }
}

TEST_CASE("sequential sampling of the bundled top-k runs is never dearer", "[policy][property]") {
  Records records = LoadRecords("aime24-qwen3");
  // Dense attention and block search read a prompt once for all samples.
  std::erase_if(records.runs,
                [](const Run& run) { return run.attention->kind != AttentionKind::kTopk; });
  CheckNeverDearer(PolicySetting(std::move(records)).Evaluated(kBoth));
}

/// One question of Qwen3-0.6B: two right trials of 100 tokens, two wrong ones of 1,000.
Records OneMixed(const std::string& attention, bool with_correct) {
  TrialList list = {.question = 0, .tokens = {100, 1000, 100, 1000}, .solved = 2};
  if (with_correct) {
    list.correct = {1, 0, 1, 0};
  }
  return {
      .task = "toy",
      .questions = {{"0", 100}},
      .runs = {{.model = "Qwen3-0.6B", .attention = ParseAttention(attention), .trials = {list}}}};
}

double SparseSeconds(const std::string& attention, double length, double samples) {
  return CostModel(LoadModel("Qwen3-0.6B"), ParseAttention(attention), LoadHardware("b200"), {})
      .Of(100, length, samples)
      .seconds.value;
}

TEST_CASE("a sequence costs the wrong trials before the right one, and that", "[policy]") {
  // Of four with two right: 2/3 wrong before the first right, which comes by the third draw. With
  // two samples at most: wrong with 1/2, then wrong again with 1/3; right with 5/6.
  const double right = SparseSeconds("topk:64", 100, 1);
  const double wrong = SparseSeconds("topk:64", 1000, 1);
  const Evaluation known =
      PolicySetting(OneMixed("topk:64", true)).Evaluated({Policy::kSequential});
  REQUIRE(known.allocations.size() == 4);
  CHECK(known.allocations[3].cost.seconds.value == Approx(right + wrong * 2 / 3));
  CHECK(known.allocations[1].cost.seconds.value ==
        Approx(right * 5 / 6 + wrong * (1.0 / 2 + 1.0 / 6)));
  CHECK(*known.allocations[1].mean_samples == Approx(1.5));
  CHECK(known.allocations[1].accuracy == Approx(5.0 / 6));
  const Evaluation counted =
      PolicySetting(OneMixed("topk:64", false)).Evaluated({Policy::kSequential});
  CHECK(counted.allocations[3].cost.seconds.value == Approx((right + wrong) / 2 * 5 / 3));
}

TEST_CASE("a sequence shares no prompt", "[policy]") {
  // All wrong: dense attention reads the prompt once for four samples at once, or four times.
  Records records = OneMixed("dense", false);
  records.runs[0].trials[0].solved = 0;
  const Evaluation evaluation = PolicySetting(std::move(records)).Evaluated(kBoth);
  const double apart = SparseSeconds("dense", 100, 1) + SparseSeconds("dense", 1000, 1);
  const double together = SparseSeconds("dense", 100, 4) + SparseSeconds("dense", 1000, 4);
  CHECK(evaluation.allocations[7].cost.seconds.value == Approx(2 * apart));
  CHECK(evaluation.allocations[3].cost.seconds.value == Approx(together / 2));
  CHECK(together < 4 * apart * 0.99);
}

TEST_CASE("a sequence is served as one sample is, one after another", "[policy]") {
  const CostOptions options = {.batch = 8, .prefill = true};
  const PolicySetting setting(RandomRecords({"Qwen3-0.6B"}, 4, 9, true), options);
  const Evaluation evaluation = setting.Evaluated(kBoth);
  const size_t half = evaluation.allocations.size() / 2;
  const Allocation& one = evaluation.allocations[half];
  CHECK(one.serving.latency->value ==
        Approx(evaluation.allocations[0].serving.latency->value).epsilon(1e-12));
  const CostModel model(setting.runs[0].model, *setting.runs[0].run->attention, setting.hardware,
                        options);
  double prefill = 0;
  for (const Question& question : setting.records.questions) {
    prefill += model.PrefillCost(static_cast<double>(question.prompt_tokens)).seconds.value / 4;
  }
  for (size_t i = half; i < 2 * half; ++i) {
    const Allocation& sequential = evaluation.allocations[i];
    const double decoding = sequential.cost.seconds.value - prefill;
    CHECK(sequential.serving.latency->value == Approx(prefill + 8 * decoding).epsilon(1e-12));
  }
}

TEST_CASE("within a limit a sequence stops at a trial that is right and short enough", "[policy]") {
  AllocationGrid grid;
  grid.generation_tokens = CountList{.counts = {50, 500}};
  const double at_50 = SparseSeconds("topk:64", 50, 1);
  const double at_500 = SparseSeconds("topk:64", 500, 1);
  const Evaluation known =
      PolicySetting(OneMixed("topk:64", true), {}, grid).Evaluated({Policy::kSequential});
  // Of four samples at most: all four within 50 tokens, where none is right.
  CHECK(known.allocations[3].cost.seconds.value == Approx(4 * at_50));
  CHECK(known.allocations[3].accuracy == 0);
  CHECK(known.allocations[7].cost.seconds.value ==
        Approx(SparseSeconds("topk:64", 100, 1) + at_500 * 2 / 3));
  CHECK_FALSE(known.allocations[7].accuracy_upper);
  // Where only the number solved is known between none and two are right within 500 tokens.
  const Evaluation counted =
      PolicySetting(OneMixed("topk:64", false), {}, grid).Evaluated({Policy::kSequential});
  CHECK(counted.allocations[7].accuracy == 0);
  CHECK(counted.allocations[7].accuracy_upper == 1.0);
  CHECK(*counted.allocations[7].mean_samples == 4);
}

}  // namespace
}  // namespace kinetics
